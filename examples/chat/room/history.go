package room

import (
	"context"
	"math"
	"slices"

	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/examples/chat/store"
)

// pageBytes bounds the texts of one page, so that 200 long ones, each byte written as an
// escape, still fit into a message.
const pageBytes = 128 << 10

// Page is a piece of the history.
type Page struct {
	Messages []Message `millrace:"messages"` // by their numbers
	More     bool      `millrace:"more"`     // there are more in the direction that was asked for
}

// GetMessagesSince returns what was posted after the message with that number, oldest first: asking
// again after the last one received, while there is more, leads to the present. A negative number,
// or none, is the latest page. A second number bounds the page; it has 200 messages at
// most.
func (r *Room) GetMessagesSince(ctx context.Context, lastIDAndLimit ...int) (Page, error) {
	after, limit := -1, MaxPage
	if len(lastIDAndLimit) > 0 {
		after = lastIDAndLimit[0]
	}
	if len(lastIDAndLimit) > 1 {
		limit = lastIDAndLimit[1]
	}
	if after < 0 {
		page, err := r.GetMessagesBefore(ctx, math.MaxInt, limit)
		page.More = false // in the direction of the present
		return page, err
	}
	limit = min(max(limit, 1), MaxPage)
	list, err := r.store.After(ctx, r.name(), int64(after), limit+1)
	if err != nil {
		return Page{}, storage(err, "Try again.")
	}
	return r.page(ctx, list, limit), nil
}

// GetMessagesBefore returns the page before the message with that number, oldest first, and
// whether there are older ones.
func (r *Room) GetMessagesBefore(ctx context.Context, id int, limit ...int) (Page, error) {
	most := MaxPage
	if len(limit) > 0 {
		most = min(max(limit[0], 1), MaxPage)
	}
	list, err := r.store.Before(ctx, r.name(), int64(id), most+1)
	if err != nil {
		return Page{}, storage(err, "Try again.")
	}
	page := r.page(ctx, list, most)
	slices.Reverse(page.Messages)
	return page, nil
}

// page is as much of a list as one answer may have, as the calling client sees it.
func (r *Room) page(ctx context.Context, list []store.Message, limit int) Page {
	var reader store.Poster
	if id := core.HandshakeFrom(ctx).ClientID; id != "" { // reading needs none
		reader = r.poster(id)
	}
	page := Page{Messages: []Message{}}
	bytes := 0
	for _, m := range list {
		bytes += len(m.Text)
		if len(page.Messages) == limit || len(page.Messages) > 0 && bytes > pageBytes {
			page.More = true
			break
		}
		page.Messages = append(page.Messages, asSeenBy(reader, m))
	}
	return page
}
