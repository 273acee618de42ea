package dataplane

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"

	"github.com/aws/smithy-go"
)

// tagPath is a call about the tags of what moto has no such calls for: a custom domain name, or a stage of an HTTP API.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/tags-resource-arn.html
var tagPath = regexp.MustCompile(`^(GET|POST|DELETE) /v2/tags/arn:aws[a-z-]*:apigateway:[a-z0-9-]+::(/domainnames/([^/]+)|/apis/[^/]+/stages/[^/]+)/?$`)

// tagged answers a call about tags: part is what tagPath has found in it. A stage's are moto's, and those of a custom
// domain name are moto's until they are changed. The answer is nil where there is no such resource, which moto says.
func (r *region) tagged(ctx context.Context, part []string, query string, input []byte) ([]byte, error) {
	method, path, domain := part[1], "/v2"+part[2], part[3]
	content, status, err := r.moto(ctx, "apigateway", http.MethodGet, path, nil)
	if err != nil || status != http.StatusOK {
		return nil, err
	}
	var resource struct{ Tags map[string]string }
	if err := json.Unmarshal(content, &resource); err != nil {
		return nil, fmt.Errorf("tags of %s: %w", path, err)
	}
	tags := map[string]string{}
	maps.Copy(tags, resource.Tags)
	if changed, ok := r.domainTags.Load(domain); domain != "" && ok {
		tags = maps.Clone(changed.(map[string]string))
	}
	switch method {
	case http.MethodGet:
		return json.Marshal(map[string]any{"tags": tags})
	case http.MethodDelete:
		values, err := url.ParseQuery(query)
		if err != nil {
			return nil, &smithy.GenericAPIError{Code: "BadRequestException", Message: "the query can't be read: " + err.Error()}
		}
		for _, key := range values["tagKeys"] {
			delete(tags, key)
		}
	default:
		var added struct{ Tags map[string]string }
		if err := json.Unmarshal(input, &added); err != nil {
			return nil, &smithy.GenericAPIError{Code: "BadRequestException", Message: "the body is no JSON object: " + err.Error()}
		}
		maps.Copy(tags, added.Tags)
	}
	if domain != "" {
		r.domainTags.Store(domain, tags)
	} else if _, err := r.remakeStage(ctx, path, func(stage map[string]any) { stage["tags"] = tags }); err != nil {
		return nil, err
	}
	return []byte("{}"), nil
}
