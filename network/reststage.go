package network

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigateway"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/internal/httpapi"
)

// newStage makes the deployment, the stage that serves it, and the settings of its methods; it returns with the stage
// what must be there before the door opens.
func (c *RestAPI) newStage(ctx *pulumi.Context, name string, args *RestAPIArgs, api *apigateway.RestApi, document pulumi.StringOutput, before []pulumi.Resource) (*apigateway.Stage, []pulumi.Resource, error) {
	deployment, err := apigateway.NewDeployment(ctx, name, &apigateway.DeploymentArgs{
		RestApi:  api.ID(),
		Triggers: pulumi.StringMap{"document": fingerprint(document, args.DomainName != nil)},
	}, pulumi.Parent(c))
	if err != nil {
		return nil, nil, fmt.Errorf("deployment: %w", err)
	}
	format, err := accessLogFormat("$context.httpMethod $context.resourcePath")
	if err != nil {
		return nil, nil, fmt.Errorf("access log format: %w", err)
	}
	log, err := cloudwatch.NewLogGroup(ctx, name+"-access", &cloudwatch.LogGroupArgs{
		NamePrefix:      pulumi.Sprintf("/aws/vendedlogs/%s-access-", name),
		RetentionInDays: pulumi.Int(args.Retention),
	}, pulumi.Parent(c), pulumi.Protect(args.Protected))
	if err != nil {
		return nil, nil, fmt.Errorf("access log: %w", err)
	}
	if args.LogsRole == LogsRoleCreate {
		// Without the role AWS refuses a stage with a log. Other APIs of the account may rely on it by the time this one goes.
		// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
		account, err := apigateway.NewAccount(ctx, name, &apigateway.AccountArgs{
			CloudwatchRoleArn: args.LogsRoleARN.ToStringOutput().ToStringPtrOutput(),
		}, pulumi.Parent(c), pulumi.RetainOnDelete(true))
		if err != nil {
			return nil, nil, fmt.Errorf("the account's role for logs: %w", err)
		}
		before = append(before, account)
	}
	stage, err := apigateway.NewStage(ctx, name, &apigateway.StageArgs{
		RestApi:            api.ID(),
		Deployment:         deployment.ID(),
		StageName:          pulumi.String(httpapi.Stage),
		AccessLogSettings:  &apigateway.StageAccessLogSettingsArgs{DestinationArn: log.Arn, Format: pulumi.String(format)},
		XrayTracingEnabled: pulumi.Bool(args.Tracing),
	}, pulumi.Parent(c), pulumi.DependsOn(before))
	if err != nil {
		return nil, nil, err
	}
	ready := append(slices.Clone(before), stage)
	settings, err := c.newMethodSettings(ctx, name, args, api, stage)
	if err != nil {
		return nil, nil, fmt.Errorf("settings of the methods: %w", err)
	}
	ready = append(ready, settings...)
	if args.WebACLARN != "" {
		// As with a load balancer, deleting the old association last would take the new web ACL with it.
		association, err := newWebACLAssociation(ctx, name, args.WebACLARN, stage.Arn, pulumi.Parent(c), pulumi.DeleteBeforeReplace(true))
		if err != nil {
			return nil, nil, fmt.Errorf("web ACL: %w", err)
		}
		ready = append(ready, association)
	}
	return stage, ready, nil
}

// fingerprint changes with what takes a new deployment to have an effect, and with nothing else.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/updating-api.html
func fingerprint(document pulumi.StringOutput, endpointDisabled bool) pulumi.StringOutput {
	return document.ApplyT(func(text string) string {
		return fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%s %t", text, endpointDisabled)))
	}).(pulumi.StringOutput)
}

// newMethodSettings sets the throttles of all methods and of those that have their own, and has them counted. What API
// Gateway can log of a request beyond the access log has its headers and payload in it, so that is off.
func (c *RestAPI) newMethodSettings(ctx *pulumi.Context, name string, args *RestAPIArgs, api *apigateway.RestApi, stage *apigateway.Stage) ([]pulumi.Resource, error) {
	var made []pulumi.Resource
	set := func(child, path string, burst, rate int) error {
		settings, err := apigateway.NewMethodSettings(ctx, child, &apigateway.MethodSettingsArgs{
			RestApi:    api.ID(),
			StageName:  stage.StageName,
			MethodPath: pulumi.String(path),
			Settings: &apigateway.MethodSettingsSettingsArgs{
				MetricsEnabled:       pulumi.Bool(true),
				LoggingLevel:         pulumi.String("OFF"),
				DataTraceEnabled:     pulumi.Bool(false),
				ThrottlingBurstLimit: pulumi.Int(burst),
				ThrottlingRateLimit:  pulumi.Float64(rate),
			},
		}, pulumi.Parent(c))
		made = append(made, settings)
		return err
	}
	if err := set(name, "*/*", args.ThrottleBurst, args.ThrottleRate); err != nil {
		return nil, err
	}
	for _, m := range throttled(args.Routes, args.Default) {
		// One limit alone would make the other zero, which lets nothing through.
		burst, rate := cmp.Or(m.Route.ThrottleBurst, args.ThrottleBurst), cmp.Or(m.Route.ThrottleRate, args.ThrottleRate)
		path := strings.ReplaceAll(m.Path, "/", "~1") + "/" + m.Name
		if err := set(childName(name, "", m.Name+" "+m.Path), path, burst, rate); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// throttled are the methods with limits of their own. API Gateway has no settings for ANY, so such a method has a limit for
// each HTTP method that it takes.
func throttled(routes []Route, fallback string) []httpapi.Method {
	named := map[string]bool{}
	all := httpapi.RESTMethods(routes, fallback)
	for _, m := range all {
		named[m.Name+" "+m.Path] = true
	}
	var made []httpapi.Method
	for _, m := range all {
		switch {
		case !m.Route.Throttled():
		case m.Name != anyMethod:
			made = append(made, m)
		default:
			for _, name := range httpapi.Methods {
				if !named[name+" "+m.Path] {
					made = append(made, httpapi.Method{Path: m.Path, Name: name, Route: m.Route})
				}
			}
		}
	}
	return made
}
