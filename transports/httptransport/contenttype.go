package httptransport

import (
	"mime"
	"strings"
)

const (
	mediaJSON   = "application/json"
	mediaVendor = "application/vnd.millrace."
	mediaTypes  = "application/json, application/vnd.millrace.<codec>+json, application/vnd.millrace.<codec>"
)

// contentType is what a Content-Type header says about the codec.
type contentType struct {
	media  string // to answer with
	codec  string // empty: not said
	binary bool
}

// parseContentType reads the values of the header; there must be one. Its only
// parameter may be a charset of UTF-8.
func parseContentType(values []string) (ct contentType, ok bool) {
	if len(values) != 1 {
		return ct, false
	}
	media, params, err := mime.ParseMediaType(values[0])
	if err != nil {
		return ct, false
	}
	for k, v := range params {
		if k != "charset" || !strings.EqualFold(v, "utf-8") {
			return ct, false
		}
	}
	if media == mediaJSON {
		return contentType{media: media}, true
	}
	name, ok := strings.CutPrefix(media, mediaVendor)
	if !ok {
		return ct, false
	}
	name, text := strings.CutSuffix(name, "+json")
	if name == "" || strings.ContainsFunc(name, notInName) {
		return ct, false
	}
	return contentType{media: media, codec: name, binary: !text}, true
}

func notInName(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-') }
