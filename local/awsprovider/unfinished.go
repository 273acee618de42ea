package awsprovider

import (
	"context"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// importIDs tell by their inputs what Terraform imports resources by. They are those of the types whose creation goes on
// waiting once the resource is there, and so may fail then.
var importIDs = map[string]func(inputs *structpb.Struct) string{
	"aws:ecs/service:Service": func(inputs *structpb.Struct) string {
		cluster, name := inputs.GetFields()["cluster"].GetStringValue(), inputs.GetFields()["name"].GetStringValue()
		return cluster[strings.LastIndex(cluster, "/")+1:] + "/" + name
	},
}

// readLimit bounds the look for a resource whose creation has failed.
const readLimit = time.Minute

// unfinished returns the error of a creation, with the resource where that was made all the same. The engine keeps it
// then, as with the official plugin, and the next update goes on with it; the dynamic provider lets go of it, and nobody
// would ever delete it.
func (p *Provider) unfinished(ctx context.Context, official string, req *pulumirpc.CreateRequest, failure error) error {
	importID, known := importIDs[official]
	if !known || req.GetPreview() {
		return failure
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readLimit)
	defer cancel()
	found, err := p.dynamic.Read(ctx, &pulumirpc.ReadRequest{Id: importID(req.GetProperties()), Urn: req.GetUrn(), Type: req.GetType(), Name: req.GetName()})
	if err != nil || found.GetId() == "" {
		return failure
	}
	renameKeys(inverse(renamed[official]), found.GetProperties())
	reason := status.Convert(failure).Message()
	carrying, err := status.New(codes.Unknown, reason).WithDetails(&pulumirpc.ErrorResourceInitFailed{
		Id: found.GetId(), Properties: found.GetProperties(), Reasons: []string{reason},
	})
	if err != nil {
		return failure
	}
	return carrying.Err()
}
