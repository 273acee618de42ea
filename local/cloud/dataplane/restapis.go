package dataplane

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/front"
	"sallyport/local/cloud/restapi"
)

// mappingPath is a call about the API mappings of a custom domain name: all of them, or one.
var mappingPath = regexp.MustCompile(`^(GET|POST|DELETE) /v2/domainnames/([^/]+)/apimappings(?:/([^/]+))?/?$`)

// domainDeletion is the deletion of a custom domain name.
var domainDeletion = regexp.MustCompile(`^DELETE /v2/domainnames/([^/]+)/?$`)

// Gateway is what moto has, and the store of REST APIs.
func (s source) Gateway(ctx context.Context, region string) (declared.Gateway, error) {
	read, err := s.Reader.Gateway(ctx, region)
	if err != nil {
		return declared.Gateway{}, err
	}
	read.Rest = s.rest.Declared()
	for name, domain := range read.Domains {
		domain.Mappings = append(domain.Mappings, s.rest.Mappings(name)...)
		read.Domains[name] = domain
	}
	return read, nil
}

// restCall answers a call about REST APIs, and one about the mappings of custom domain names to them. The answer is nil
// for all other calls.
func (r *region) restCall(ctx context.Context, call front.Call, method, path string, input []byte) ([]byte, error) {
	var answer []byte
	var err error
	part := mappingPath.FindStringSubmatch(call.Action)
	switch {
	case restapi.Owns(path):
		answer, err = r.rest.Call(method, path, call.Query, input)
	case part != nil && method == http.MethodPost:
		var asked struct{ APIID string }
		_ = json.Unmarshal(input, &asked) // moto says what is wrong
		if !r.rest.Has(asked.APIID) {
			return nil, nil
		}
		// moto has the names.
		if _, status, err := r.moto(ctx, "apigateway", http.MethodGet, "/v2/domainnames/"+part[2], nil); err != nil || status != http.StatusOK {
			return nil, err
		}
		answer, err = r.rest.Map(part[2], input)
	case part != nil && part[3] != "":
		answer = r.rest.Mapping(method, part[2], part[3])
	}
	if answer != nil && err == nil && declared.Mutates(call.Action) {
		r.watcher.Changed("apigateway")
	}
	return answer, err
}

// addMappings adds the mappings to REST APIs to those that moto tells.
func (r *region) addMappings(domain string, answer []byte) ([]byte, error) {
	mappings := r.rest.Mappings(domain)
	if len(mappings) == 0 || len(bytes.TrimSpace(answer)) == 0 {
		return answer, nil
	}
	var told map[string]any
	if err := json.Unmarshal(answer, &told); err != nil {
		return nil, fmt.Errorf("API mappings: %w", err)
	}
	items, _ := told["items"].([]any)
	for _, m := range mappings {
		items = append(items, map[string]any{"apiId": m.ApiId, "apiMappingId": m.ApiMappingId, "apiMappingKey": "", "stage": m.Stage})
	}
	told["items"] = items
	return json.Marshal(told)
}

// isAssociation tells the calls by which a web ACL comes to a resource, and leaves it.
func isAssociation(action string) bool {
	return action == "AssociateWebACL" || action == "DisassociateWebACL"
}

// associate notes the web ACL of a stage of a REST API, which the stage tells. moto keeps the association itself.
// https://docs.aws.amazon.com/apigateway/latest/api/API_Stage.html
func (r *region) associate(input []byte) error {
	var asked struct{ WebACLArn, ResourceArn string }
	if err := json.Unmarshal(input, &asked); err != nil {
		return fmt.Errorf("web ACL: %w", err)
	}
	if r.rest.Associate(asked.ResourceArn, asked.WebACLArn) {
		r.watcher.Changed("apigateway")
	}
	return nil
}
