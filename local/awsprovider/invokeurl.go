package awsprovider

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
)

// statusLimit bounds the question where a local cloud's APIs are.
const statusLimit = 10 * time.Second

// localInvokeURL puts the address that a stage of a REST API has in the local cloud in the place of the one that
// Terraform makes up of the API's id and the Region, without asking AWS. Where the AWS API is no local cloud's, or it knows
// no such API, the URL stays.
func localInvokeURL(ctx context.Context, official string, stage *structpb.Struct) {
	if official != "aws:apigateway/stage:Stage" || stage.GetFields()["invokeUrl"] == nil {
		return
	}
	fields := stage.GetFields()
	if address := localAPI(ctx, fields["restApi"].GetStringValue()); address != "" {
		fields["invokeUrl"] = structpb.NewStringValue(address + "/" + fields["stageName"].GetStringValue())
	}
}

// localAPI returns the URL of an API of the local cloud whose AWS API the environment names; empty where there is none.
func localAPI(ctx context.Context, id string) string {
	endpoint := os.Getenv("AWS_ENDPOINT_URL")
	if endpoint == "" || id == "" {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, statusLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(endpoint, "/")+"/_sallyport/status", nil)
	if err != nil {
		return ""
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	var status struct{ APIs []struct{ ID, URL string } }
	if json.NewDecoder(response.Body).Decode(&status) != nil {
		return ""
	}
	for _, api := range status.APIs {
		if api.ID == id {
			return api.URL
		}
	}
	return ""
}
