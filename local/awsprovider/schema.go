package awsprovider

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"
)

// schema holds the property names that the dynamic provider knows. The provider itself drops a property that
// it does not know without a word; a stand-in must not.
type schema struct {
	Resources map[string]struct {
		InputProperties map[string]property `json:"inputProperties"`
	} `json:"resources"`
	Types map[string]struct {
		Properties map[string]property `json:"properties"`
	} `json:"types"`
}

type property struct {
	Ref                  string    `json:"$ref"`
	Items                *property `json:"items"`
	AdditionalProperties *property `json:"additionalProperties"`
}

func parseSchema(text string) (*schema, error) {
	s := &schema{}
	if err := json.Unmarshal([]byte(text), s); err != nil {
		return nil, fmt.Errorf("dynamic provider's schema: %w", err)
	}
	return s, nil
}

// unknown lists the paths of all properties in inputs that the resource does not have.
func (s *schema) unknown(token string, inputs *structpb.Struct) ([]string, error) {
	res, ok := s.Resources[token]
	if !ok {
		return nil, fmt.Errorf("the Terraform AWS provider has no resource %s", token)
	}
	var paths []string
	s.collect(res.InputProperties, inputs.GetFields(), "", &paths)
	sort.Strings(paths)
	return paths, nil
}

func (s *schema) collect(known map[string]property, fields map[string]*structpb.Value, at string, paths *[]string) {
	for name, value := range fields {
		if strings.HasPrefix(name, "__") { // the engine's and the bridge's own, such as __defaults
			continue
		}
		p, ok := known[name]
		if !ok {
			*paths = append(*paths, at+name)
			continue
		}
		s.descend(p, value, at+name, paths)
	}
}

// wrapped are the fields in which the engine wraps a secret, or an output that is known.
var wrapped = []string{"value", "element"}

// signatureKey marks an object as a wrapped value (pulumi/sdk/v3/go/common/resource/sig).
const signatureKey = "4dabf18193072939515e22adb298388d"

func (s *schema) descend(p property, value *structpb.Value, at string, paths *[]string) {
	if object := value.GetStructValue(); object != nil {
		if object.Fields[signatureKey] != nil {
			for _, key := range wrapped {
				if inner := object.Fields[key]; inner != nil {
					s.descend(p, inner, at, paths)
				}
			}
			return
		}
		if t, ok := s.Types[strings.TrimPrefix(p.Ref, "#/types/")]; ok {
			s.collect(t.Properties, object.Fields, at+".", paths)
		} else if p.AdditionalProperties != nil {
			for key, v := range object.Fields {
				s.descend(*p.AdditionalProperties, v, at+"."+key, paths)
			}
		}
	}
	if list := value.GetListValue(); list != nil && p.Items != nil {
		for i, v := range list.Values {
			s.descend(*p.Items, v, fmt.Sprintf("%s[%d]", at, i), paths)
		}
	}
}
