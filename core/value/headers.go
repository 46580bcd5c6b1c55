package value

// HeaderEntry is one line of [Headers]: the name in lower case.
type HeaderEntry struct{ Name, Value string }

// Headers is an ordered header list as the Fetch standard iterates it: names in
// lower case and sorted, values of one name joined by ", " except set-cookie.
type Headers struct{ entries []HeaderEntry }
