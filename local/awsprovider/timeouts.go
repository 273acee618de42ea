package awsprovider

import (
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// The engine gives the timeout of a call beside the resource's properties, and there the dynamic provider passes it
// over. Terraform has the timeouts of a resource among its properties, so that is where they are put, and where they
// stay in the state: https://developer.hashicorp.com/terraform/language/resources/configure#operation-timeouts
const timeoutsKey = "timeouts"

// setTimeout gives a call its timeout, in seconds; 0 is the provider's own. A resource that knows no such timeout is
// left as it is. verb is create or update; a deletion has no properties of its own, and so the provider's own timeout.
func (s *schema) setTimeout(token, verb string, seconds float64, properties *structpb.Struct) {
	block := s.Resources[token].InputProperties[timeoutsKey]
	if _, known := s.Types[strings.TrimPrefix(block.Ref, "#/types/")].Properties[verb]; !known || properties == nil {
		return
	}
	fields := properties.GetFields()[timeoutsKey].GetStructValue().GetFields()
	switch {
	case seconds > 0:
		if fields == nil {
			fields = map[string]*structpb.Value{}
		}
		fields[verb] = structpb.NewStringValue(time.Duration(seconds * float64(time.Second)).String())
	case fields == nil:
		return
	default:
		delete(fields, verb)
	}
	properties.Fields[timeoutsKey] = structpb.NewStructValue(&structpb.Struct{Fields: fields})
}

// keepTimeouts puts the timeouts of the state among the new properties: the program's have none, which would be a
// change.
func keepTimeouts(olds, news *structpb.Struct) {
	if value := olds.GetFields()[timeoutsKey]; value.GetStructValue() != nil && news.GetFields() != nil {
		news.Fields[timeoutsKey] = proto.Clone(value).(*structpb.Value)
	}
}
