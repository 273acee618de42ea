package verify

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// places are all that can be taken out of a value: pointers, list and map entries, fields, at every depth. Each is a
// function that finds it again in another value of the same shape and empties it.
func places(v reflect.Value, path string, at func(reflect.Value) reflect.Value, add func(path string, empty func(root reflect.Value))) {
	add(path, func(root reflect.Value) { at(root).SetZero() })
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			places(v.Elem(), path, func(r reflect.Value) reflect.Value { return at(r).Elem() }, add)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() {
				places(v.Field(i), path+"."+field.Name, func(r reflect.Value) reflect.Value { return at(r).Field(i) }, add)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			places(v.Index(i), fmt.Sprintf("%s[%d]", path, i), func(r reflect.Value) reflect.Value { return at(r).Index(i) }, add)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			entry := fmt.Sprintf("%s[%v]", path, key)
			add(entry, func(root reflect.Value) { at(root).SetMapIndex(key, reflect.Zero(v.Type().Elem())) })
		}
	}
}

func TestWhatIsMissing(t *testing.T) {
	judged := func(t *testing.T, what string, f *Facts) {
		t.Helper()
		defer func() {
			if r := recover(); r != nil {
				t.Errorf("without %s: %v", what, r)
			}
		}()
		for _, c := range Checks(f) {
			found := c.Judge(f)
			if found.Evidence == "" || strings.Contains(found.Evidence, "\n") {
				t.Errorf("without %s, the evidence of %s is %q", what, c.Name, found.Evidence)
			}
			if found.OK != (found.Todo == "") || found.OK && found.Patience {
				t.Errorf("without %s, %s finds %+v", what, c.Name, found)
			}
		}
	}
	t.Run("no answer of AWS is too poor to be judged, whatever is left out of it", func(t *testing.T) {
		for _, whole := range []func() *Facts{good, goodRest} {
			n := 0
			places(reflect.ValueOf(whole()).Elem(), "Facts", func(r reflect.Value) reflect.Value { return r }, func(path string, empty func(reflect.Value)) {
				n++
				f := whole()
				empty(reflect.ValueOf(f).Elem())
				judged(t, path, f)
			})
			if n < 300 { // or it has not looked at everything
				t.Errorf("only %d places were emptied", n)
			}
		}
	})
	t.Run("where nothing is known, nothing passes", func(t *testing.T) {
		for _, f := range []*Facts{nil, {}, {Outputs: good().Outputs}, {Outputs: goodRest().Outputs}} {
			judged(t, "facts", f)
			for _, c := range Checks(f) {
				if c.Judge(f).OK {
					t.Errorf("%s does", c.Name)
				}
			}
		}
	})
	t.Run("what a privacy check rests on is not taken for good when it is missing", func(t *testing.T) {
		for check, remove := range map[string]func(*Facts){
			"task-addresses":    func(f *Facts) { f.Interfaces = nil },
			"private-subnets":   func(f *Facts) { f.RouteTables = nil },
			"internal-balancer": func(f *Facts) { f.LoadBalancer.Scheme = "" },
			"security-groups":   func(f *Facts) { f.Rules = nil },
			"public-names":      func(f *Facts) { f.Interfaces = nil },
		} {
			f := good()
			remove(f)
			if find(t, f, check).OK {
				t.Errorf("%s passes", check)
			}
		}
	})
}
