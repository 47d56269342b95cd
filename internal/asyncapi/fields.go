package main

import (
	"iter"
	"reflect"
	"strings"
)

// field is a member of a struct, as JSON has it.
type field struct {
	reflect.StructField
	owner    reflect.Type // the struct that declares it
	member   string
	optional bool
}

// fields yields the members of a struct. The members of embedded structs count as its own.
func fields(t reflect.Type) iter.Seq[field] {
	return func(yield func(field) bool) {
		for f := range t.Fields() {
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.Anonymous && name == "" {
				for inner := range fields(f.Type) {
					if !yield(inner) {
						return
					}
				}
				continue
			}
			if name != "-" && !yield(field{f, t, name, strings.Contains(options, "omitzero")}) {
				return
			}
		}
	}
}
