package gateway

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"sallyport/local/cloud/declared"
)

// The rules are of https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
// and, for the path, of https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-private.html
func TestStages(t *testing.T) {
	stages := func(names ...string) func(*declared.API) {
		return func(api *declared.API) {
			api.Stages = map[string]apitypes.Stage{}
			for _, name := range names {
				api.Stages[name] = apitypes.Stage{StageName: aws.String(name), AutoDeploy: aws.Bool(true)}
			}
			api.Routes = routes("GET /", "GET /pets")
		}
	}
	for _, c := range []struct {
		name, path string
		stages     []string
		// the path that the backend sees; empty for Not Found
		want string
	}{
		{"$default answers at the root", "/pets", []string{"$default"}, "/pets"},
		{"a named stage answers below its name, which the backend of a private integration sees", "/prod/pets", []string{"prod"}, "/prod/pets"},
		{"a named stage alone, with a slash", "/prod/", []string{"prod"}, "/prod/"},
		{"a named stage alone, without a slash", "/prod", []string{"prod"}, "/prod"},
		{"a stage that is named comes before $default", "/prod/pets", []string{"$default", "prod"}, "/prod/pets"},
		{"the first part must be all of the name", "/production/pets", []string{"prod"}, ""},
		{"without a stage for it, a path is not found", "/pets", []string{"prod"}, ""},
		{"without any stage, a path is not found", "/pets", nil, ""},
		{"$default is no first part of a path", "/$default/pets", []string{"$default"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStand(t, stages(c.stages...))
			answer := s.send("GET", c.path, "")
			if c.want == "" {
				if answer.Code != 404 || answer.Body.String() != `{"message":"Not Found"}` || answer.Header().Get("Sallyport-Explanation") == "" {
					t.Errorf("%d %s", answer.Code, answer.Body)
				}
			} else if answer.Code != 200 || s.seen.URL.EscapedPath() != c.want {
				t.Errorf("%d %s, backend saw %v", answer.Code, answer.Body, s.seen)
			}
		})
	}
	t.Run("overwrite:path with $request.path takes the stage out of the path", func(t *testing.T) {
		s := newStand(t, func(api *declared.API) {
			stages("prod")(api)
			api.Routes = routes("$default")
			i := api.Integrations["i1"]
			i.RequestParameters = map[string]string{"overwrite:path": "$request.path"}
			api.Integrations["i1"] = i
		})
		for sent, want := range map[string]string{"/prod/a%2Fb//../c/?x=%20": "/a%2Fb//../c/?x=%20", "/prod": "/"} {
			if s.send("GET", sent, ""); s.seen.URL.RequestURI() != want {
				t.Errorf("%s, want %s", s.seen.URL.RequestURI(), want)
			}
		}
	})
	t.Run("a stage that is not deployed serves nothing, and says what to do", func(t *testing.T) {
		s := newStand(t, func(api *declared.API) {
			api.Stages["$default"] = apitypes.Stage{StageName: aws.String("$default")}
		})
		want(t, s.send("GET", "/", ""), 404, `{"message":"Not Found"}`, `stage "$default" of API abc is not deployed, so it serves nothing: give it auto-deploy`)
	})
	t.Run("a stage that is named and not deployed does not leave its requests to $default", func(t *testing.T) {
		s := newStand(t, func(api *declared.API) {
			api.Stages["prod"] = apitypes.Stage{StageName: aws.String("prod")}
		})
		want(t, s.send("GET", "/prod/x", ""), 404, `{"message":"Not Found"}`, `stage "prod" of API abc is not deployed`)
		want(t, s.send("GET", "/x", ""), 200, "hello", "")
	})
	t.Run("a stage with a deployment serves", func(t *testing.T) {
		s := newStand(t, func(api *declared.API) {
			api.Stages["$default"] = apitypes.Stage{StageName: aws.String("$default"), DeploymentId: aws.String("d1")}
		})
		want(t, s.send("GET", "/", ""), 200, "hello", "")
	})
	t.Run("what is declared anew is served with the next request", func(t *testing.T) {
		s := newStand(t, nil)
		api := s.snapshot.APIs["abc"]
		want(t, s.send("GET", "/pets", ""), 200, "hello", "")
		api.Routes = routes("GET /dogs")
		s.declare(api)
		want(t, s.send("GET", "/pets", ""), 404, `{"message":"Not Found"}`, "no route of the API matches GET /pets")
	})
	t.Run("an API that is not read yet is not available, and one without its execute-api endpoint not found", func(t *testing.T) {
		s := newStand(t, func(api *declared.API) { api.DisableExecuteApiEndpoint = aws.Bool(true) })
		want(t, s.send("GET", "/", ""), 404, `{"message":"Not Found"}`, "disableExecuteApiEndpoint")
		s.snapshot = &declared.Snapshot{}
		want(t, s.send("GET", "/", ""), 503, `{"message":"Service Unavailable"}`, "is not read yet")
		s.snapshot = nil
		want(t, s.send("GET", "/", ""), 503, `{"message":"Service Unavailable"}`, "is not read yet")
	})
	t.Run("the link's subnets take turns", func(t *testing.T) {
		s := newStand(t, nil)
		link := s.snapshot.VpcLinks["link"]
		link.SubnetIds = []string{"subnet-b", "subnet-a"}
		s.snapshot.VpcLinks["link"] = link
		got := ""
		for range 4 {
			s.send("GET", "/", "")
			got += s.from.SubnetID + " "
		}
		if got != "subnet-a subnet-b subnet-a subnet-b " || s.from.GroupIDs[0] != "sg-link" {
			t.Error(got, s.from)
		}
	})
	for name, c := range map[string]struct {
		change func(*stand)
		want   string
	}{
		"a VPC link that is gone":    {func(s *stand) { delete(s.snapshot.VpcLinks, "link") }, "integration i1 goes through VPC link link, which does not exist"},
		"a VPC link that failed":     {func(s *stand) { s.snapshot.VpcLinks["link"] = apitypes.VpcLink{VpcLinkStatus: "FAILED"} }, "VPC link link of integration i1 is FAILED: it must be AVAILABLE"},
		"a VPC link without subnets": {func(s *stand) { s.snapshot.VpcLinks["link"] = apitypes.VpcLink{} }, "VPC link link of integration i1 has no subnet"},
		"a subnet that is gone":      {func(s *stand) { delete(s.snapshot.Subnets, "subnet-a") }, "VPC link link of integration i1: "},
		"a route without an integration": {func(s *stand) {
			api := s.snapshot.APIs["abc"]
			api.Routes = []apitypes.Route{{RouteKey: aws.String("$default")}}
			s.declare(api)
		}, `the route "$default" has no integration`},
		"an integration of another kind": {func(s *stand) {
			api := s.snapshot.APIs["abc"]
			api.Integrations["i1"] = apitypes.Integration{IntegrationId: aws.String("i1"), IntegrationType: "MOCK"}
		}, "integration i1 is none that the local cloud serves"},
		"a Lambda function": {func(s *stand) {
			api := s.snapshot.APIs["abc"]
			api.Integrations["i1"] = apitypes.Integration{
				IntegrationId: aws.String("i1"), IntegrationType: "AWS_PROXY", IntegrationUri: aws.String("arn:aws:lambda:eu-west-1:1:function:f"),
			}
		}, "integration i1 leads to the Lambda function arn:aws:lambda:eu-west-1:1:function:f, and the local cloud runs no Lambda functions"},
	} {
		t.Run(name+" is an error of the configuration", func(t *testing.T) {
			s := newStand(t, nil)
			c.change(s)
			want(t, s.send("GET", "/", ""), 500, `{"message":"Internal Server Error"}`, c.want)
		})
	}
}
