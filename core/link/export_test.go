package link

// Cut cuts the connection of c off, as the heartbeat does.
func Cut(c *Client) { c.live.Load().cut(errCut) }
