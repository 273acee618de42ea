package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"sallyport/internal/httpapi"
)

// value is the typed half of a setting: how its text is read, what it may be, and where it goes.
type value interface {
	// typ is Pulumi's name of the type, as Pulumi.yaml's config section has it.
	typ() string
	// items is the type of an array's items, empty for other types.
	items() string
	// standard is the default; nil when there is none.
	standard() any
	// read parses, checks and stores a value; the error says in a few words what is wrong with it.
	read(s *Settings, raw string) error
	// field is the address of the field that the value is stored in.
	field(*Settings) any
}

// kinds are the types that a setting can have; Egress is text.
type kinds interface {
	string | Egress | int | bool | []string | map[string]string | []httpapi.Route | httpapi.CORS | map[string]httpapi.APIKey
}

type of[T kinds] struct {
	in       func(*Settings) *T
	value    T
	required bool
	check    func(T) error
}

func (v of[T]) typ() string {
	switch any(v.value).(type) {
	case int:
		return "integer"
	case bool:
		return "boolean"
	case []string, []httpapi.Route:
		return "array"
	case map[string]string, httpapi.CORS, map[string]httpapi.APIKey:
		return "object"
	}
	return "string"
}

func (v of[T]) items() string {
	switch any(v.value).(type) {
	case []string:
		return "string"
	case []httpapi.Route:
		return "object"
	}
	return ""
}

func (v of[T]) standard() any {
	if v.required {
		return nil
	}
	return v.value
}

func (v of[T]) field(s *Settings) any { return v.in(s) }

func (v of[T]) read(s *Settings, raw string) error {
	var given T
	var err error
	usable := false // in part, so that the rest is checked as well
	switch p := any(&given).(type) {
	case *string:
		*p = raw
	case *Egress:
		*p = Egress(raw)
	case *int:
		if *p, err = strconv.Atoi(raw); err != nil {
			err = errors.New("it is not a whole number")
		}
	case *bool:
		if raw != "true" && raw != "false" {
			err = errors.New("it is neither true nor false")
		}
		*p = raw == "true"
	case *[]string:
		*p, err = readList(raw)
		usable = true
	case *map[string]string:
		*p, err = readObject(raw)
		usable = true
	case *[]httpapi.Route:
		*p, err = readRoutes(raw) // what is not read would be found missing again
	case *httpapi.CORS:
		*p, err = readCORS(raw)
	case *map[string]httpapi.APIKey:
		*p, err = readAPIKeys(raw)
		usable = true
	}
	if v.check != nil && (err == nil || usable) {
		err = both(err, v.check(given))
	}
	if err == nil {
		*v.in(s) = given
	}
	return err
}

func readList(raw string) ([]string, error) {
	var items []any
	if err := decode(raw, &items); err != nil || items == nil {
		return nil, errors.New("it is not a list")
	}
	list := make([]string, 0, len(items))
	var wrong []string
	for i, item := range items {
		if text, ok := scalar(item); ok {
			list = append(list, text)
		} else {
			wrong = append(wrong, fmt.Sprintf("entry %d is not text: write it in quotes", i+1))
		}
	}
	return list, joined(wrong)
}

func readObject(raw string) (map[string]string, error) {
	var items map[string]any
	if err := decode(raw, &items); err != nil || items == nil {
		return nil, errors.New("it is not an object of names and values")
	}
	object := make(map[string]string, len(items))
	var wrong []string
	for name, item := range items {
		if text, ok := scalar(item); ok {
			object[name] = text
		} else {
			wrong = append(wrong, fmt.Sprintf("the value of %q is not text: write it in quotes", name))
		}
	}
	return object, joined(wrong)
}

func decode(raw string, into any) error {
	d := json.NewDecoder(strings.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return errors.New("more than one value")
	}
	return nil
}

// scalar is the text of a list's or an object's entry. `pulumi config set --path` stores digits as a number, so whole
// numbers are taken; fractions are not, because the 1.10 that someone wrote has become 1.1 by now.
func scalar(item any) (string, bool) {
	switch item := item.(type) {
	case string:
		return item, true
	case bool:
		return strconv.FormatBool(item), true
	case json.Number:
		return item.String(), !strings.ContainsAny(item.String(), ".eE")
	}
	return "", false
}

// text is a value as the configuration would hold it.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case Egress:
		return string(v)
	case []string, map[string]string, []httpapi.Route, httpapi.CORS, map[string]httpapi.APIKey:
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			return err.Error()
		}
		return strings.TrimSpace(b.String())
	}
	return fmt.Sprint(v)
}
