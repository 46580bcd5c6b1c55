package clone

import (
	"math/big"
	"reflect"
	"unsafe"

	"github.com/millrace/millrace/core/value"
)

// maxExact is the largest integer that a JavaScript number holds exactly, with all below it.
const maxExact = 1<<53 - 1

func encodeBool(w *walker, p unsafe.Pointer) bool {
	w.w.Bool(*(*bool)(p))
	return w.count()
}

func encodeFloat64(w *walker, p unsafe.Pointer) bool {
	w.w.Number(*(*float64)(p))
	return w.count()
}

func encodeFloat32(w *walker, p unsafe.Pointer) bool {
	w.w.Number(float64(*(*float32)(p)))
	return w.count()
}

func intEncoder(k reflect.Kind) encodeFunc {
	switch k {
	case reflect.Int8:
		return func(w *walker, p unsafe.Pointer) bool { return w.integer(int64(*(*int8)(p))) }
	case reflect.Int16:
		return func(w *walker, p unsafe.Pointer) bool { return w.integer(int64(*(*int16)(p))) }
	case reflect.Int32:
		return func(w *walker, p unsafe.Pointer) bool { return w.integer(int64(*(*int32)(p))) }
	case reflect.Int64:
		return func(w *walker, p unsafe.Pointer) bool { return w.integer(*(*int64)(p)) }
	}
	return func(w *walker, p unsafe.Pointer) bool { return w.integer(int64(*(*int)(p))) }
}

func uintEncoder(k reflect.Kind) encodeFunc {
	switch k {
	case reflect.Uint8:
		return func(w *walker, p unsafe.Pointer) bool { return w.integer(int64(*(*uint8)(p))) }
	case reflect.Uint16:
		return func(w *walker, p unsafe.Pointer) bool { return w.integer(int64(*(*uint16)(p))) }
	case reflect.Uint32:
		return func(w *walker, p unsafe.Pointer) bool { return w.integer(int64(*(*uint32)(p))) }
	case reflect.Uint64:
		return func(w *walker, p unsafe.Pointer) bool { return w.unsigned(*(*uint64)(p)) }
	}
	return func(w *walker, p unsafe.Pointer) bool { return w.unsigned(uint64(*(*uint)(p))) }
}

// integer writes a number where one holds i exactly, else a bigint: never a rounded value.
func (w *walker) integer(i int64) bool {
	if i >= -maxExact && i <= maxExact {
		w.w.Number(float64(i))
	} else {
		w.w.BigInt(w.big.SetInt64(i))
	}
	return w.count()
}

func (w *walker) unsigned(u uint64) bool {
	if u <= maxExact {
		w.w.Number(float64(u))
	} else {
		w.w.BigInt(w.big.SetUint64(u))
	}
	return w.count()
}

func encodeString(w *walker, p unsafe.Pointer) bool { return w.text(*(*string)(p)) }

func (w *walker) text(s string) bool {
	if !value.ValidText(s) {
		return w.refuse("a string is not UTF-8: %+q", shorten(s))
	}
	w.w.String(s)
	return w.count()
}

func encodeBigInt(w *walker, p unsafe.Pointer) bool { return w.bigint((*big.Int)(p)) }

func (w *walker) bigint(i *big.Int) bool {
	if w.maxDigits >= 0 && i.BitLen() > 3*w.maxDigits { // a digit is more than three bits
		if n := decimalDigits(i); n > w.maxDigits {
			return w.exceed("digits of a bigint", n, w.maxDigits, "BigIntDigits")
		}
	}
	w.w.BigInt(i)
	return w.count()
}

// decimalDigits is the number of decimal digits of i: exact up to some 39,000 of them,
// then at most one too few, which spares giants the conversion.
func decimalDigits(i *big.Int) int {
	n := i.BitLen()
	if n == 0 {
		return 1
	}
	least := int(int64(n-1)*30102/100000) + 1 // log10(2) from below
	if n >= 1<<17 {
		return least
	}
	for power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(least)), nil); i.CmpAbs(power) >= 0; least++ {
		power.Mul(power, big.NewInt(10))
	}
	return least
}

// refuser is the encoder of types that have no form on any wire.
func refuser(t reflect.Type) encodeFunc {
	return func(w *walker, _ unsafe.Pointer) bool { return w.refuse("cannot encode a %s", t) }
}
