package clone

import (
	"math"
	"math/big"
	"reflect"
	"unsafe"
)

func buildBool(_ *build, _ uint32, e *entry, p unsafe.Pointer) error {
	if e.kind != KindBool {
		return doesNotFit(e, reflect.TypeFor[bool]())
	}
	*(*bool)(p) = e.bits != 0
	return nil
}

func buildString(b *build, _ uint32, e *entry, p unsafe.Pointer) error {
	if e.kind != KindString {
		return doesNotFit(e, reflect.TypeFor[string]())
	}
	*(*string)(p) = b.text(e)
	return nil
}

// storeFunc stores a number, and reports whether the type holds it.
type (
	storeFloat  func(p unsafe.Pointer, f float64) bool
	storeBigInt func(p unsafe.Pointer, v *big.Int) bool
)

// numberBuilder builds numbers, and bigints without a loss, into a type of a numeric kind.
func numberBuilder(t reflect.Type) buildFunc {
	float, whole := storers(t.Kind())
	return func(b *build, _ uint32, e *entry, p unsafe.Pointer) error {
		switch e.kind {
		case KindNumber:
			if f := math.Float64frombits(e.bits); !float(p, f) {
				return misfit("number %v does not fit %s", f, t)
			}
		case KindBigInt:
			v := b.doc.bigInt(e)
			if !whole(p, v) {
				return misfit("bigint %s does not fit %s", shortBig(v), t)
			}
		default:
			return doesNotFit(e, t)
		}
		return nil
	}
}

func shortBig(v *big.Int) string {
	if v.BitLen() > 256 {
		return "of more than 256 bits"
	}
	return v.String()
}

type signed interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64
}

type unsigned interface {
	~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

// storeSigned takes integers that a number tells apart from their neighbours: those beyond
// 2^53-1 may have been another one when they were sent, and travel as bigints.
func storeSigned[T signed](p unsafe.Pointer, f float64) bool {
	if !(f >= -maxSafe && f <= maxSafe) {
		return false
	}
	n := int64(f)
	v := T(n)
	if float64(n) != f || int64(v) != n {
		return false
	}
	*(*T)(p) = v
	return true
}

func storeUnsigned[T unsigned](p unsafe.Pointer, f float64) bool {
	if !(f >= 0 && f <= maxSafe) {
		return false
	}
	n := uint64(f)
	v := T(n)
	if float64(n) != f || uint64(v) != n {
		return false
	}
	*(*T)(p) = v
	return true
}

func storeSignedBig[T signed](p unsafe.Pointer, b *big.Int) bool {
	if !b.IsInt64() {
		return false
	}
	n := b.Int64()
	v := T(n)
	if int64(v) != n {
		return false
	}
	*(*T)(p) = v
	return true
}

func storeUnsignedBig[T unsigned](p unsafe.Pointer, b *big.Int) bool {
	if !b.IsUint64() {
		return false
	}
	n := b.Uint64()
	v := T(n)
	if uint64(v) != n {
		return false
	}
	*(*T)(p) = v
	return true
}

func storeFloat64(p unsafe.Pointer, f float64) bool {
	*(*float64)(p) = f
	return true
}

// storeFloat32 rounds, as JavaScript's Math.fround does, but does not make a number infinite.
func storeFloat32(p unsafe.Pointer, f float64) bool {
	v := float32(f)
	if math.IsInf(float64(v), 0) && !math.IsInf(f, 0) {
		return false
	}
	*(*float32)(p) = v
	return true
}

func storeFloat64Big(p unsafe.Pointer, b *big.Int) bool {
	f, accuracy := new(big.Float).SetInt(b).Float64()
	if accuracy != big.Exact {
		return false
	}
	*(*float64)(p) = f
	return true
}

func storeFloat32Big(p unsafe.Pointer, b *big.Int) bool {
	f, accuracy := new(big.Float).SetInt(b).Float32()
	if accuracy != big.Exact {
		return false
	}
	*(*float32)(p) = f
	return true
}

// storers returns how a number and a bigint are stored in a kind, nil for kinds that are not numeric.
func storers(k reflect.Kind) (storeFloat, storeBigInt) {
	switch k {
	case reflect.Int:
		return storeSigned[int], storeSignedBig[int]
	case reflect.Int8:
		return storeSigned[int8], storeSignedBig[int8]
	case reflect.Int16:
		return storeSigned[int16], storeSignedBig[int16]
	case reflect.Int32:
		return storeSigned[int32], storeSignedBig[int32]
	case reflect.Int64:
		return storeSigned[int64], storeSignedBig[int64]
	case reflect.Uint:
		return storeUnsigned[uint], storeUnsignedBig[uint]
	case reflect.Uint8:
		return storeUnsigned[uint8], storeUnsignedBig[uint8]
	case reflect.Uint16:
		return storeUnsigned[uint16], storeUnsignedBig[uint16]
	case reflect.Uint32:
		return storeUnsigned[uint32], storeUnsignedBig[uint32]
	case reflect.Uint64:
		return storeUnsigned[uint64], storeUnsignedBig[uint64]
	case reflect.Uintptr:
		return storeUnsigned[uintptr], storeUnsignedBig[uintptr]
	case reflect.Float32:
		return storeFloat32, storeFloat32Big
	case reflect.Float64:
		return storeFloat64, storeFloat64Big
	}
	return nil, nil
}
