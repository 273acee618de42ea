package restapi

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
)

// object is a resource as the API tells it.
type object = map[string]any

// operation is one change of a PATCH.
// https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
type operation struct{ Op, Path, Value string }

// What a value is, which comes as a text, follows from the name of the property.
var (
	flags = []string{
		"apiKeyRequired", "cacheClusterEnabled", "cacheDataEncrypted", "cachingEnabled", "dataTraceEnabled", "disableExecuteApiEndpoint",
		"enabled", "insecureSkipVerification", "metricsEnabled", "requireAuthorizationForCacheControl", "tracingEnabled",
	}
	numbers = []string{
		"authorizerResultTtlInSeconds", "burstLimit", "cacheTtlInSeconds", "limit", "minimumCompressionSize", "offset", "rateLimit",
		"throttlingBurstLimit", "throttlingRateLimit", "timeoutInMillis",
	}
	lists = []string{"apiStages", "authorizationScopes", "binaryMediaTypes", "cacheKeyParameters", "providerARNs", "types", "vpcEndpointIds"}
)

// operations reads those of a PATCH.
func (c *call) operations() ([]operation, error) {
	var body struct{ PatchOperations []operation }
	encoded, _ := json.Marshal(c.input) // it was JSON before
	if err := json.Unmarshal(encoded, &body); err != nil {
		return nil, badRequest("the patch operations can't be read: %s", err)
	}
	for _, o := range body.PatchOperations {
		if o.Op != "add" && o.Op != "replace" && o.Op != "remove" || !strings.HasPrefix(o.Path, "/") {
			return nil, badRequest("Invalid patch operation %s of %s", o.Op, o.Path)
		}
	}
	return body.PatchOperations, nil
}

// patched returns a resource with the call's changes; the old one stays as it is. In that of a method, parameters are
// flags.
func (c *call) patched(old object, ofMethod bool) (object, error) {
	operations, err := c.operations()
	if err != nil {
		return nil, err
	}
	changed := clone(old)
	for _, o := range operations {
		if err := o.apply(changed, ofMethod); err != nil {
			return nil, err
		}
	}
	return changed, nil
}

func (o operation) apply(in object, ofMethod bool) error {
	names := strings.Split(o.Path[1:], "/")
	for i, name := range names {
		names[i] = strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~")
	}
	last := len(names) - 1
	for i, name := range names {
		if slices.Contains(lists, name) {
			o.applyToList(in, name, names[i+1:])
			return nil
		}
		if i == last {
			return o.set(in, name, ofMethod && i > 0)
		}
		inner, ok := in[name].(object)
		if !ok {
			inner = object{}
			in[name] = inner
		}
		in = inner
	}
	return nil
}

func (o operation) set(in object, name string, isFlag bool) (err error) {
	switch {
	case o.Op == "remove":
		delete(in, name)
	case isFlag || slices.Contains(flags, name):
		in[name], err = strconv.ParseBool(o.Value)
	case slices.Contains(numbers, name):
		var number float64
		number, err = strconv.ParseFloat(o.Value, 64)
		if err == nil && (math.IsNaN(number) || math.IsInf(number, 0)) {
			err = strconv.ErrRange
		}
		in[name] = number
	default:
		in[name] = o.Value
	}
	if err != nil {
		return badRequest("Invalid value %q for %s", o.Value, o.Path)
	}
	return nil
}

// applyToList changes a list of texts. The item is named by the rest of the path, as in /binaryMediaTypes/*~1*, or is the
// operation's value; in the list of an endpoint's types the path has a number.
func (o operation) applyToList(in object, name string, rest []string) {
	item := o.Value
	if len(rest) > 0 && name != "types" {
		item = strings.Join(rest, "/")
	}
	items, _ := in[name].([]any)
	switch {
	case o.Op == "remove" && item == "":
		items = nil
	case o.Op == "remove":
		items = slices.DeleteFunc(slices.Clone(items), func(known any) bool { return known == item })
	case o.Op == "replace" && len(rest) == 0 || name == "types":
		items = []any{item}
	case !slices.Contains(items, any(item)):
		items = append(slices.Clone(items), item)
	}
	in[name] = items
}

// clone copies a resource to its bottom.
func clone(o object) object {
	var copied object
	_ = into(o, &copied) // what came in as JSON goes out as JSON
	return copied
}

// into reads a resource as a type that has its fields.
func into(o any, target any) error {
	encoded, err := json.Marshal(o)
	if err == nil {
		err = json.Unmarshal(encoded, target)
	}
	if err != nil {
		return badRequest("Invalid request input: %s", err)
	}
	return nil
}
