package builtin

import (
	"github.com/millrace/millrace/codecs/lmzcodec"
	"github.com/millrace/millrace/codecs/msgpackcodec"
	"github.com/millrace/millrace/codecs/ungapcodec"
	"github.com/millrace/millrace/core"
	"github.com/millrace/millrace/core/clone"
)

// Codecs returns the built-in codecs. A server takes the first for what names none.
func Codecs() []core.Codec {
	return []core.Codec{lmzcodec.New(), ungapcodec.New(), msgpackcodec.New()}
}

func codecModules() []core.Module {
	var modules []core.Module
	for _, c := range Codecs() {
		modules = append(modules, core.Module{
			Info:  core.ModuleInfo{Kind: core.KindCodec, Name: c.Name(), Origin: "builtin"},
			Codec: func(l core.Limits) (core.Codec, error) { return limited{c, l}, nil },
		})
	}
	return modules
}

// limited is a codec that keeps to limits where a call gives none.
type limited struct {
	core.Codec
	limits core.Limits
}

// Encode implements core.Codec.
func (c limited) Encode(dst []byte, v any, o clone.EncodeOptions) ([]byte, error) {
	if o.Limits == (core.Limits{}) {
		o.Limits = c.limits
	}
	return c.Codec.Encode(dst, v, o)
}

// Parse implements core.Codec.
func (c limited) Parse(data []byte, o clone.ParseOptions) (*clone.Document, error) {
	if o.Limits == (core.Limits{}) {
		o.Limits = c.limits
	}
	return c.Codec.Parse(data, o)
}
