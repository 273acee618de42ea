package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"sallyport/internal/httpapi"
)

// object reads the members of one object of the configuration, and remembers what is wrong with it.
type object struct {
	members map[string]any
	label   string // begins each sentence: "route 2: ", or nothing
	known   []string
	wrong   []string
}

func (o *object) fail(format string, values ...any) {
	o.wrong = append(o.wrong, o.label+fmt.Sprintf(format, values...))
}

func (o *object) member(name string) (any, bool) {
	o.known = append(o.known, name)
	value, ok := o.members[name]
	return value, ok
}

func (o *object) text(name string) string {
	value, ok := o.member(name)
	text, isText := value.(string)
	if ok && !isText {
		o.fail("%s is not text: write it in quotes", name)
	}
	return text
}

func (o *object) list(name string) []string {
	value, ok := o.member(name)
	items, isList := value.([]any)
	if ok && !isList {
		o.fail("%s is not a list", name)
	}
	var list []string
	for i, item := range items {
		if text, ok := scalar(item); ok {
			list = append(list, text)
		} else {
			o.fail("entry %d of %s is not text: write it in quotes", i+1, name)
		}
	}
	return list
}

// number takes digits in quotes too: all numbers of a stack file may stand in them.
func (o *object) number(name string) int {
	value, ok := o.member(name)
	if !ok {
		return 0
	}
	text, _ := scalar(value)
	n, err := strconv.Atoi(text)
	if err != nil {
		o.fail("%s is not a whole number", name)
	}
	return n
}

func (o *object) flag(name string) bool {
	value, ok := o.member(name)
	if !ok {
		return false
	}
	text, _ := scalar(value)
	if text != "true" && text != "false" {
		o.fail("%s is neither true nor false", name)
	}
	return text == "true"
}

// rest finds members that there are not.
func (o *object) rest() {
	for _, name := range slices.Sorted(maps.Keys(o.members)) {
		if !slices.Contains(o.known, name) {
			o.fail("there is no %s, only %s", name, strings.Join(o.known, ", "))
		}
	}
}

func readRoutes(raw string) ([]httpapi.Route, error) {
	var items []json.RawMessage
	if err := decode(raw, &items); err != nil || items == nil {
		return nil, errors.New("it is not a list")
	}
	routes := make([]httpapi.Route, 0, len(items))
	var wrong []string
	for i, item := range items {
		o := object{label: fmt.Sprintf("route %d: ", i+1)}
		if err := decode(string(item), &o.members); err != nil || o.members == nil {
			wrong = append(wrong, o.label+"it is not an object with a path")
			continue
		}
		routes = append(routes, httpapi.Route{
			Path: o.text("path"), Methods: o.list("methods"), Target: o.text("target"), Auth: o.text("auth"),
			Issuer: o.text("issuer"), Audience: o.list("audience"), Scopes: o.list("scopes"),
			UserPools: o.list("userPools"), AuthorizerARN: o.text("authorizer"),
			ThrottleBurst: o.number("throttleBurst"), ThrottleRate: o.number("throttleRate"),
		})
		o.rest()
		wrong = append(wrong, o.wrong...)
	}
	return routes, joined(wrong)
}

func readCORS(raw string) (httpapi.CORS, error) {
	var o object
	if err := decode(raw, &o.members); err != nil || o.members == nil {
		return httpapi.CORS{}, errors.New("it is not an object of names and values")
	}
	cors := httpapi.CORS{
		AllowOrigins: o.list("allowOrigins"), AllowMethods: o.list("allowMethods"), AllowHeaders: o.list("allowHeaders"),
		ExposeHeaders: o.list("exposeHeaders"), MaxAge: o.number("maxAge"), AllowCredentials: o.flag("allowCredentials"),
	}
	o.rest()
	return cors, joined(o.wrong)
}

func readAPIKeys(raw string) (map[string]httpapi.APIKey, error) {
	var items map[string]json.RawMessage
	if err := decode(raw, &items); err != nil || items == nil {
		return nil, errors.New("it is not an object of names and limits")
	}
	keys := make(map[string]httpapi.APIKey, len(items))
	var wrong []string
	for name, item := range items {
		o := object{label: name + ": "}
		if err := decode(string(item), &o.members); err != nil || o.members == nil {
			wrong = append(wrong, o.label+"it is not an object; {} is a key without limits")
			continue
		}
		keys[name] = httpapi.APIKey{Rate: o.number("rate"), Burst: o.number("burst"), Quota: o.number("quota"), Period: o.text("period")}
		o.rest()
		wrong = append(wrong, o.wrong...)
	}
	return keys, joined(wrong)
}
