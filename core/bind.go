package core

import (
	"context"
	"reflect"
	"strings"

	"github.com/millrace/millrace/core/fault"
)

// Bind fills stub, a pointer to a struct, with functions that call on caller:
//
//	var room struct {
//		PostMessage func(ctx context.Context, text string) (PostResult, error)
//		Leave       func(ctx context.Context) error
//		Settings    struct {
//			Theme func(ctx context.Context) (string, error)
//		}
//	}
//	err := core.Bind(client, &room)
//
// Each exported field is a function that takes a context, then its arguments, and returns a
// result and an error, or an error alone; or a struct of such, whose functions are called on that member. A
// final variadic parameter stands for any number of arguments. The name on the wire is that of
// the tag `millrace:"name"`, else the field's with a small first letter (a leading run of capitals as a
// whole: URLFor is urlFor). A tag of "-" leaves a field alone; fields of embedded structs count as the
// struct's own. Bind fails with [CodeConfig], naming the field, and sets nothing, when one does not fit.
func Bind(caller Caller, stub any) error {
	v := reflect.ValueOf(stub)
	if caller == nil || v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return fault.New(CodeConfig, "core: Bind needs a caller and a pointer to a struct, got a %T", stub)
	}
	var set []func()
	if err := bindStruct(caller, v.Elem(), v.Elem().Type().String(), &set); err != nil {
		return err
	}
	if len(set) == 0 {
		return fault.New(CodeConfig, "core: Bind: %v has no exported function fields", v.Elem().Type())
	}
	for _, f := range set {
		f()
	}
	return nil
}

// bindStruct collects what sets the fields of v; path names v in errors.
func bindStruct(on Caller, v reflect.Value, path string, set *[]func()) error {
	for i := range v.NumField() {
		field, fv := v.Type().Field(i), v.Field(i)
		tag, _, _ := strings.Cut(field.Tag.Get("millrace"), ",")
		if tag == "-" || !field.IsExported() && !(field.Anonymous && field.Type.Kind() == reflect.Struct) {
			continue
		}
		at := path + "." + field.Name
		name := tag
		if name == "" {
			name = lowerCamel(field.Name)
		}
		switch field.Type.Kind() {
		case reflect.Struct:
			inner := on
			if !field.Anonymous || tag != "" {
				inner = on.Get(name)
			}
			if err := bindStruct(inner, fv, at, set); err != nil {
				return err
			}
		case reflect.Func:
			shape, err := shapeOf(field.Type)
			if err != nil {
				return fault.Wrap(CodeConfig, "core: Bind: field "+at, err)
			}
			*set = append(*set, func() {
				fv.Set(shape.make(func(ctx context.Context, args []any, dst any) error {
					return on.invoke(ctx, name, args, dst)
				}))
			})
		default:
			return fault.New(CodeConfig, "core: Bind: field %s is a %v, neither a function nor a struct", at, field.Type)
		}
	}
	return nil
}

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
)

// funcShape is a function type that stands for a remote one.
type funcShape struct {
	typ    reflect.Type
	result reflect.Type // nil: an error alone
}

// shapeOf checks that t is func(context.Context, args...) (R, error), or that with an error alone.
func shapeOf(t reflect.Type) (funcShape, error) {
	if t.NumIn() == 0 || t.In(0) != contextType {
		return funcShape{}, fault.New(CodeConfig, "%v does not take a context.Context first", t)
	}
	if n := t.NumOut(); n == 0 || n > 2 || t.Out(n-1) != errorType {
		return funcShape{}, fault.New(CodeConfig, "%v does not return (R, error) or error", t)
	}
	s := funcShape{typ: t}
	if t.NumOut() == 2 {
		s.result = t.Out(0)
	}
	return s, nil
}

// make returns a function of the shape that calls invoke.
func (s funcShape) make(invoke func(ctx context.Context, args []any, dst any) error) reflect.Value {
	return reflect.MakeFunc(s.typ, func(in []reflect.Value) []reflect.Value {
		ctx, _ := in[0].Interface().(context.Context)
		if ctx == nil {
			return s.outcome(reflect.Value{}, fault.New(CodeConfig, "core: a remote function was called with a nil context"))
		}
		args := make([]any, 0, len(in))
		for i, v := range in[1:] {
			if s.typ.IsVariadic() && i == len(in)-2 {
				for j := range v.Len() {
					args = append(args, v.Index(j).Interface())
				}
				break
			}
			args = append(args, v.Interface())
		}
		if s.result == nil {
			return s.outcome(reflect.Value{}, invoke(ctx, args, nil))
		}
		out := reflect.New(s.result)
		err := invoke(ctx, args, out.Interface())
		return s.outcome(out.Elem(), err)
	})
}

// outcome is what a function of the shape returns.
func (s funcShape) outcome(result reflect.Value, err error) []reflect.Value {
	failed := reflect.Zero(errorType)
	if err != nil {
		failed = reflect.ValueOf(&err).Elem()
	}
	if s.result == nil {
		return []reflect.Value{failed}
	}
	if !result.IsValid() || err != nil {
		result = reflect.Zero(s.result)
	}
	return []reflect.Value{result, failed}
}
