package awsprovider

import (
	"strings"

	"google.golang.org/protobuf/types/known/structpb"
)

// blocks are the settings of the provider that pulumi-aws takes as one object. Terraform's schema has them as
// lists without saying that one element is the most, so the dynamic provider wants a list.
var blocks = []string{"assumeRoleWithWebIdentity", "defaultTags", "ignoreTags"}

// listBlocks puts each block that is one object into a list. Settings of a provider travel as JSON text, from
// some SDKs as objects.
func listBlocks(config *structpb.Struct) {
	for _, name := range blocks {
		value := config.GetFields()[name]
		if text, ok := value.GetKind().(*structpb.Value_StringValue); ok {
			if strings.HasPrefix(strings.TrimSpace(text.StringValue), "{") {
				text.StringValue = "[" + text.StringValue + "]"
			}
		} else if object := value.GetStructValue(); object != nil && object.Fields[signatureKey] == nil {
			config.Fields[name] = structpb.NewListValue(&structpb.ListValue{Values: []*structpb.Value{value}})
		}
	}
}
