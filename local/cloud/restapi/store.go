// Package restapi keeps what is declared of API Gateway's REST APIs in one Region, and of what belongs to them: usage
// plans, API keys, VPC links to Network Load Balancers, the account's settings. It stands in for moto, which takes these
// calls and forgets the link of an integration, the binary media types and more, knows no change of a method or an
// integration, and has deployments with nothing in them.
package restapi

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/smithy-go"

	"sallyport/local/cloud/declared"
)

// Store is what is declared in one Region. Its zero value is empty, and its methods may be called from everywhere.
type Store struct {
	// Unsupported names what of a resource is not served, each in a sentence; nil where all of it is. The kind is a word in
	// small letters: restapi, method, integration, integrationresponse, authorizer, gatewayresponse, stage, usageplan,
	// apikey or vpclink.
	Unsupported func(kind string, made map[string]any) []string

	mu       sync.Mutex
	apis     map[string]*api
	keys     map[string]object
	plans    map[string]object
	planKeys map[string]map[string]object // by plan and key
	links    map[string]object
	account  object
	// mappings are those of custom domain names to REST APIs, by name and id; moto has the names.
	mappings map[string]map[string]object
}

// api is a REST API with all that is in it.
type api struct {
	object
	resources, stages, authorizers, responses, deployments map[string]object
	// definitions are what the deployments hold.
	definitions map[string]declared.RestDefinition
}

// call is one call of the API. Its path is that of the route, whose variable parts are in parts.
type call struct {
	method, path string
	parts        []string
	query        url.Values
	body         []byte
	input        object // the body
}

const (
	methodPath         = "/restapis/{}/resources/{}/methods/{}"
	methodResponsePath = methodPath + "/responses/{}"
	integrationPath    = methodPath + "/integration"
)

// routes are the paths of https://docs.aws.amazon.com/apigateway/latest/api/API_Operations.html that are served.
var routes = []struct {
	path  string
	serve func(*Store, *call) (any, error)
}{
	{"/restapis", (*Store).restAPIs},
	{"/restapis/{}", (*Store).restAPI},
	{"/restapis/{}/resources", (*Store).resources},
	{"/restapis/{}/resources/{}", (*Store).resource},
	{methodPath, (*Store).ofMethod},
	{methodResponsePath, (*Store).ofMethod},
	{integrationPath, (*Store).ofMethod},
	{integrationPath + "/responses/{}", (*Store).ofMethod},
	{"/restapis/{}/authorizers", (*Store).authorizers},
	{"/restapis/{}/authorizers/{}", (*Store).authorizer},
	{"/restapis/{}/gatewayresponses", (*Store).gatewayResponses},
	{"/restapis/{}/gatewayresponses/{}", (*Store).gatewayResponse},
	{"/restapis/{}/deployments", (*Store).deployments},
	{"/restapis/{}/deployments/{}", (*Store).deployment},
	{"/restapis/{}/stages", (*Store).stages},
	{"/restapis/{}/stages/{}", (*Store).stage},
	{"/restapis/{}/stages/{}/exports/{}", (*Store).export},
	{"/apikeys", (*Store).apiKeys},
	{"/apikeys/{}", (*Store).apiKey},
	{"/usageplans", (*Store).usagePlans},
	{"/usageplans/{}", (*Store).usagePlan},
	{"/usageplans/{}/keys", (*Store).usagePlanKeys},
	{"/usageplans/{}/keys/{}", (*Store).usagePlanKey},
	{"/vpclinks", (*Store).vpcLinks},
	{"/vpclinks/{}", (*Store).vpcLink},
	{"/account", (*Store).settings},
}

// Owns reports whether a path is of the API of REST APIs, which the store answers for.
func Owns(path string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return slices.Contains([]string{"restapis", "apikeys", "usageplans", "vpclinks", "account", "tags"}, first)
}

// Call answers a call, whose path is decoded and whose query is not. The error has the code that AWS has.
func (s *Store) Call(method, path, query string, input []byte) ([]byte, error) {
	c := &call{method: method, body: input}
	c.query, _ = url.ParseQuery(query) // what can't be read names nothing
	if len(input) > 0 {
		if err := json.Unmarshal(input, &c.input); err != nil {
			return nil, badRequest("Invalid request input: the body is no JSON object: %s", err)
		}
	}
	if c.input == nil {
		c.input = object{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	answer, err := s.serve(c, path)
	if err != nil {
		return nil, err
	}
	if answer == nil {
		answer = object{}
	}
	return json.Marshal(answer)
}

var errNoSuchCall = errors.New("no such call")

func (s *Store) serve(c *call, path string) (any, error) {
	path = strings.TrimSuffix(path, "/")
	if arn, ok := strings.CutPrefix(path, "/tags/"); ok {
		return s.tags(c, arn)
	}
	for _, r := range routes {
		if parts, ok := match(r.path, path); ok {
			c.path, c.parts = r.path, parts
			answer, err := r.serve(s, c)
			if !errors.Is(err, errNoSuchCall) {
				return answer, err
			}
		}
	}
	return nil, badRequest("The local cloud does not support %s %s of API Gateway.", c.method, path)
}

func match(pattern, path string) (parts []string, ok bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	for i, part := range want {
		switch {
		case part == "{}" && got[i] != "":
			parts = append(parts, got[i])
		case part != got[i]:
			return nil, false
		}
	}
	return parts, true
}

func failure(code, format string, values ...any) error {
	return &smithy.GenericAPIError{Code: code, Message: fmt.Sprintf(format, values...)}
}

func badRequest(format string, values ...any) error {
	return failure("BadRequestException", format, values...)
}

func notFound(format string, values ...any) error {
	return failure("NotFoundException", format, values...)
}

func conflict(format string, values ...any) error {
	return failure("ConflictException", format, values...)
}

// check refuses a resource that is none of its kind, which read has the type of, or that is not served. One that is to be
// gone is nil.
func (s *Store) check(kind string, made object, read any) error {
	if made == nil {
		return nil
	}
	if err := into(made, read); err != nil {
		return err
	}
	if s.Unsupported == nil {
		return nil
	}
	if found := s.Unsupported(kind, made); len(found) > 0 {
		return badRequest("%s", strings.Join(found, " "))
	}
	return nil
}

// newID makes an id of the form that API Gateway's have: small letters and digits.
func newID(length int) string {
	return strings.ToLower(rand.Text())[:length]
}

// now is the time as the API tells it: seconds since 1970.
func now() int64 { return time.Now().Unix() }

// items is the answer to a list: all of it, in the order of the ids.
func items(of map[string]object, tell func(object) object) object {
	list := []any{}
	for _, id := range slices.Sorted(maps.Keys(of)) {
		list = append(list, tell(of[id]))
	}
	return object{"item": list}
}

func whole(o object) object { return o }

func text(o object, name string) string {
	value, _ := o[name].(string)
	return value
}

// one answers for a resource of a map: it is told, changed or deleted. check sees what it is to become, nil when it is to
// be gone.
func (c *call) one(of map[string]object, what string, check func(changed object) error) (any, error) {
	id := c.parts[len(c.parts)-1]
	known, ok := of[id]
	if !ok {
		return nil, notFound("Invalid %s identifier specified", what)
	}
	switch c.method {
	case http.MethodGet:
		return known, nil
	case http.MethodPatch:
		changed, err := c.patched(known, false)
		if err == nil {
			err = check(changed)
		}
		if err != nil {
			return nil, err
		}
		of[id] = changed
		return changed, nil
	case http.MethodDelete:
		if err := check(nil); err != nil {
			return nil, err
		}
		delete(of, id)
		return nil, nil
	}
	return nil, errNoSuchCall
}

// Associate gives a stage, by its ARN, a web ACL of AWS WAF, or takes it away when there is none. It reports whether there
// is such a stage.
func (s *Store) Associate(stageARN, webACL string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	stage := s.named(stageARN)
	if stage == nil || stage["stageName"] == nil {
		return false
	}
	if webACL == "" {
		delete(stage, "webAclArn")
	} else {
		stage["webAclArn"] = webACL
	}
	return true
}

// named returns the resource of an ARN, such as arn:aws:apigateway:REGION::/restapis/ID; nil where there is none.
func (s *Store) named(arn string) object {
	_, path, found := strings.Cut(arn, "::")
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if !found || len(parts) < 2 {
		return nil
	}
	of := map[string]map[string]object{"apikeys": s.keys, "usageplans": s.plans, "vpclinks": s.links}[parts[0]]
	a := s.apis[parts[1]]
	switch {
	case of != nil && len(parts) == 2:
		return of[parts[1]]
	case parts[0] == "restapis" && a != nil && len(parts) == 2:
		return a.object
	case parts[0] == "restapis" && a != nil && len(parts) == 4 && parts[2] == "stages":
		return a.stages[parts[3]]
	}
	return nil
}

// tags answers for the tags of a resource.
func (s *Store) tags(c *call, arn string) (any, error) {
	tagged := s.named(arn)
	if tagged == nil {
		return nil, notFound("Invalid resource identifier specified: %s", arn)
	}
	tags, _ := tagged["tags"].(object)
	tags = maps.Clone(tags)
	if tags == nil {
		tags = object{}
	}
	switch c.method {
	case http.MethodGet:
		return object{"tags": tags}, nil
	case http.MethodPut:
		added, _ := c.input["tags"].(object)
		maps.Copy(tags, added)
	case http.MethodDelete:
		for _, name := range c.query["tagKeys"] {
			delete(tags, name)
		}
	default:
		return nil, errNoSuchCall
	}
	tagged["tags"] = tags
	return nil, nil
}
