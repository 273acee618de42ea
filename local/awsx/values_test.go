package awsx

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"google.golang.org/protobuf/types/known/structpb"
)

var keepAll = plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, KeepResources: true, KeepOutputValues: true}

func properties(t *testing.T, values map[string]any) *structpb.Struct {
	t.Helper()
	return marshal(t, resource.NewPropertyMapFromMap(values))
}

func marshal(t *testing.T, values resource.PropertyMap) *structpb.Struct {
	t.Helper()
	s, err := plugin.MarshalProperties(values, keepAll)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// plain is a gRPC struct as the recordings write it.
func plain(t *testing.T, s *structpb.Struct) map[string]any {
	t.Helper()
	values, err := plugin.UnmarshalProperties(s, keepAll)
	if err != nil {
		t.Fatal(err)
	}
	return plainValue(resource.NewProperty(values)).(map[string]any)
}

func plainValue(v resource.PropertyValue) any {
	switch {
	case v.IsComputed(), v.IsOutput() && !v.OutputValue().Known:
		return "<unknown>"
	case v.IsOutput():
		return plainValue(v.OutputValue().Element)
	case v.IsResourceReference():
		return "<resource ref " + short(string(v.ResourceReferenceValue().URN)) + ">"
	case v.IsArray():
		all := []any{}
		for _, item := range v.ArrayValue() {
			all = append(all, plainValue(item))
		}
		return all
	case v.IsObject():
		all := map[string]any{}
		for key, item := range v.ObjectValue() {
			all[string(key)] = plainValue(item)
		}
		return all
	}
	return v.V
}

func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		g, _ := json.MarshalIndent(got, "", " ")
		w, _ := json.MarshalIndent(want, "", " ")
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}
