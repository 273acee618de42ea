package network_test

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/internal/record"
	"sallyport/network"
)

const (
	routeType      = "aws:apigatewayv2/route:Route"
	authorizerType = "aws:apigatewayv2/authorizer:Authorizer"
	permissionType = "aws:lambda/permission:Permission"
	resize         = "arn:aws:lambda:us-east-1:123456789012:function:resize"
)

// door makes a gateway with these arguments and those that it needs.
func door(t *testing.T, args network.GatewayArgs) *record.Recording {
	t.Helper()
	args.ListenerARN, args.SubnetIDs, args.SecurityGroupID = pulumi.String("arn:listener"), ids("private-", 2), pulumi.String("sg-1")
	args.Timeout, args.ThrottleBurst, args.ThrottleRate, args.Retention = 29, 7, 11, 14
	return record.MustRun(t, func(ctx *pulumi.Context) error {
		gateway, err := network.NewGateway(ctx, "door", &args)
		if err != nil {
			return err
		}
		return probe(ctx, gateway.URL)
	})
}

// byKey is the route of the API with that key.
func byKey(t *testing.T, rec *record.Recording, key string) record.Resource {
	t.Helper()
	for _, r := range rec.OfType(routeType) {
		if r.Input("routeKey") == key {
			return r
		}
	}
	t.Fatalf("no route has the key %s", key)
	return record.Resource{}
}

func TestRoutes(t *testing.T) {
	const issuer = "https://login.example.com"
	rec := door(t, network.GatewayArgs{Routes: []network.Route{
		{Path: "/api/{proxy+}", Methods: []string{"GET", "POST"}, Auth: "jwt", Issuer: issuer, Audience: []string{"web", "app"}, Scopes: []string{"read"}, ThrottleRate: 3},
		{Path: "/me", Auth: "jwt", Issuer: issuer, Audience: []string{"app", "web"}},
		{Path: "/ops", Auth: "iam"},
		{Path: "/admin/{proxy+}", Target: "deny"},
		{Path: "/img/{size}/{name}", Methods: []string{"GET"}, Target: resize + ":live"},
		{Path: "/img", Target: resize + ":live"},
	}})
	t.Run("each method is a route of its own, and the rest goes to the container as before", func(t *testing.T) {
		var keys []string
		for _, r := range rec.OfType(routeType) {
			keys = append(keys, r.Name+" "+r.Input("routeKey").(string))
		}
		want := []string{
			"door $default", "door-any-admin-proxy-711607 ANY /admin/{proxy+}", "door-any-img-9e5bd5 ANY /img", "door-any-me-4a5e2b ANY /me",
			"door-any-ops-d462a8 ANY /ops", "door-get-api-proxy-0630bb GET /api/{proxy+}", "door-get-img-size-name-31a02a GET /img/{size}/{name}",
			"door-post-api-proxy-6a6341 POST /api/{proxy+}",
		}
		if !slices.Equal(keys, want) {
			t.Errorf("%q", keys)
		}
	})
	t.Run("a route with a token asks its authorizer, and for its scopes", func(t *testing.T) {
		for _, key := range []string{"GET /api/{proxy+}", "POST /api/{proxy+}"} {
			route := byKey(t, rec, key)
			record.Equal(t, route, "authorizationType", "JWT")
			record.Equal(t, route, "authorizerId", "authorizer-"+rec.OfType(authorizerType)[0].Name)
			record.Equal(t, route, "authorizationScopes.0", "read")
			record.Equal(t, route, "target", "integrations/integration-door")
		}
		record.Equal(t, byKey(t, rec, "ANY /me"), "authorizationScopes", nil)
	})
	t.Run("one authorizer serves all routes of an issuer and an audience", func(t *testing.T) {
		authorizers := rec.OfType(authorizerType)
		if len(authorizers) != 1 {
			t.Fatalf("there are %v", authorizers)
		}
		for path, want := range map[string]any{
			"apiId": "api-door", "authorizerType": "JWT", "identitySources.0": "$request.header.Authorization", "jwtConfiguration.issuer": issuer,
			"jwtConfiguration.audiences.0": "web", "jwtConfiguration.audiences.1": "app",
		} {
			record.Equal(t, authorizers[0], path, want)
		}
		record.Equal(t, byKey(t, rec, "ANY /me"), "authorizerId", "authorizer-"+authorizers[0].Name)
	})
	t.Run("a route that denies asks for IAM, before the container", func(t *testing.T) {
		record.Equal(t, byKey(t, rec, "ANY /admin/{proxy+}"), "authorizationType", "AWS_IAM")
		record.Equal(t, byKey(t, rec, "ANY /admin/{proxy+}"), "target", "integrations/integration-door")
	})
	t.Run("a route with IAM leads to the container", func(t *testing.T) {
		record.Equal(t, byKey(t, rec, "ANY /ops"), "authorizationType", "AWS_IAM")
		record.Equal(t, byKey(t, rec, "ANY /ops"), "target", "integrations/integration-door")
	})
	t.Run("a function has one integration", func(t *testing.T) {
		integrations := rec.OfType("aws:apigatewayv2/integration:Integration")
		if len(integrations) != 2 || integrations[1].Name != "door-resize-bf0e7a" {
			t.Fatalf("there are %v", integrations)
		}
		for path, want := range map[string]any{
			"apiId": "api-door", "integrationType": "AWS_PROXY", "integrationUri": resize + ":live", "payloadFormatVersion": "2.0", "connectionType": nil,
		} {
			record.Equal(t, integrations[1], path, want)
		}
		for _, key := range []string{"GET /img/{size}/{name}", "ANY /img"} {
			record.Equal(t, byKey(t, rec, key), "target", "integrations/integration-"+integrations[1].Name)
			record.Equal(t, byKey(t, rec, key), "authorizationType", "NONE")
		}
	})
	t.Run("a function may be called by its routes of this API alone", func(t *testing.T) {
		for name, source := range map[string]string{
			"door-get-img-size-name-31a02a": "/*/GET/img/*/*", "door-any-img-9e5bd5": "/*/*/img",
		} {
			permission := rec.Get(t, permissionType, name)
			for path, want := range map[string]any{
				"action": "lambda:InvokeFunction", "function": resize, "qualifier": "live", "principal": "apigateway.amazonaws.com",
				"sourceArn": "arn:aws:execute-api:us-east-1:123456789012:door" + source,
			} {
				record.Equal(t, permission, path, want)
			}
		}
		if all := rec.OfType(permissionType); len(all) != 2 {
			t.Errorf("there are %v", all)
		}
	})
	t.Run("a throttle of a route's own is a setting of the stage, and the limit that it leaves out is the API's", func(t *testing.T) {
		stage := rec.Get(t, "aws:apigatewayv2/stage:Stage", "door")
		for i, key := range []string{"GET /api/{proxy+}", "POST /api/{proxy+}"} {
			at := []string{"routeSettings.0.", "routeSettings.1."}[i]
			record.Equal(t, stage, at+"routeKey", key)
			record.Equal(t, stage, at+"throttlingBurstLimit", 7.0)
			record.Equal(t, stage, at+"throttlingRateLimit", 3.0)
		}
		record.Equal(t, stage, "routeSettings.2", nil)
	})
	t.Run("the door opens once all routes are there, and may call their functions", func(t *testing.T) {
		for _, r := range slices.Concat(rec.OfType(routeType), rec.OfType(permissionType)) {
			waitsFor(t, rec, r.String())
			if stage := rec.Get(t, "aws:apigatewayv2/stage:Stage", "door"); !slices.Contains(stage.DependsOn, r.String()) {
				t.Errorf("the stage does not wait for %s", r)
			}
		}
	})
}

func TestAnAllowList(t *testing.T) {
	rec := door(t, network.GatewayArgs{Default: "deny", Routes: []network.Route{{Path: "/"}}})
	t.Run("no route takes what the table does not name", func(t *testing.T) {
		if routes := rec.OfType(routeType); len(routes) != 1 || routes[0].Input("routeKey") != "ANY /" {
			t.Errorf("there are %v", routes)
		}
	})
	t.Run("a table of open routes to the container needs nothing else", func(t *testing.T) {
		if n := len(rec.OfType(authorizerType)) + len(rec.OfType(permissionType)); n > 0 {
			t.Errorf("there are %d", n)
		}
		record.Equal(t, rec.Get(t, "aws:apigatewayv2/stage:Stage", "door"), "routeSettings", nil)
	})
}

func TestGatewayOptions(t *testing.T) {
	t.Run("CORS is the API's", func(t *testing.T) {
		api := door(t, network.GatewayArgs{CORS: network.CORS{
			AllowOrigins: []string{"https://www.example.com"}, AllowMethods: []string{"GET"}, AllowHeaders: []string{"x-a"}, ExposeHeaders: []string{"x-b"},
			MaxAge: -1, AllowCredentials: true,
		}}).Get(t, "aws:apigatewayv2/api:Api", "door")
		for path, want := range map[string]any{
			"allowOrigins.0": "https://www.example.com", "allowMethods.0": "GET", "allowHeaders.0": "x-a", "exposeHeaders.0": "x-b", "maxAge": -1.0, "allowCredentials": true,
		} {
			record.Equal(t, api, "corsConfiguration."+path, want)
		}
	})
	t.Run("the public host overwrites whatever a client sends under its name", func(t *testing.T) {
		rec := door(t, network.GatewayArgs{PublicHostHeader: "x-public-host"})
		record.Equal(t, rec.Get(t, "aws:apigatewayv2/integration:Integration", "door"), "requestParameters.overwrite:header", nil)
		parameters, _ := rec.Get(t, "aws:apigatewayv2/integration:Integration", "door").Inputs["requestParameters"].(map[string]any)
		if len(parameters) != 1 || parameters["overwrite:header.x-public-host"] != "$context.domainName" {
			t.Errorf("%v", parameters)
		}
	})
	t.Run("without them nothing is set", func(t *testing.T) {
		rec := door(t, network.GatewayArgs{})
		record.Equal(t, rec.Get(t, "aws:apigatewayv2/api:Api", "door"), "corsConfiguration", nil)
		record.Equal(t, rec.Get(t, "aws:apigatewayv2/integration:Integration", "door"), "requestParameters", nil)
		record.Equal(t, rec.Get(t, "aws:apigatewayv2/stage:Stage", "door"), "routeSettings", nil)
	})
	t.Run("wrong ones are refused together", func(t *testing.T) {
		record.Refused(t, func(ctx *pulumi.Context) error {
			_, err := network.NewGateway(ctx, "door", &network.GatewayArgs{
				Routes: []network.Route{{Path: "/a"}, {Path: "/a", Auth: "basic"}}, Default: "allow", CORS: network.CORS{MaxAge: 1}, PublicHostHeader: "Via",
			})
			return err
		}, "invalid Routes: route 2 (ANY /a): the auth", "takes the same ANY requests as route 1 (ANY /a)", `invalid Default "allow"`,
			"invalid CORS: allowOrigins is missing", `invalid PublicHostHeader "Via": API Gateway keeps the header for itself`)
	})
}
