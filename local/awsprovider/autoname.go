package awsprovider

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"google.golang.org/protobuf/types/known/structpb"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// nameLimit is the length of the longest name that CloudWatch takes for an alarm,
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
const nameLimit = 255

// autoname names a resource that is not named, as pulumi-aws does: by its logical name and seven random hexadecimal
// digits, which stay. The dynamic provider does so itself where Terraform calls the property name as well; property is
// what Terraform calls it else, and empty for most resources.
func autoname(property string, req *pulumirpc.CheckRequest) {
	news := req.GetNews()
	if property == "" || news.GetFields()[property] != nil {
		return
	}
	name, ok := req.GetOlds().GetFields()[property]
	if !ok {
		made, err := resource.NewUniqueName(req.GetRandomSeed(), resource.URN(req.GetUrn()).Name()+"-", 7, nameLimit, nil)
		if err != nil {
			return // the provider says that the name is missing
		}
		name = structpb.NewStringValue(made)
	}
	if news.Fields == nil {
		news.Fields = map[string]*structpb.Value{}
	}
	news.Fields[property] = name
}
