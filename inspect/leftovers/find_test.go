package leftovers

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go/middleware"

	"sallyport/inspect/api"
	"sallyport/inspect/stack"
)

func newStack(name, prefix string) *stack.Stack {
	return &stack.Stack{Name: name, Project: "web", Region: "us-east-1", Prefix: prefix,
		Tags: map[string]string{"project": "web", "stack": name, "managed-by": "pulumi"}}
}

// order is that of the report: what costs most first.
var order = []string{
	"NAT gateway", "load balancer", "VPC endpoint", "ECS service", "ECS task", "elastic IP address", "CloudWatch dashboard", "ECR repository", "CloudWatch alarm", "log group",
	"VPC endpoint free", "DynamoDB table free", "ECR repository free", "log group free", "custom domain name free", "ACM certificate free", "EventBridge rule free",
	"EventBridge API destination free", "EventBridge connection free", "SNS topic free", "scalable target free", "HTTP API free", "REST API free", "usage plan free", "API key free", "VPC link free", "target group free",
	"ECS cluster free", "task definition free", "flow log free", "network interface free", "security group free",
	"subnet free", "route table free", "internet gateway free", "VPC free", "IAM policy free", "IAM role free",
}

func compare(t *testing.T, got, want []Item) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(want):
			t.Errorf("%d: unexpected %+v", i, got[i])
		case i >= len(got):
			t.Errorf("%d: missing %+v", i, want[i])
		case got[i] != want[i]:
			t.Errorf("%d: it is\n%+v, not\n%+v", i, got[i], want[i])
		}
	}
}

// TestFind shows what is made of moto's answers. That AWS answers so is not shown: moto checks no permission, deletes at
// once, and makes fewer network interfaces.
func TestFind(t *testing.T) {
	config := startMoto(t)
	clients, err := api.New(t.Context(), "us-east-1", "")
	if err != nil {
		t.Fatal(err)
	}
	dev := newStack("dev", "web-dev")

	t.Run("in an empty account nothing is left", func(t *testing.T) {
		items, err := Find(t.Context(), clients, dev)
		if err != nil || len(items) != 0 {
			t.Errorf("left: %+v, %v", items, err)
		}
	})
	t.Run("what has no tags, or those of another stack or project, is not left of this one", func(t *testing.T) {
		deploy(t, config, "web-dev-none", nil)
		deploy(t, config, "web-dev-two", newStack("dev-two", "web-dev-two").Tags)
		deploy(t, config, "web-dev-other", map[string]string{"project": "other", "stack": "dev"})
		items, err := Find(t.Context(), clients, dev)
		if err != nil || len(items) != 0 {
			t.Errorf("left: %+v, %v", items, err)
		}
	})
	t.Run("of each kind it tells what is left, what costs most first", func(t *testing.T) {
		d := deploy(t, config, dev.Prefix, dev.Tags)
		d.interfaces()
		items, err := Find(t.Context(), clients, dev)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, items, d.inOrder(order...))
	})
	t.Run("a service that refuses hides nothing of the others", func(t *testing.T) {
		refused := config.Copy()
		refused.HTTPClient = &http.Client{Transport: refusing{[]string{"ecs", "ec2"}}}
		items, err := Find(t.Context(), api.NewFromConfig(refused), dev)
		if err == nil || strings.Contains(err.Error(), "iam:") || !strings.Contains(err.Error(), "ec2:DescribeVpcs") {
			t.Errorf("it says %v", err)
		}
		kinds := map[string]bool{}
		for _, item := range items {
			kinds[item.Kind] = true
		}
		if want := []string{"ACM certificate", "API key", "CloudWatch alarm", "CloudWatch dashboard", "DynamoDB table", "ECR repository",
			"EventBridge API destination", "EventBridge connection", "EventBridge rule", "HTTP API", "IAM policy", "IAM role", "REST API", "SNS topic", "VPC link",
			"custom domain name", "load balancer", "log group", "scalable target", "target group", "usage plan"}; !slices.Equal(slices.Sorted(maps.Keys(kinds)), want) {
			t.Errorf("it found %v", kinds)
		}
	})
	t.Run("a load balancer that is protected tells so, and its command takes the protection away", func(t *testing.T) {
		s := newStack("safe", "web-safe")
		d := deploy(t, config, s.Prefix, s.Tags)
		call(t, elb.NewFromConfig(config).ModifyLoadBalancerAttributes, &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: &d.balancer,
			Attributes: []elbtypes.LoadBalancerAttribute{{Key: aws.String("deletion_protection.enabled"), Value: aws.String("true")}}})
		items, err := Find(t.Context(), clients, s)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, items[1:2], []Item{{Kind: "load balancer", ID: d.balancer, Name: "web-safe-1234567", Costs: "0.0225 USD an hour", Why: "its deletion protection is on",
			Delete: "aws elbv2 modify-load-balancer-attributes --load-balancer-arn " + d.balancer + " --attributes Key=deletion_protection.enabled,Value=false --region us-east-1" +
				" && aws elbv2 delete-load-balancer --load-balancer-arn " + d.balancer + " --region us-east-1"}})
	})
	t.Run("a table that is protected tells so, and its command takes the protection away", func(t *testing.T) {
		s := newStack("data", "web-data")
		d := deploy(t, config, s.Prefix, s.Tags)
		call(t, dynamodb.NewFromConfig(config).UpdateTable, &dynamodb.UpdateTableInput{TableName: aws.String("web-data-1234567"), DeletionProtectionEnabled: aws.Bool(true)})
		items, err := Find(t.Context(), clients, s)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(items, func(i Item) bool { return i.Kind == "DynamoDB table" })
		if i < 0 || len(d.items) == 0 {
			t.Fatalf("got %+v", items)
		}
		compare(t, items[i:i+1], []Item{{Kind: "DynamoDB table", ID: "web-data-1234567", Why: "its deletion protection is on",
			Delete: "aws dynamodb update-table --table-name web-data-1234567 --no-deletion-protection-enabled --region us-east-1" +
				" && aws dynamodb delete-table --table-name web-data-1234567 --region us-east-1"}})
	})
	t.Run("the log that Container Insights writes is found without tags, that of a stack with a longer name is not", func(t *testing.T) {
		name := "/aws/ecs/containerinsights/web-insights-abcdef0/performance"
		for _, other := range []string{name, "/aws/ecs/containerinsights/web-insights-two-abcdef0/performance", "/aws/ecs/containerinsights/my-web-insights-abcdef0/performance"} {
			call(t, logs.NewFromConfig(config).CreateLogGroup, &logs.CreateLogGroupInput{LogGroupName: &other})
		}
		items, err := Find(t.Context(), clients, newStack("insights", "web-insights"))
		if err != nil {
			t.Fatal(err)
		}
		compare(t, items, []Item{{Kind: "log group", ID: name, Why: "Container Insights writes it, and neither AWS nor Pulumi deletes it",
			Delete: "aws logs delete-log-group --log-group-name " + name + " --region us-east-1"}})
	})
	t.Run("a revision that is kept for a rollback is left by choice, and that of a stack which still has it is not", func(t *testing.T) {
		s := newStack("kept", "web-kept")
		tags := each(s.Tags, func(k, v *string) ecstypes.Tag { return ecstypes.Tag{Key: k, Value: v} })
		tags = append(tags, ecstypes.Tag{Key: aws.String("kept-for"), Value: aws.String("rollback")})
		arn := *call(t, ecs.NewFromConfig(config).RegisterTaskDefinition, &ecs.RegisterTaskDefinitionInput{Family: &s.Prefix, Tags: tags,
			ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: aws.String("app"), Image: aws.String("app"), Memory: aws.Int32(512)}}}).TaskDefinition.TaskDefinitionArn
		items, err := Find(t.Context(), clients, s)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, items, []Item{{Kind: "task definition", ID: arn, Name: "web-kept:1", Kept: true,
			Why:    "ECS could have gone back to it, as alarms.rollback or app.waitForSteadyState asks",
			Delete: "aws ecs deregister-task-definition --task-definition " + arn + " --region us-east-1"}})
		s.Resources = []stack.Resource{{ID: s.Prefix, Outputs: map[string]any{"arn": arn}}}
		items, err = Find(t.Context(), clients, s)
		if err != nil || len(items) != 1 || items[0].Kept {
			t.Errorf("%+v, %v", items, err)
		}
	})
	t.Run("the role that the account's REST APIs log with is left by choice, another one of the stack is not", func(t *testing.T) {
		s := newStack("logs", "web-logs")
		client := iam.NewFromConfig(config)
		tags := each(s.Tags, func(k, v *string) iamtypes.Tag { return iamtypes.Tag{Key: k, Value: v} })
		for _, name := range []string{"web-logs-gateway-logs-1234567", "web-logs-task-1234567"} {
			call(t, client.CreateRole, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String("{}"), Tags: tags})
		}
		items, err := Find(t.Context(), clients, s)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, items, []Item{
			{Kind: "IAM role", ID: "web-logs-gateway-logs-1234567", Kept: true, Why: "other REST APIs of the account may write their logs with it",
				Delete: "aws iam delete-role --role-name web-logs-gateway-logs-1234567 --region us-east-1"},
			{Kind: "IAM role", ID: "web-logs-task-1234567", Delete: "aws iam delete-role --role-name web-logs-task-1234567 --region us-east-1"},
		})
	})
	t.Run("a cluster that was deleted is gone", func(t *testing.T) {
		s := newStack("gone", "web-gone")
		client := ecs.NewFromConfig(config)
		call(t, client.CreateCluster, &ecs.CreateClusterInput{ClusterName: aws.String("web-gone-1234567"), Tags: each(s.Tags, func(k, v *string) ecstypes.Tag { return ecstypes.Tag{Key: k, Value: v} })})
		before, err := Find(t.Context(), clients, s)
		if err != nil || len(before) != 1 {
			t.Errorf("before: %+v, %v", before, err)
		}
		call(t, client.DeleteCluster, &ecs.DeleteClusterInput{Cluster: aws.String("web-gone-1234567")})
		after, err := Find(t.Context(), clients, s)
		if err != nil || len(after) != 0 {
			t.Errorf("after: %+v, %v", after, err)
		}
	})
	t.Run("among many others each is found, with no call asking for more than AWS takes", func(t *testing.T) {
		s := newStack("many", "web-many")
		for i := range 60 { // a page of log groups holds 50, and DescribeTags takes 20
			tags := newStack("other", "").Tags
			if i == 59 {
				tags = s.Tags
			}
			name := fmt.Sprintf("web-many-%02d", i)
			call(t, logs.NewFromConfig(config).CreateLogGroup, &logs.CreateLogGroupInput{LogGroupName: &name, Tags: tags})
			call(t, elb.NewFromConfig(config).CreateTargetGroup, &elb.CreateTargetGroupInput{Name: &name,
				Tags: each(tags, func(k, v *string) elbtypes.Tag { return elbtypes.Tag{Key: k, Value: v} }), TargetType: elbtypes.TargetTypeEnumLambda})
		}
		watched := config.Copy()
		watched.APIOptions = append(watched.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("AtMost20", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				if tags, ok := in.Parameters.(*elb.DescribeTagsInput); ok && len(tags.ResourceArns) > 20 {
					t.Errorf("the tags of %d were asked for at once", len(tags.ResourceArns))
				}
				return next.HandleInitialize(ctx, in)
			}), middleware.Before)
		})
		items, err := Find(t.Context(), api.NewFromConfig(watched), s)
		if err != nil || len(items) != 2 || items[0].ID != "web-many-59" || items[1].Name != "web-many-59" {
			t.Errorf("it found %+v, %v", items, err)
		}
	})
}
