package network_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/internal/record"
	"sallyport/network"
)

const (
	restAPI        = "aws:apigateway/restApi:RestApi"
	restDeployment = "aws:apigateway/deployment:Deployment"
	restStage      = "aws:apigateway/stage:Stage"
	restSettings   = "aws:apigateway/methodSettings:MethodSettings"
	usersPool      = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbC123"
	checker        = "arn:aws:lambda:us-east-1:123456789012:function:checker"
)

// restDoor makes a REST API with arguments that need nothing, changed.
func restDoor(t *testing.T, change func(*network.RestAPIArgs)) *record.Recording {
	t.Helper()
	return record.MustRun(t, func(ctx *pulumi.Context) error {
		args := restArgs()
		change(args)
		api, err := network.NewRestAPI(ctx, "door", args)
		if err != nil {
			return err
		}
		ctx.Export("keys", api.APIKeys)
		ctx.Export("url", api.URL)
		return probe(ctx, api.URL)
	})
}

func restArgs() *network.RestAPIArgs {
	return &network.RestAPIArgs{
		LoadBalancerARN: pulumi.String("arn:nlb"), LoadBalancerDNSName: pulumi.String("nlb.example"), ListenerPort: 80,
		Timeout: 29, ThrottleBurst: 7, ThrottleRate: 11, Retention: 14, Region: "us-east-1", LogsRole: "existing",
	}
}

// document is the API that AWS imports.
func document(t *testing.T, rec *record.Recording) map[string]any {
	t.Helper()
	body, _ := rec.Get(t, restAPI, "door").Input("body").(string)
	var made map[string]any
	if err := json.Unmarshal([]byte(body), &made); err != nil {
		t.Fatalf("the body is %q: %v", body, err)
	}
	return made
}

// holds checks what stands at a path such as "paths|/a|get": its JSON, or "" where there is nothing.
func holds(t *testing.T, document map[string]any, path, want string) {
	t.Helper()
	var at any = document
	for step := range strings.SplitSeq(path, "|") {
		object, _ := at.(map[string]any)
		at = object[step]
	}
	got := ""
	if at != nil {
		var text strings.Builder
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(at); err != nil {
			t.Fatal(err)
		}
		got = strings.TrimSpace(text.String())
	}
	if got != want {
		t.Errorf("%s is\n%s\nwant\n%s", path, got, want)
	}
}

const (
	integrationOf = "|x-amazon-apigateway-integration"
	anyOf         = "|x-amazon-apigateway-any-method"
)

func TestRestAPI(t *testing.T) {
	rec := restDoor(t, func(a *network.RestAPIArgs) {
		a.LogsRole, a.LogsRoleARN, a.WebACLARN, a.Protected, a.Tracing = "create", pulumi.String("arn:role"), "arn:acl", true, true
	})
	made := document(t, rec)
	t.Run("it is regional, at an address of its own, and protected", func(t *testing.T) {
		api := rec.Get(t, restAPI, "door")
		record.Equal(t, api, "endpointConfiguration.types", "REGIONAL")
		record.Equal(t, api, "disableExecuteApiEndpoint", false)
		if !api.Protect || rec.Exports["url"] != "https://restapi-door.execute-api.us-east-1.amazonaws.com/live" {
			t.Errorf("protected %t, at %v", api.Protect, rec.Exports["url"])
		}
	})
	t.Run("it takes payloads as they are", func(t *testing.T) {
		holds(t, made, "x-amazon-apigateway-binary-media-types", `["*/*"]`)
	})
	t.Run("all requests go through a link to the balancer, with their path and without the stage's name", func(t *testing.T) {
		record.Equal(t, rec.Get(t, "aws:apigateway/vpcLink:VpcLink", "door"), "targetArn", "arn:nlb")
		holds(t, made, "paths|/"+anyOf+integrationOf, `{"connectionId":"vpclink-door","connectionType":"VPC_LINK","httpMethod":"ANY","passthroughBehavior":"when_no_match","timeoutInMillis":29000,"type":"http_proxy","uri":"http://nlb.example/"}`)
		holds(t, made, "paths|/{proxy+}"+anyOf+integrationOf+"|uri", `"http://nlb.example/{proxy}"`)
		holds(t, made, "paths|/{proxy+}"+anyOf+integrationOf+"|requestParameters", `{"integration.request.path.proxy":"method.request.path.proxy"}`)
		holds(t, made, "paths|/{proxy+}"+anyOf+"|parameters", `[{"in":"path","name":"proxy","required":true,"schema":{"type":"string"}}]`)
		holds(t, made, "paths|/"+anyOf+"|security", "")
	})
	t.Run("the stage serves the deployment, logs and traces", func(t *testing.T) {
		stage := rec.Get(t, restStage, "door")
		for path, want := range map[string]any{
			"stageName": "live", "deployment": "deployment-door", "restApi": "restapi-door", "xrayTracingEnabled": true,
			"accessLogSettings.destinationArn": "arn:aws:LogGroup:us-east-1:123456789012:door-access",
		} {
			record.Equal(t, stage, path, want)
		}
	})
	t.Run("the access log has the same keys as an HTTP API's", func(t *testing.T) {
		keys := func(format any) (keys []string) {
			var line map[string]string
			if err := json.Unmarshal([]byte(format.(string)), &line); err != nil {
				t.Fatal(err)
			}
			for key := range line {
				keys = append(keys, key)
			}
			slices.Sort(keys)
			return keys
		}
		rest := rec.Get(t, restStage, "door").Input("accessLogSettings.format")
		http := door(t, network.GatewayArgs{}).Get(t, "aws:apigatewayv2/stage:Stage", "door").Input("accessLogSettings.format")
		if !slices.Equal(keys(rest), keys(http)) || !strings.Contains(rest.(string), `"route":"$context.httpMethod $context.resourcePath"`) {
			t.Errorf("%v and %v", rest, http)
		}
	})
	t.Run("the account's role for logs comes before the stage, and stays", func(t *testing.T) {
		account := rec.Get(t, "aws:apigateway/account:Account", "door")
		record.Equal(t, account, "cloudwatchRoleArn", "arn:role")
		if stage := rec.Get(t, restStage, "door"); !account.RetainOnDelete || !slices.Contains(stage.DependsOn, account.String()) {
			t.Errorf("retained %t, and the stage waits for %v", account.RetainOnDelete, stage.DependsOn)
		}
	})
	t.Run("methods are throttled and counted, and nothing but the access log is logged", func(t *testing.T) {
		settings := rec.Get(t, restSettings, "door")
		for path, want := range map[string]any{
			"methodPath": "*/*", "settings.throttlingBurstLimit": 7.0, "settings.throttlingRateLimit": 11.0,
			"settings.metricsEnabled": true, "settings.loggingLevel": "OFF", "settings.dataTraceEnabled": false,
		} {
			record.Equal(t, settings, path, want)
		}
	})
	t.Run("the web ACL looks at the stage before the door opens", func(t *testing.T) {
		const association = "aws:wafv2/webAclAssociation:WebAclAssociation"
		record.Equal(t, rec.Get(t, association, "door"), "resourceArn", "arn:aws:Stage:us-east-1:123456789012:door")
		for _, r := range []string{association, restStage, restSettings, "aws:apigateway/account:Account"} {
			waitsFor(t, rec, r+"::door")
		}
	})
	t.Run("the link goes after all that names it", func(t *testing.T) {
		for _, typ := range []string{restAPI, restDeployment} {
			if r := rec.Get(t, typ, "door"); !slices.Contains(r.DependsOn, "aws:apigateway/vpcLink:VpcLink::door") {
				t.Errorf("%s waits for %v", r, r.DependsOn)
			}
		}
	})
	t.Run("a preview registers the same, and knows neither the document nor what it would change", func(t *testing.T) {
		preview, err := record.Run(func(ctx *pulumi.Context) error {
			_, err := network.NewRestAPI(ctx, "door", restArgs())
			return err
		}, record.Options{Preview: true})
		if err != nil {
			t.Fatal(err)
		}
		record.Equal(t, preview.Get(t, restAPI, "door"), "body", record.Unknown{})
		record.Equal(t, preview.Get(t, restDeployment, "door"), "triggers.document", record.Unknown{})
	})
	t.Run("with the account's own role there is nothing to make", func(t *testing.T) {
		if accounts := restDoor(t, func(*network.RestAPIArgs) {}).OfType("aws:apigateway/account:Account"); len(accounts) > 0 {
			t.Errorf("there are %v", accounts)
		}
	})
	t.Run("a route that asks for a key needs one", func(t *testing.T) {
		record.Refused(t, func(ctx *pulumi.Context) error {
			args := restArgs()
			args.Routes = []network.Route{{Path: "/a", Auth: "key"}}
			_, err := network.NewRestAPI(ctx, "door", args)
			return err
		}, "missing APIKeys: a route asks for a key, and there is none")
	})
	t.Run("wrong arguments are refused together", func(t *testing.T) {
		record.Refused(t, func(ctx *pulumi.Context) error {
			_, err := network.NewRestAPI(ctx, "door", &network.RestAPIArgs{
				Timeout: 30, Routes: []network.Route{{Path: "/a", Auth: "key"}, {Path: "/b", Auth: "jwt"}, {Path: "/c", Methods: []string{"OPTIONS"}}}, Default: "allow", APIKeys: map[string]network.APIKey{"a": {Rate: -1}},
				CORS: network.CORS{AllowOrigins: []string{`https://a"b`}, AllowHeaders: []string{"x'"}}, PublicHostHeader: "Via", LogsRoleARN: pulumi.String("arn:role"), LogsRole: "existing",
			})
			return err
		}, "REST API door: ", "missing LoadBalancerARN, LoadBalancerDNSName or Region", "invalid ListenerPort 0", "invalid Timeout 30: must be 1 to 29 seconds",
			"invalid ThrottleBurst 0", "invalid Retention 0", "LogsRoleARN goes with LogsRole create", `invalid Default "allow"`, `invalid Routes: route 2 (ANY /b): the auth "jwt"`,
			"invalid APIKeys: a: the rate is -1", `the origin "https://a\"b" has characters`, `the header "x'" has a quote`, "route 3 (OPTIONS /c) takes OPTIONS", `invalid PublicHostHeader "Via"`)
	})
}

func TestRestRoutes(t *testing.T) {
	rec := restDoor(t, func(a *network.RestAPIArgs) {
		a.APIKeys = map[string]network.APIKey{"app": {Rate: 3, Quota: 100, Period: "DAY"}, "free": {}}
		a.Routes = []network.Route{
			{Path: "/a/{id}", Methods: []string{"GET"}, Auth: "cognito", UserPools: []string{usersPool}, Scopes: []string{"read"}, ThrottleRate: 2},
			{Path: "/b", Auth: "lambda", AuthorizerARN: checker + ":live"}, {Path: "/ops", Auth: "iam"}, {Path: "/partner", Auth: "key", ThrottleBurst: 5},
			{Path: "/admin/{proxy+}", Target: "deny"}, {Path: "/img/{name}", Methods: []string{"GET"}, Target: resize + ":live"},
		}
	})
	made := document(t, rec)
	t.Run("an authorizer is told by what a route asks, and a method asks it", func(t *testing.T) {
		const cognito, function = "authorizer-cognito-7c1a26", "authorizer-lambda-d202f8"
		holds(t, made, "components|securitySchemes|"+cognito, `{"in":"header","name":"Authorization","type":"apiKey","x-amazon-apigateway-authorizer":{"providerARNs":["`+usersPool+`"],"type":"cognito_user_pools"},"x-amazon-apigateway-authtype":"cognito_user_pools"}`)
		holds(t, made, "paths|/a/{id}|get|security", `[{"`+cognito+`":["read"]}]`)
		holds(t, made, "components|securitySchemes|"+function, `{"in":"header","name":"Authorization","type":"apiKey","x-amazon-apigateway-authorizer":{"authorizerUri":"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/`+checker+`:live/invocations","type":"token"},"x-amazon-apigateway-authtype":"custom"}`)
		holds(t, made, "paths|/b"+anyOf+"|security", `[{"`+function+`":[]}]`)
	})
	t.Run("IAM and keys are schemes without an authorizer", func(t *testing.T) {
		holds(t, made, "components|securitySchemes|sigv4", `{"in":"header","name":"Authorization","type":"apiKey","x-amazon-apigateway-authtype":"awsSigv4"}`)
		holds(t, made, "paths|/ops"+anyOf+"|security", `[{"sigv4":[]}]`)
		holds(t, made, "components|securitySchemes|api_key", `{"in":"header","name":"x-api-key","type":"apiKey"}`)
		holds(t, made, "paths|/partner"+anyOf+"|security", `[{"api_key":[]}]`)
	})
	t.Run("the methods that a route leaves out go where they would go without it", func(t *testing.T) {
		holds(t, made, "paths|/a/{id}"+anyOf+integrationOf+"|uri", `"http://nlb.example/a/{id}"`)
		holds(t, made, "paths|/a/{id}"+anyOf+"|security", "")
	})
	t.Run("a route that denies asks for IAM, and leads nowhere", func(t *testing.T) {
		holds(t, made, "paths|/admin/{proxy+}"+anyOf+"|security", `[{"sigv4":[]}]`)
		holds(t, made, "paths|/admin/{proxy+}"+anyOf+integrationOf, `{"contentHandling":"CONVERT_TO_TEXT","passthroughBehavior":"when_no_match","requestTemplates":{"application/json":"{\"statusCode\":403}"},"responses":{"default":{"responseTemplates":{"application/json":"{\"message\":\"Forbidden\"}"},"statusCode":"403"}},"type":"mock"}`)
	})
	t.Run("a function is called as it is on AWS, and by its methods of this API alone", func(t *testing.T) {
		holds(t, made, "paths|/img/{name}|get"+integrationOf, `{"httpMethod":"POST","passthroughBehavior":"when_no_match","timeoutInMillis":29000,"type":"aws_proxy","uri":"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/`+resize+`:live/invocations"}`)
		sources := map[any]any{}
		for _, p := range rec.OfType(permissionType) {
			sources[p.Input("function")] = p.Input("sourceArn")
			record.Equal(t, p, "qualifier", "live")
			if stage := rec.Get(t, restStage, "door"); !slices.Contains(stage.DependsOn, p.String()) {
				t.Errorf("the stage does not wait for %s", p)
			}
		}
		const arn = "arn:aws:execute-api:us-east-1:123456789012:door/"
		if len(sources) != 2 || sources[resize] != arn+"*/GET/img/*" || sources[checker] != arn+"authorizers/*" {
			t.Errorf("%v", sources)
		}
	})
	t.Run("a throttle of a route's own is set for each of its methods, and the limit that it leaves out is the API's", func(t *testing.T) {
		got := map[string][2]any{}
		for _, s := range rec.OfType(restSettings) {
			got[s.Input("methodPath").(string)] = [2]any{s.Input("settings.throttlingBurstLimit"), s.Input("settings.throttlingRateLimit")}
		}
		if len(got) != 1+1+7 || got["~1a~1{id}/GET"] != [2]any{7.0, 2.0} || got["~1partner/PUT"] != [2]any{5.0, 11.0} {
			t.Errorf("%v", got)
		}
	})
	t.Run("a key has a plan of its own, and its value is a secret", func(t *testing.T) {
		plan := rec.Get(t, "aws:apigateway/usagePlan:UsagePlan", "door-app")
		for path, want := range map[string]any{
			"apiStages.0.apiId": "restapi-door", "apiStages.0.stage": "live", "throttleSettings.rateLimit": 3.0, "throttleSettings.burstLimit": 7.0,
			"quotaSettings.limit": 100.0, "quotaSettings.period": "DAY",
		} {
			record.Equal(t, plan, path, want)
		}
		record.Equal(t, rec.Get(t, "aws:apigateway/usagePlan:UsagePlan", "door-free"), "throttleSettings", nil)
		record.Equal(t, rec.Get(t, "aws:apigateway/usagePlanKey:UsagePlanKey", "door-app"), "keyId", "apikey-door-app")
		keys, _ := rec.Exports["keys"].(record.Secret)
		if values, _ := keys.Value.(map[string]any); len(values) != 2 || values["app"] != "value-of-door-app" {
			t.Errorf("%v", rec.Exports["keys"])
		}
	})
	t.Run("an allow-list has nothing else", func(t *testing.T) {
		made := document(t, restDoor(t, func(a *network.RestAPIArgs) { a.Default, a.Routes = "deny", []network.Route{{Path: "/a/b"}} }))
		paths, _ := made["paths"].(map[string]any)
		if len(paths) != 1 || paths["/a/b"] == nil {
			t.Errorf("%v", paths)
		}
	})
}

func TestRestHeadersAndAddresses(t *testing.T) {
	t.Run("headers of the gateway's own overwrite a client's", func(t *testing.T) {
		made := document(t, restDoor(t, func(a *network.RestAPIArgs) { a.PublicHostHeader, a.ClientIPHeader = "x-public-host", "x-client-ip" }))
		holds(t, made, "paths|/|x-amazon-apigateway-any-method"+integrationOf+"|requestParameters",
			`{"integration.request.header.x-client-ip":"context.identity.sourceIp","integration.request.header.x-public-host":"context.domainName"}`)
	})
	t.Run("a listener with a certificate is asked by its name", func(t *testing.T) {
		made := document(t, restDoor(t, func(a *network.RestAPIArgs) { a.ServerName, a.ListenerPort = "inside.example.com", 443 }))
		holds(t, made, "paths|/{proxy+}|x-amazon-apigateway-any-method"+integrationOf+"|uri", `"https://inside.example.com/{proxy}"`)
	})
	t.Run("another port is named", func(t *testing.T) {
		made := document(t, restDoor(t, func(a *network.RestAPIArgs) { a.ListenerPort = 8080 }))
		holds(t, made, "paths|/|x-amazon-apigateway-any-method"+integrationOf+"|uri", `"http://nlb.example:8080/"`)
	})
	t.Run("a domain name leads to the stage, and is the only way in", func(t *testing.T) {
		rec := restDoor(t, func(a *network.RestAPIArgs) { a.DomainName = pulumi.String("shop.example.com") })
		record.Equal(t, rec.Get(t, restAPI, "door"), "disableExecuteApiEndpoint", true)
		for path, want := range map[string]any{"domainName": "shop.example.com", "stage": "live", "apiMappingKey": nil} {
			record.Equal(t, rec.Get(t, "aws:apigatewayv2/apiMapping:ApiMapping", "door"), path, want)
		}
	})
}
