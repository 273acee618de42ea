package leftovers

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scaling "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
)

// call is the answer of a call, or the end of the test.
func call[In, Out, Options any](t *testing.T, send func(context.Context, In, ...func(*Options)) (Out, error), in In) Out {
	t.Helper()
	answer, err := send(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// each makes what every service calls a tag.
func each[Tag any](tags map[string]string, make func(key, value *string) Tag) (all []Tag) {
	for key, value := range tags {
		all = append(all, make(&key, &value))
	}
	return all
}

// deployment is one resource of each kind that a stack makes: what Find should tell of them, by kind. Where there are
// two, one costs money and the other does not.
type deployment struct {
	t      *testing.T
	config aws.Config
	prefix string
	tags   map[string]string

	vpcID, groupID                string
	publicSubnet, privateSubnet   string
	natGateway, natInterface      string
	internetGateway, natAddressID string
	balancer, cluster, service    string
	taskDefinition, policy        string
	items                         []Item
}

// deploy makes all of it under a prefix and with tags, which may be none.
func deploy(t *testing.T, config aws.Config, prefix string, tags map[string]string) *deployment {
	t.Helper()
	d := &deployment{t: t, config: config, prefix: prefix, tags: tags}
	d.network()
	d.gateways()
	d.balancing()
	d.containers()
	d.repositories()
	d.table()
	d.logs()
	d.apis()
	d.restAPIs()
	d.domain()
	d.watch()
	d.keepWarm()
	d.roles()
	return d
}

// add says what Find should tell; the command's region is added to each.
func (d *deployment) add(kind, id, name, costs, why string, command ...string) {
	for i := range command {
		command[i] = "aws " + command[i] + " --region us-east-1"
	}
	d.items = append(d.items, Item{Kind: kind, ID: id, Name: name, Costs: costs, Why: why, Delete: strings.Join(command, " && ")})
}

func (d *deployment) balancing() {
	client := elb.NewFromConfig(d.config)
	tags := each(d.tags, func(k, v *string) elbtypes.Tag { return elbtypes.Tag{Key: k, Value: v} })
	balancer := call(d.t, client.CreateLoadBalancer, &elb.CreateLoadBalancerInput{Name: aws.String(d.prefix + "-1234567"),
		Scheme: elbtypes.LoadBalancerSchemeEnumInternal, Subnets: []string{d.publicSubnet, d.privateSubnet}, SecurityGroups: []string{d.groupID}, Tags: tags}).LoadBalancers[0]
	d.balancer = *balancer.LoadBalancerArn
	group := *call(d.t, client.CreateTargetGroup, &elb.CreateTargetGroupInput{Name: aws.String(d.prefix + "-1234567"), Protocol: elbtypes.ProtocolEnumHttp,
		Port: aws.Int32(3000), TargetType: elbtypes.TargetTypeEnumIp, VpcId: &d.vpcID, Tags: tags}).TargetGroups[0].TargetGroupArn
	call(d.t, client.CreateListener, &elb.CreateListenerInput{LoadBalancerArn: &d.balancer, Port: aws.Int32(80), Protocol: elbtypes.ProtocolEnumHttp, Tags: tags,
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &group}}})
	d.add("load balancer", d.balancer, d.prefix+"-1234567", "0.0225 USD an hour", "", "elbv2 delete-load-balancer --load-balancer-arn "+d.balancer)
	d.add("target group", group, d.prefix+"-1234567", "", "", "elbv2 delete-target-group --target-group-arn "+group)
}

// containers are without tasks: what moto says of one is not of the SDK's types.
func (d *deployment) containers() {
	client := ecs.NewFromConfig(d.config)
	tags := each(d.tags, func(k, v *string) ecstypes.Tag { return ecstypes.Tag{Key: k, Value: v} })
	d.cluster = *call(d.t, client.CreateCluster, &ecs.CreateClusterInput{ClusterName: aws.String(d.prefix + "-abcdef0"), Tags: tags}).Cluster.ClusterArn
	register := func() string {
		return *call(d.t, client.RegisterTaskDefinition, &ecs.RegisterTaskDefinitionInput{Family: &d.prefix, Cpu: aws.String("256"), Memory: aws.String("512"),
			Tags:                 tags,
			ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: aws.String("app"), Image: aws.String("app"), Memory: aws.Int32(512)}}}).TaskDefinition.TaskDefinitionArn
	}
	old := register()
	call(d.t, client.DeregisterTaskDefinition, &ecs.DeregisterTaskDefinitionInput{TaskDefinition: &old})
	d.taskDefinition = register()
	d.service = *call(d.t, client.CreateService, &ecs.CreateServiceInput{Cluster: &d.cluster, ServiceName: aws.String(d.prefix + "-7654321"),
		TaskDefinition: &d.taskDefinition, DesiredCount: aws.Int32(1), LaunchType: ecstypes.LaunchTypeFargate, Tags: tags}).Service.ServiceArn
	d.add("ECS service", d.service, d.prefix+"-7654321", "by its tasks", "", "ecs delete-service --force --cluster "+d.cluster+" --service "+d.service)
	d.add("ECS cluster", d.cluster, d.prefix+"-abcdef0", "", "", "ecs delete-cluster --cluster "+d.cluster)
	d.add("task definition", d.taskDefinition, d.prefix+":2", "", "", "ecs deregister-task-definition --task-definition "+d.taskDefinition)
}

func (d *deployment) repositories() {
	client := ecr.NewFromConfig(d.config)
	for _, name := range []string{d.prefix, d.prefix + "-empty"} {
		call(d.t, client.CreateRepository, &ecr.CreateRepositoryInput{RepositoryName: &name,
			Tags: each(d.tags, func(k, v *string) ecrtypes.Tag { return ecrtypes.Tag{Key: k, Value: v} })})
	}
	call(d.t, client.PutImage, &ecr.PutImageInput{RepositoryName: &d.prefix, ImageTag: aws.String("v1"), ImageManifest: aws.String(
		`{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":1,"digest":"sha256:1"},"layers":[]}`)})
	d.add("ECR repository", d.prefix, "", "0.10 USD a GB-month, for 1 image", "", "ecr delete-repository --force --repository-name "+d.prefix)
	d.add("ECR repository", d.prefix+"-empty", "", "", "", "ecr delete-repository --force --repository-name "+d.prefix+"-empty")
}

func (d *deployment) table() {
	client := dynamodb.NewFromConfig(d.config)
	name, pk := d.prefix+"-1234567", aws.String("pk")
	call(d.t, client.CreateTable, &dynamodb.CreateTableInput{TableName: &name, BillingMode: dynamodbtypes.BillingModePayPerRequest,
		AttributeDefinitions: []dynamodbtypes.AttributeDefinition{{AttributeName: pk, AttributeType: dynamodbtypes.ScalarAttributeTypeS}},
		KeySchema:            []dynamodbtypes.KeySchemaElement{{AttributeName: pk, KeyType: dynamodbtypes.KeyTypeHash}},
		Tags:                 each(d.tags, func(k, v *string) dynamodbtypes.Tag { return dynamodbtypes.Tag{Key: k, Value: v} })})
	d.add("DynamoDB table", name, "", "", "", "dynamodb delete-table --table-name "+name)
}

func (d *deployment) logs() {
	client := logs.NewFromConfig(d.config)
	for _, name := range []string{d.prefix + "-app-1234567", "/aws/vendedlogs/" + d.prefix + "-access-1234567"} {
		call(d.t, client.CreateLogGroup, &logs.CreateLogGroupInput{LogGroupName: &name, Tags: d.tags})
		d.add("log group", name, "", "", "", "logs delete-log-group --log-group-name "+name)
	}
	written := &d.items[len(d.items)-2]
	call(d.t, client.CreateLogStream, &logs.CreateLogStreamInput{LogGroupName: &written.ID, LogStreamName: aws.String("s")})
	call(d.t, client.PutLogEvents, &logs.PutLogEventsInput{LogGroupName: &written.ID, LogStreamName: aws.String("s"),
		LogEvents: []logstypes.InputLogEvent{{Timestamp: aws.Int64(time.Now().UnixMilli()), Message: aws.String(strings.Repeat("x", 1234))}}})
	written.Costs = "0.03 USD a GB-month, for 1.2 KB"
}

func (d *deployment) apis() {
	client := apigatewayv2.NewFromConfig(d.config)
	api := *call(d.t, client.CreateApi, &apigatewayv2.CreateApiInput{Name: aws.String(d.prefix + "-1234567"), ProtocolType: "HTTP", Tags: d.tags}).ApiId
	link := *call(d.t, client.CreateVpcLink, &apigatewayv2.CreateVpcLinkInput{Name: aws.String(d.prefix + "-1234567"), SubnetIds: []string{d.privateSubnet}, Tags: d.tags}).VpcLinkId
	d.add("HTTP API", api, d.prefix+"-1234567", "", "", "apigatewayv2 delete-api --api-id "+api)
	d.add("VPC link", link, d.prefix+"-1234567", "", "", "apigatewayv2 delete-vpc-link --vpc-link-id "+link)
}

func (d *deployment) restAPIs() {
	client, name := apigateway.NewFromConfig(d.config), d.prefix+"-1234567"
	api := *call(d.t, client.CreateRestApi, &apigateway.CreateRestApiInput{Name: &name, Tags: d.tags}).Id
	link := *call(d.t, client.CreateVpcLink, &apigateway.CreateVpcLinkInput{Name: &name, TargetArns: []string{d.balancer}, Tags: d.tags}).Id
	plan := *call(d.t, client.CreateUsagePlan, &apigateway.CreateUsagePlanInput{Name: &name, Tags: d.tags}).Id
	key := *call(d.t, client.CreateApiKey, &apigateway.CreateApiKeyInput{Name: &name, Tags: d.tags}).Id
	d.add("REST API", api, name, "", "", "apigateway delete-rest-api --rest-api-id "+api)
	d.add("usage plan", plan, name, "", "", "apigateway delete-usage-plan --usage-plan-id "+plan)
	d.add("API key", key, name, "", "", "apigateway delete-api-key --api-key "+key)
	d.add("VPC link", link, name, "", "", "apigateway delete-vpc-link --vpc-link-id "+link)
}

func (d *deployment) domain() {
	name := d.prefix + ".example.com"
	arn := *call(d.t, acm.NewFromConfig(d.config).RequestCertificate, &acm.RequestCertificateInput{DomainName: &name,
		Tags: each(d.tags, func(k, v *string) acmtypes.Tag { return acmtypes.Tag{Key: k, Value: v} })}).CertificateArn
	call(d.t, apigatewayv2.NewFromConfig(d.config).CreateDomainName, &apigatewayv2.CreateDomainNameInput{DomainName: &name, Tags: d.tags})
	d.add("ACM certificate", arn, name, "", "", "acm delete-certificate --certificate-arn "+arn)
	d.add("custom domain name", name, "", "", "", "apigatewayv2 delete-domain-name --domain-name "+name)
}

// watch makes a dashboard of the stack alone, since its name is all that is known of it, as is that of what keepWarm makes.
func (d *deployment) watch() {
	alarm := d.prefix + "-latency-1234567"
	call(d.t, cloudwatch.NewFromConfig(d.config).PutMetricAlarm, &cloudwatch.PutMetricAlarmInput{AlarmName: &alarm, MetricName: aws.String("Latency"), Namespace: aws.String("AWS/ApiGateway"),
		ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold, EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(1), Period: aws.Int32(60),
		Statistic: cwtypes.StatisticAverage, Tags: each(d.tags, func(k, v *string) cwtypes.Tag { return cwtypes.Tag{Key: k, Value: v} })})
	call(d.t, cloudwatch.NewFromConfig(d.config).PutDashboard, &cloudwatch.PutDashboardInput{DashboardName: &d.prefix, DashboardBody: aws.String(`{"widgets":[]}`)})
	topic := *call(d.t, sns.NewFromConfig(d.config).CreateTopic, &sns.CreateTopicInput{Name: aws.String(d.prefix + "-alarms-1234567"),
		Tags: each(d.tags, func(k, v *string) snstypes.Tag { return snstypes.Tag{Key: k, Value: v} })}).TopicArn
	d.add("CloudWatch alarm", alarm, "", "0.10 USD a month for each metric", "", "cloudwatch delete-alarms --alarm-names "+alarm)
	d.add("CloudWatch dashboard", d.prefix, "", "3 USD a month", "", "cloudwatch delete-dashboards --dashboard-names "+d.prefix)
	d.add("SNS topic", topic, d.prefix+"-alarms-1234567", "", "", "sns delete-topic --topic-arn "+topic)
}

func (d *deployment) keepWarm() {
	client, name := eventbridge.NewFromConfig(d.config), d.prefix+"-keep-warm-1234567"
	connection := *call(d.t, client.CreateConnection, &eventbridge.CreateConnectionInput{Name: &name, AuthorizationType: eventtypes.ConnectionAuthorizationTypeApiKey,
		AuthParameters: &eventtypes.CreateConnectionAuthRequestParameters{ApiKeyAuthParameters: &eventtypes.CreateConnectionApiKeyAuthRequestParameters{
			ApiKeyName: aws.String("k"), ApiKeyValue: aws.String("v")}}}).ConnectionArn
	destination := *call(d.t, client.CreateApiDestination, &eventbridge.CreateApiDestinationInput{Name: &name, ConnectionArn: &connection, HttpMethod: eventtypes.ApiDestinationHttpMethodGet,
		InvocationEndpoint: aws.String("https://example.com/")}).ApiDestinationArn
	call(d.t, client.PutRule, &eventbridge.PutRuleInput{Name: &name, ScheduleExpression: aws.String("rate(1 day)"),
		Tags: each(d.tags, func(k, v *string) eventtypes.Tag { return eventtypes.Tag{Key: k, Value: v} })})
	call(d.t, client.PutTargets, &eventbridge.PutTargetsInput{Rule: &name, Targets: []eventtypes.Target{{Id: aws.String("once"), Arn: &destination}}})
	service := "service/" + d.prefix + "-abcdef0/" + d.prefix + "-7654321"
	call(d.t, applicationautoscaling.NewFromConfig(d.config).RegisterScalableTarget, &applicationautoscaling.RegisterScalableTargetInput{ResourceId: &service,
		ServiceNamespace: scaling.ServiceNamespaceEcs, ScalableDimension: scaling.ScalableDimensionECSServiceDesiredCount, MinCapacity: aws.Int32(1), MaxCapacity: aws.Int32(2)})
	d.add("EventBridge rule", name, "", "", "", "events remove-targets --rule "+name+" --ids once", "events delete-rule --name "+name)
	d.add("EventBridge API destination", name, "", "", "", "events delete-api-destination --name "+name)
	d.add("EventBridge connection", name, "", "", "", "events delete-connection --name "+name)
	d.add("scalable target", service, "", "", "", "application-autoscaling deregister-scalable-target --service-namespace ecs --scalable-dimension ecs:service:DesiredCount --resource-id "+service)
}

func (d *deployment) roles() {
	client := iam.NewFromConfig(d.config)
	tags := each(d.tags, func(k, v *string) iamtypes.Tag { return iamtypes.Tag{Key: k, Value: v} })
	role := d.prefix + "-task-1234567"
	call(d.t, client.CreateRole, &iam.CreateRoleInput{RoleName: &role, AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[]}`), Tags: tags})
	d.policy = *call(d.t, client.CreatePolicy, &iam.CreatePolicyInput{PolicyName: &role, Tags: tags, PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`)}).Policy.Arn
	call(d.t, client.AttachRolePolicy, &iam.AttachRolePolicyInput{RoleName: &role, PolicyArn: &d.policy})
	d.add("IAM policy", d.policy, role, "", "", "iam detach-role-policy --role-name "+role+" --policy-arn "+d.policy, "iam delete-policy --policy-arn "+d.policy)
	d.add("IAM role", role, "", "", "", "iam delete-role --role-name "+role)
}

// inOrder are the items in the order that Find promises, given by hand: KIND, or KIND + " free" for those of a kind that
// can cost something and don't.
func (d *deployment) inOrder(order ...string) []Item {
	var sorted []Item
	for _, kind := range order {
		kind, free := strings.CutSuffix(kind, " free")
		var some []Item
		for _, item := range d.items {
			if item.Kind == kind && (item.Costs == "") == free {
				some = append(some, item)
			}
		}
		slices.SortFunc(some, func(a, b Item) int { return strings.Compare(a.ID, b.ID) })
		sorted = append(sorted, some...)
	}
	return sorted
}
