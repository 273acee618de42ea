package network

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigateway"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// newKeys makes the API keys, each with a usage plan of its own, so that one caller's limits are not another's. Limits of a
// plan are a target and no hard bound: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
func (c *RestAPI) newKeys(ctx *pulumi.Context, name string, args *RestAPIArgs, api *apigateway.RestApi, stage *apigateway.Stage) error {
	values := pulumi.StringMap{}
	for _, of := range slices.Sorted(maps.Keys(args.APIKeys)) {
		limits, child := args.APIKeys[of], name+"-"+of
		key, err := apigateway.NewApiKey(ctx, child, &apigateway.ApiKeyArgs{}, pulumi.Parent(c), pulumi.AdditionalSecretOutputs([]string{"value"}))
		if err != nil {
			return fmt.Errorf("API key %s: %w", of, err)
		}
		planArgs := &apigateway.UsagePlanArgs{
			ApiStages: apigateway.UsagePlanApiStageArray{&apigateway.UsagePlanApiStageArgs{
				ApiId: api.ID().ToStringOutput(), Stage: stage.StageName,
			}},
		}
		if limits.Rate > 0 || limits.Burst > 0 {
			planArgs.ThrottleSettings = &apigateway.UsagePlanThrottleSettingsArgs{
				BurstLimit: pulumi.Int(cmp.Or(limits.Burst, args.ThrottleBurst)),
				RateLimit:  pulumi.Float64(cmp.Or(limits.Rate, args.ThrottleRate)),
			}
		}
		if limits.Quota > 0 {
			planArgs.QuotaSettings = &apigateway.UsagePlanQuotaSettingsArgs{Limit: pulumi.Int(limits.Quota), Period: pulumi.String(limits.Period)}
		}
		plan, err := apigateway.NewUsagePlan(ctx, child, planArgs, pulumi.Parent(c))
		if err != nil {
			return fmt.Errorf("usage plan %s: %w", of, err)
		}
		member, err := apigateway.NewUsagePlanKey(ctx, child, &apigateway.UsagePlanKeyArgs{
			KeyId: key.ID(), KeyType: pulumi.String("API_KEY"), UsagePlanId: plan.ID(),
		}, pulumi.Parent(c))
		if err != nil {
			return fmt.Errorf("API key %s in its usage plan: %w", of, err)
		}
		values[of] = pulumi.OutputWithDependencies(ctx.Context(), key.Value, member).(pulumi.StringOutput)
	}
	c.APIKeys = pulumi.ToSecret(values.ToStringMapOutput()).(pulumi.StringMapOutput)
	return nil
}
