package dataplane

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/front"
	"sallyport/local/cloud/gateway"
	"sallyport/local/cloud/moto/mototest"
)

// backend is what the links of a test lead to, at this address.
type backend string

func (b backend) DialLink(ctx context.Context, _ string, _ int, _ *tls.Config) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "tcp", string(b))
}

type nobody struct{}

func (nobody) Drop(string, string)                         {}
func (nobody) Prune(context.Context, string, string) error { return nil }

// document is a REST API as the program has it imported: all requests go through a link, with CORS.
const document = `{
	"openapi": "3.0.1", "info": {"title": "door", "version": "1"}, "components": {},
	"x-amazon-apigateway-binary-media-types": ["*/*"],
	"paths": {
		"/": {"x-amazon-apigateway-any-method": {"responses": {}, "x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "ANY",
			"uri": "http://nlb.example/", "connectionType": "VPC_LINK", "connectionId": "%[1]s", "passthroughBehavior": "when_no_match", "timeoutInMillis": 29000}}},
		"/{proxy+}": {"x-amazon-apigateway-any-method": {"parameters": [{"name": "proxy", "in": "path", "required": true, "schema": {"type": "string"}}], "responses": {},
			"x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "ANY", "uri": "http://nlb.example/{proxy}", "connectionType": "VPC_LINK",
			"connectionId": "%[1]s", "passthroughBehavior": "when_no_match", "timeoutInMillis": 29000,
			"requestParameters": {"integration.request.path.proxy": "method.request.path.proxy"}}}}}}`

// A REST API that is declared by the AWS SDK is served from its deployment: routes, custom domain name, and what is
// imported later only once it is deployed.
func TestARESTAPI(t *testing.T) {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s at %s", r.Method, r.RequestURI, r.Host)
	}))
	defer app.Close()
	p := &Plane{Upstream: mototest.Start(t), Log: slog.New(slog.DiscardHandler)}
	defer p.Close(t.Context())
	g := &gateway.Gateway{
		Log: p.Log, Declared: p.API, Domain: p.Domain, Listeners: p.Listeners,
		Links: func(string) gateway.Links { return backend(app.Listener.Addr().String()) },
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	g.Port = listener.Addr().(*net.TCPAddr).Port
	defer g.CloseAll()
	server := httptest.NewServer(&front.Handler{
		Upstream: p.Upstream, Local: front.Local{Endpoint: g.Endpoint}, Images: nobody{}, APIs: g, DataPlane: p, Log: p.Log,
	})
	defer server.Close()
	config := must(declared.Config(func() (string, bool) { return server.Listener.Addr().String(), true }, "eu-west-1"))
	client := apigateway.NewFromConfig(config)
	ctx := t.Context()

	api := must(client.CreateRestApi(ctx, &apigateway.CreateRestApiInput{
		Name: aws.String("door-1234567"), EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{types.EndpointTypeRegional}},
	}))
	link := must(client.CreateVpcLink(ctx, &apigateway.CreateVpcLinkInput{
		Name: aws.String("door"), TargetArns: []string{"arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/door/1"},
	}))
	put := func(text string) {
		t.Helper()
		must(client.PutRestApi(ctx, &apigateway.PutRestApiInput{RestApiId: api.Id, Mode: types.PutModeOverwrite, Body: []byte(text)}))
	}
	put(fmt.Sprintf(document, *link.Id))
	deployment := must(client.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: api.Id}))
	must(client.CreateStage(ctx, &apigateway.CreateStageInput{RestApiId: api.Id, StageName: aws.String("live"), DeploymentId: deployment.Id}))

	get := func(host, path string) string {
		t.Helper()
		r, err := p.region("eu-west-1")
		if err == nil {
			err = r.settle(ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, g.Endpoint(*api.Id)+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if host != "" {
			request.Host = host
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Skip(err) // no loopback address for the API on this system
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		return fmt.Sprintf("%d %s", response.StatusCode, body)
	}
	want := func(host, path, answer string) {
		t.Helper()
		if got := get(host, path); got != answer {
			t.Errorf("%s%s: %s, want %s", host, path, got, answer)
		}
	}
	want("", "/live", "200 GET / at nlb.example")
	want("", "/live/a/b%20c?d=e", "200 GET /a/b%20c?d=e at nlb.example")
	want("", "/other/a", `403 {"message":"Forbidden"}`)

	t.Run("what is imported is served once it is deployed, and only then", func(t *testing.T) {
		put(strings.Replace(fmt.Sprintf(document, *link.Id), `"/": {`, `"/only": {`, 1))
		want("", "/live", "200 GET / at nlb.example")
		second := must(client.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: api.Id}))
		want("", "/live", "200 GET / at nlb.example")
		must(client.UpdateStage(ctx, &apigateway.UpdateStageInput{RestApiId: api.Id, StageName: aws.String("live"), PatchOperations: []types.PatchOperation{
			{Op: types.OpReplace, Path: aws.String("/deploymentId"), Value: second.Id},
		}}))
		want("", "/live", `403 {"message":"Missing Authentication Token"}`)
		must(client.DeleteDeployment(ctx, &apigateway.DeleteDeploymentInput{RestApiId: api.Id, DeploymentId: deployment.Id}))
		_, err := client.DeleteDeployment(ctx, &apigateway.DeleteDeploymentInput{RestApiId: api.Id, DeploymentId: second.Id})
		if err == nil || !strings.Contains(err.Error(), "BadRequestException: Active stages pointing to this deployment must be moved or deleted") {
			t.Errorf("a deployment that is served was deleted: %v", err)
		}
	})
	t.Run("a custom domain name leads to the stage, whose name is not in the path", func(t *testing.T) {
		v2 := apigatewayv2.NewFromConfig(config)
		must(v2.CreateDomainName(ctx, &apigatewayv2.CreateDomainNameInput{DomainName: aws.String("quiz.example.com")}))
		mapping := must(v2.CreateApiMapping(ctx, &apigatewayv2.CreateApiMappingInput{ApiId: api.Id, DomainName: aws.String("quiz.example.com"), Stage: aws.String("live")}))
		want("quiz.example.com", "/only/x", "200 GET /only/x at nlb.example")
		all := must(v2.GetApiMappings(ctx, &apigatewayv2.GetApiMappingsInput{DomainName: aws.String("quiz.example.com")}))
		one := must(v2.GetApiMapping(ctx, &apigatewayv2.GetApiMappingInput{DomainName: aws.String("quiz.example.com"), ApiMappingId: mapping.ApiMappingId}))
		if len(all.Items) != 1 || *all.Items[0].ApiMappingId != *mapping.ApiMappingId || *one.Stage != "live" || *one.ApiId != *api.Id {
			t.Errorf("the mappings are %v, the one is %v", all.Items, one)
		}
		must(v2.DeleteApiMapping(ctx, &apigatewayv2.DeleteApiMappingInput{DomainName: aws.String("quiz.example.com"), ApiMappingId: mapping.ApiMappingId}))
		want("quiz.example.com", "/only/x", `403 {"message":"Forbidden"}`)
	})
	t.Run("a stage tells its web ACL", func(t *testing.T) {
		told := func(action string, input string) string {
			t.Helper()
			call := front.Call{Service: "wafv2", Region: "eu-west-1", Action: action}
			if !p.Concerns(call) {
				t.Errorf("%s is not shown to the data plane", action)
			}
			if _, err := p.After(ctx, call, []byte(input), []byte("{}")); err != nil {
				t.Error(err)
			}
			return aws.ToString(must(client.GetStage(ctx, &apigateway.GetStageInput{RestApiId: api.Id, StageName: aws.String("live")})).WebAclArn)
		}
		resource := `"ResourceArn":"arn:aws:apigateway:eu-west-1::/restapis/` + *api.Id + `/stages/live"`
		if got := told("AssociateWebACL", `{"WebACLArn":"arn:acl",`+resource+`}`); got != "arn:acl" {
			t.Errorf("it is %q", got)
		}
		if got := told("DisassociateWebACL", `{`+resource+`}`); got != "" {
			t.Errorf("it is still %q", got)
		}
		told("AssociateWebACL", `{"WebACLArn":"arn:acl","ResourceArn":"arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/a/1"}`)
	})
	t.Run("the keys of a user pool are moto's", func(t *testing.T) {
		keys, err := p.UserPool(ctx, "eu-west-1", "eu-west-1_abc")
		if err != nil || len(keys.Keys) == 0 || !keys.Keys[0].IsPublic() {
			t.Errorf("%v %v", keys, err)
		}
	})
	t.Run("with the API its address is gone", func(t *testing.T) {
		must(client.DeleteRestApi(ctx, &apigateway.DeleteRestApiInput{RestApiId: api.Id}))
		if known := g.APIs(); len(known) != 0 {
			t.Errorf("there is still %v", known)
		}
	})
}

// must returns the result of a call that may not fail.
func must[T any](result T, err error) T {
	if err != nil {
		panic(err)
	}
	return result
}
