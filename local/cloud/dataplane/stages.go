package dataplane

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"time"

	"github.com/aws/smithy-go"

	"sallyport/local/cloud/declared"
)

// stagePath is the path of one stage of an HTTP API, routeSettingsPath that of a route's settings in it.
var (
	stagePath         = regexp.MustCompile(`^(/v2/apis/[^/]+/stages)/[^/]+/?$`)
	routeSettingsPath = regexp.MustCompile(`^(/v2/apis/[^/]+/stages/[^/]+)/routesettings/(.+)$`)
)

// motoLimit is how long moto may take to answer a call.
const motoLimit = 30 * time.Second

// updateStage changes a stage, which moto can't: it makes the stage anew, with what the call names changed and all else
// as it was. The answer is nil where there is no such stage, which is for moto to say.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages-stagename.html
func (r *region) updateStage(ctx context.Context, path string, input []byte) ([]byte, error) {
	var change map[string]any
	if err := json.Unmarshal(input, &change); err != nil {
		return nil, &smithy.GenericAPIError{Code: "BadRequestException", Message: "the body is no JSON object: " + err.Error()}
	}
	return r.remakeStage(ctx, path, func(stage map[string]any) {
		for name, value := range change {
			settings, isMap := value.(map[string]any)
			before, wasMap := stage[name].(map[string]any)
			switch {
			case value == nil: // not to be changed
			case isMap && wasMap && (name == "routeSettings" || name == "stageVariables"):
				maps.Copy(before, settings)
			default:
				stage[name] = value
			}
		}
	})
}

// deleteRouteSettings takes the settings of one route out of a stage, for which moto has no call either.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages-stagename-routesettings-routekey.html
func (r *region) deleteRouteSettings(ctx context.Context, path string) ([]byte, error) {
	part := routeSettingsPath.FindStringSubmatch(path)
	return r.remakeStage(ctx, part[1], func(stage map[string]any) {
		if settings, ok := stage["routeSettings"].(map[string]any); ok {
			delete(settings, part[2])
		}
	})
}

// remakeStage makes a stage anew as change leaves it.
func (r *region) remakeStage(ctx context.Context, path string, change func(stage map[string]any)) ([]byte, error) {
	var stage map[string]any
	current, status, err := r.moto(ctx, "apigateway", http.MethodGet, path, nil)
	if err != nil || status != http.StatusOK {
		return nil, err
	}
	if err := json.Unmarshal(current, &stage); err != nil {
		return nil, fmt.Errorf("stage %s: %w", path, err)
	}
	change(stage)
	body, err := json.Marshal(stage)
	if err != nil {
		return nil, fmt.Errorf("stage %s: %w", path, err)
	}
	answer, status, err := r.moto(ctx, "apigateway", http.MethodPost, stagePath.FindStringSubmatch(path)[1], body)
	if err == nil && status >= http.StatusMultipleChoices {
		err = fmt.Errorf("stage %s: moto answers %d: %.200s", path, status, answer)
	}
	if err != nil {
		return nil, err
	}
	r.watcher.Changed("apigateway")
	return answer, nil
}

// contentTypes are how the services that moto is called for take their input.
var contentTypes = map[string]string{"apigateway": "application/json", "ec2": "application/x-www-form-urlencoded"}

// moto sends a call to moto, and returns the answer with its status.
func (r *region) moto(ctx context.Context, service, method, path string, body []byte) ([]byte, int, error) {
	address, up := r.plane.Upstream()
	if !up {
		return nil, 0, declared.ErrDown
	}
	ctx, cancel := context.WithTimeout(ctx, motoLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, "http://"+address+path, bytes.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	// moto finds service and Region in the signature's scope and checks no signature.
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20000101/"+r.name+"/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	request.Header.Set("Content-Type", contentTypes[service])
	request.Close = true
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return nil, 0, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return answer, response.StatusCode, err
}
