package conf

import (
	"encoding"
	"errors"
	"math"
	"reflect"
	"strings"
	"time"
)

// Decode stores the block into the struct that dst points to. The key of a field stands in its tag
// `conf`, or else in its tag `json`. A field without a tag has no key. Fields whose keys are absent
// keep their values. A field may be a string, an int, an int64, a bool, a [time.Duration] ("30s"),
// a list of strings (a single string counts as a list), a struct (a block), or an
// [encoding.TextUnmarshaler]. Values are not converted: a number is not a string. A key without a
// field is an error. Decode returns all errors; each names file, line and key.
func (v Value) Decode(dst any) error {
	return v.decode(reflect.ValueOf(dst).Elem())
}

var duration = reflect.TypeFor[time.Duration]()

func (v Value) decode(dst reflect.Value) error {
	if u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](dst.Addr()); ok {
		return v.text(u)
	}
	switch {
	case dst.Type() == duration:
		return v.duration(dst)
	case dst.Kind() == reflect.Struct:
		return v.structure(dst)
	case dst.Kind() == reflect.Slice:
		return v.list(dst)
	default:
		return v.scalar(dst)
	}
}

func (v Value) scalar(dst reflect.Value) error {
	switch x := v.v.(type) {
	case string:
		if dst.Kind() == reflect.String {
			dst.SetString(x)
			return nil
		}
	case bool:
		if dst.Kind() == reflect.Bool {
			dst.SetBool(x)
			return nil
		}
	case int64:
		if dst.Kind() == reflect.Int64 {
			dst.SetInt(x)
			return nil
		}
		if dst.Kind() == reflect.Int {
			if x > math.MaxInt32 || x < math.MinInt32 {
				return v.errorf("%d is out of range", x)
			}
			dst.SetInt(x)
			return nil
		}
	}
	return v.errorf("must be %s, not %s", kindOf(dst), v.kind())
}

func kindOf(dst reflect.Value) string {
	switch dst.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	default:
		return "a number"
	}
}

func (v Value) text(dst encoding.TextUnmarshaler) error {
	s, ok := v.v.(string)
	if !ok {
		return v.errorf("must be a string, not %s", v.kind())
	}
	if err := dst.UnmarshalText([]byte(s)); err != nil {
		return v.errorf("%v", err)
	}
	return nil
}

func (v Value) duration(dst reflect.Value) error {
	s, ok := v.v.(string)
	if !ok {
		return v.errorf("must be a duration such as \"30s\", not %s", v.kind())
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return v.errorf("%q is not a duration such as \"30s\"", s)
	}
	dst.SetInt(int64(d))
	return nil
}

func (v Value) list(dst reflect.Value) error {
	var errs []error
	elements := v.elements()
	list := reflect.MakeSlice(dst.Type(), len(elements), len(elements))
	for i, e := range elements {
		errs = append(errs, e.decode(list.Index(i)))
	}
	dst.Set(list)
	return errors.Join(errs...)
}

func (v Value) structure(dst reflect.Value) error {
	block, ok := v.v.(map[string]any)
	if !ok {
		return v.errorf("must be a block: { … }, not %s", v.kind())
	}
	var errs []error
	var known []string
	for i := range dst.NumField() {
		name := nameOf(dst.Type().Field(i))
		if name == "" {
			continue
		}
		known = append(known, name)
		if m, ok := block[name]; ok {
			errs = append(errs, v.member(name, m).decode(dst.Field(i)))
		}
	}
	for _, name := range unknown(block, known) {
		errs = append(errs, v.member(name, block[name]).errorf("there is no such key; there are %s", list(known)))
	}
	return errors.Join(errs...)
}

func nameOf(f reflect.StructField) string {
	if name := f.Tag.Get("conf"); name != "" {
		return name
	}
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}
