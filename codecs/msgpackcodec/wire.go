package msgpackcodec

import "github.com/millrace/millrace/core/value"

// The head of a message: an extension of its own, whose one byte is the version in the
// high and flags in the low half.
const (
	headCode = 0xd4 // fixext 1
	headExt  = 'M'
	version  = 1

	flagRefs  = 1 << 0 // there may be references
	flagsMask = 0x0f

	headBytes = 3
)

// Extensions that are values, and the tag, which makes an array something else.
const (
	extSimple   = 1 // one byte: see below
	extTag      = 2 // one byte: see below
	extRef      = 3 // 1, 2 or 4 bytes: the number of a value
	extBigInt   = 4 // sign, magnitude
	extDate     = 5 // float64
	extURL      = 6 // text
	extFunction = 7 // text
	extBuffer   = 8 // bytes
	extTyped    = 9 // kind of element, bytes
)

// What an extension extSimple is.
const (
	simpleUndefined = 0
	simpleHole      = 1
)

// What the tag at the front of an array makes of it.
const (
	tagMap        = 0x01 // key, value, ...
	tagSet        = 0x02 // member, ...
	tagError      = 0x03 // name, message; key, value, ...
	tagErrorStack = 0x04 // name, message, stack; key, value, ...
	tagRequest    = 0x05 // url, method, headers, body
	tagResponse   = 0x06 // status, status text, headers, body
	tagHeaders    = 0x07 // name, value, ...
	tagRegExp     = 0x08 // source, flags
	tagBoxed      = 0x09 // primitive
	tagDataView   = 0x0f // buffer, offset, length
	tagTyped      = 0x10 // and the kind of element: buffer, offset, length
)

// MessagePack's codes, as far as they are written or read here.
const (
	codeNil      = 0xc0
	codeFalse    = 0xc2
	codeTrue     = 0xc3
	codeBin8     = 0xc4
	codeBin32    = 0xc6
	codeExt8     = 0xc7
	codeExt32    = 0xc9
	codeFloat32  = 0xca
	codeFloat64  = 0xcb
	codeUint8    = 0xcc
	codeUint16   = 0xcd
	codeUint32   = 0xce
	codeUint64   = 0xcf
	codeInt8     = 0xd0
	codeInt16    = 0xd1
	codeInt32    = 0xd2
	codeInt64    = 0xd3
	codeFixExt1  = 0xd4
	codeFixExt16 = 0xd8 // those of 2, 4 and 8 bytes lie between
	codeStr8     = 0xd9
	codeStr16    = 0xda
	codeStr32    = 0xdb
	codeArray16  = 0xdc
	codeArray32  = 0xdd
	codeMap16    = 0xde
	codeMap32    = 0xdf

	fixMap   = 0x80 // to 0x8f
	fixArray = 0x90 // to 0x9f
	fixStr   = 0xa0 // to 0xbf
	fixNeg   = 0xe0 // to 0xff
)

// maxExact is the largest integer that a JavaScript number holds exactly, with all below it.
const maxExact = 1<<53 - 1

// elements are the kinds of element of a typed array by their numbers on the wire.
var elements = [...]value.ArrayKind{
	0: value.Int8, 1: value.Uint8, 2: value.Uint8Clamped, 3: value.Int16, 4: value.Uint16, 5: value.Int32,
	6: value.Uint32, 7: value.Float32, 8: value.Float64, 9: value.BigInt64, 10: value.BigUint64,
}

// numbers is the counterpart of elements.
var numbers = func() (n [len(elements)]byte) {
	for i, k := range elements {
		n[k] = byte(i)
	}
	return n
}()
