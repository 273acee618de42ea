package restapi

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
)

// Has reports whether there is a REST API with an id.
func (s *Store) Has(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.apis[id] != nil
}

// Map makes an API mapping of a custom domain name to a stage of a REST API, which a call of the API Gateway v2 API may
// do as well. https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/domainnames-domainname-apimappings.html
func (s *Store) Map(domain string, input []byte) ([]byte, error) {
	var asked struct{ APIID, Stage, APIMappingKey string }
	if err := json.Unmarshal(input, &asked); err != nil {
		return nil, badRequest("Invalid request input: %s", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.apis[asked.APIID]; known == nil || known.stages[asked.Stage] == nil {
		return nil, badRequest("Invalid stage identifier specified")
	}
	if len(s.mappings[domain]) > 0 {
		return nil, conflict("An API mapping of %s exists already", domain)
	}
	id := newID(6)
	made := object{"apiId": asked.APIID, "stage": asked.Stage, "apiMappingId": id, "apiMappingKey": asked.APIMappingKey}
	if s.mappings == nil {
		s.mappings = map[string]map[string]object{}
	}
	s.mappings[domain] = added(s.mappings[domain], id, made)
	return json.Marshal(made)
}

// Mapping tells a mapping to a REST API, or deletes it; nil for one that is none of these.
func (s *Store) Mapping(method, domain, id string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.mappings[domain][id]
	if known == nil {
		return nil
	}
	if method == http.MethodDelete {
		delete(s.mappings[domain], id)
		return []byte("{}")
	}
	told, _ := json.Marshal(known) // texts never fail
	return told
}

// Mappings returns the mappings of a custom domain name to REST APIs.
func (s *Store) Mappings(domain string) []apitypes.ApiMapping {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []apitypes.ApiMapping
	for _, id := range slices.Sorted(maps.Keys(s.mappings[domain])) {
		m := s.mappings[domain][id]
		all = append(all, apitypes.ApiMapping{ApiId: aws.String(text(m, "apiId")), Stage: aws.String(text(m, "stage")), ApiMappingId: aws.String(id)})
	}
	return all
}

// Unmap forgets the mappings of a custom domain name, which is gone.
func (s *Store) Unmap(domain string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.mappings, domain)
}
