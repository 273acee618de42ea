package awsprovider

import (
	"fmt"
	"sort"
	"strings"
)

// resources maps the type tokens of pulumi-aws to the Terraform types that they wrap. pulumi-aws keeps this
// table by hand as well: its modules do not follow from Terraform's names.
var resources = map[string]string{
	"aws:acm/certificate:Certificate":                                           "aws_acm_certificate",
	"aws:acm/certificateValidation:CertificateValidation":                       "aws_acm_certificate_validation",
	"aws:apigateway/account:Account":                                            "aws_api_gateway_account",
	"aws:apigateway/apiKey:ApiKey":                                              "aws_api_gateway_api_key",
	"aws:apigateway/deployment:Deployment":                                      "aws_api_gateway_deployment",
	"aws:apigateway/methodSettings:MethodSettings":                              "aws_api_gateway_method_settings",
	"aws:apigateway/restApi:RestApi":                                            "aws_api_gateway_rest_api",
	"aws:apigateway/stage:Stage":                                                "aws_api_gateway_stage",
	"aws:apigateway/usagePlan:UsagePlan":                                        "aws_api_gateway_usage_plan",
	"aws:apigateway/usagePlanKey:UsagePlanKey":                                  "aws_api_gateway_usage_plan_key",
	"aws:apigateway/vpcLink:VpcLink":                                            "aws_api_gateway_vpc_link",
	"aws:apigatewayv2/apiMapping:ApiMapping":                                    "aws_apigatewayv2_api_mapping",
	"aws:apigatewayv2/domainName:DomainName":                                    "aws_apigatewayv2_domain_name",
	"aws:apigatewayv2/api:Api":                                                  "aws_apigatewayv2_api",
	"aws:apigatewayv2/authorizer:Authorizer":                                    "aws_apigatewayv2_authorizer",
	"aws:apigatewayv2/integration:Integration":                                  "aws_apigatewayv2_integration",
	"aws:apigatewayv2/route:Route":                                              "aws_apigatewayv2_route",
	"aws:apigatewayv2/stage:Stage":                                              "aws_apigatewayv2_stage",
	"aws:apigatewayv2/vpcLink:VpcLink":                                          "aws_apigatewayv2_vpc_link",
	"aws:appautoscaling/policy:Policy":                                          "aws_appautoscaling_policy",
	"aws:appautoscaling/scheduledAction:ScheduledAction":                        "aws_appautoscaling_scheduled_action",
	"aws:appautoscaling/target:Target":                                          "aws_appautoscaling_target",
	"aws:cloudwatch/dashboard:Dashboard":                                        "aws_cloudwatch_dashboard",
	"aws:cloudwatch/eventApiDestination:EventApiDestination":                    "aws_cloudwatch_event_api_destination",
	"aws:cloudwatch/eventConnection:EventConnection":                            "aws_cloudwatch_event_connection",
	"aws:cloudwatch/eventRule:EventRule":                                        "aws_cloudwatch_event_rule",
	"aws:cloudwatch/eventTarget:EventTarget":                                    "aws_cloudwatch_event_target",
	"aws:cloudwatch/logGroup:LogGroup":                                          "aws_cloudwatch_log_group",
	"aws:cloudwatch/metricAlarm:MetricAlarm":                                    "aws_cloudwatch_metric_alarm",
	"aws:dynamodb/table:Table":                                                  "aws_dynamodb_table",
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup":                         "aws_default_security_group",
	"aws:ec2/eip:Eip":                                                           "aws_eip",
	"aws:ec2/flowLog:FlowLog":                                                   "aws_flow_log",
	"aws:ec2/internetGateway:InternetGateway":                                   "aws_internet_gateway",
	"aws:ec2/natGateway:NatGateway":                                             "aws_nat_gateway",
	"aws:ec2/route:Route":                                                       "aws_route",
	"aws:ec2/routeTable:RouteTable":                                             "aws_route_table",
	"aws:ec2/routeTableAssociation:RouteTableAssociation":                       "aws_route_table_association",
	"aws:ec2/securityGroup:SecurityGroup":                                       "aws_security_group",
	"aws:ec2/subnet:Subnet":                                                     "aws_subnet",
	"aws:ec2/vpc:Vpc":                                                           "aws_vpc",
	"aws:ec2/vpcEndpoint:VpcEndpoint":                                           "aws_vpc_endpoint",
	"aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation": "aws_vpc_endpoint_route_table_association",
	"aws:ecr/lifecyclePolicy:LifecyclePolicy":                                   "aws_ecr_lifecycle_policy",
	"aws:ecr/repository:Repository":                                             "aws_ecr_repository",
	"aws:ecs/cluster:Cluster":                                                   "aws_ecs_cluster",
	"aws:ecs/clusterCapacityProviders:ClusterCapacityProviders":                 "aws_ecs_cluster_capacity_providers",
	"aws:ecs/service:Service":                                                   "aws_ecs_service",
	"aws:ecs/taskDefinition:TaskDefinition":                                     "aws_ecs_task_definition",
	"aws:iam/policy:Policy":                                                     "aws_iam_policy",
	"aws:iam/role:Role":                                                         "aws_iam_role",
	"aws:iam/rolePolicy:RolePolicy":                                             "aws_iam_role_policy",
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment":                         "aws_iam_role_policy_attachment",
	"aws:lambda/permission:Permission":                                          "aws_lambda_permission",
	"aws:lb/listener:Listener":                                                  "aws_lb_listener",
	"aws:lb/loadBalancer:LoadBalancer":                                          "aws_lb",
	"aws:lb/targetGroup:TargetGroup":                                            "aws_lb_target_group",
	"aws:route53/record:Record":                                                 "aws_route53_record",
	"aws:sns/topic:Topic":                                                       "aws_sns_topic",
	"aws:sns/topicSubscription:TopicSubscription":                               "aws_sns_topic_subscription",
	"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule":                   "aws_vpc_security_group_egress_rule",
	"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":                 "aws_vpc_security_group_ingress_rule",
	"aws:wafv2/webAclAssociation:WebAclAssociation":                             "aws_wafv2_web_acl_association",
}

// renamed holds, by pulumi-aws's type token, the few properties that the dynamic provider names in another way:
// pulumi-aws keeps some lists in the singular. A name with a dot is in an object. A name with [0] is a list of at most one, where the other side has the one
// value itself.
var renamed = map[string]map[string]string{
	"aws:apigateway/vpcLink:VpcLink":                    {"targetArn": "targetArns[0]"},
	"aws:apigateway/deployment:Deployment":              {"restApi": "restApiId"},
	"aws:apigateway/methodSettings:MethodSettings":      {"restApi": "restApiId"},
	"aws:apigateway/restApi:RestApi":                    {"endpointConfiguration.types": "endpointConfiguration.types[0]"},
	"aws:apigateway/stage:Stage":                        {"deployment": "deploymentId", "restApi": "restApiId"},
	"aws:cloudwatch/metricAlarm:MetricAlarm":            {"name": "alarmName"}, // see autoname
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {"egress": "egresses", "ingress": "ingresses"},
	"aws:ec2/securityGroup:SecurityGroup":               {"egress": "egresses", "ingress": "ingresses"},
	"aws:route53/record:Record":                         {"aliases[0]": "alias"},
	"aws:sns/topicSubscription:TopicSubscription":       {"topic": "topicArn"},
	"aws:lambda/permission:Permission":                  {"function": "functionName"},
}

// functions maps the function tokens of pulumi-aws to Terraform's data sources.
var functions = map[string]string{
	"aws:apigatewayv2/getVpcLink:getVpcLink":              "aws_apigatewayv2_vpc_link",
	"aws:ec2/getPrefixList:getPrefixList":                 "aws_prefix_list",
	"aws:ec2/getRouteTable:getRouteTable":                 "aws_route_table",
	"aws:ec2/getRouteTables:getRouteTables":               "aws_route_tables",
	"aws:ec2/getSecurityGroup:getSecurityGroup":           "aws_security_group",
	"aws:ec2/getSubnet:getSubnet":                         "aws_subnet",
	"aws:ec2/getVpc:getVpc":                               "aws_vpc",
	"aws:ec2/getVpcEndpoint:getVpcEndpoint":               "aws_vpc_endpoint",
	"aws:ecr/getRepositories:getRepositories":             "aws_ecr_repositories",
	"aws:ecr/getRepository:getRepository":                 "aws_ecr_repository",
	"aws:ecr/getAuthorizationToken:getAuthorizationToken": "aws_ecr_authorization_token",
	"aws:ecs/getCluster:getCluster":                       "aws_ecs_cluster",
	"aws:index/getAvailabilityZones:getAvailabilityZones": "aws_availability_zones",
	"aws:index/getCallerIdentity:getCallerIdentity":       "aws_caller_identity",
	"aws:index/getPartition:getPartition":                 "aws_partition",
	"aws:index/getRegion:getRegion":                       "aws_region",
	"aws:route53/getZone:getZone":                         "aws_route53_zone",
}

// resourceToken is the dynamic provider's name for the resource that pulumi-aws calls token.
func resourceToken(token string) (string, error) {
	tf, ok := resources[token]
	if !ok {
		return "", unknownToken("resource type", token)
	}
	name := camel(tf)
	return "aws:index/" + name + ":" + upperFirst(name), nil
}

// functionToken is the dynamic provider's name for the function that pulumi-aws calls token.
func functionToken(token string) (string, error) {
	tf, ok := functions[token]
	if !ok {
		return "", unknownToken("function", token)
	}
	name := "get" + upperFirst(camel(tf))
	return "aws:index/" + name + ":" + name, nil
}

func unknownToken(kind, token string) error {
	return fmt.Errorf("the aws plugin's stand-in (Sallyport) does not know the %s %s yet; "+
		"add it, with the Terraform type that it wraps, to local/awsprovider/tokens.go", kind, token)
}

// terraformTypes lists all Terraform types of both tables. The dynamic provider is told to map these alone:
// its schema of the whole provider takes much longer to make.
func terraformTypes() []string {
	var types []string
	for _, table := range []map[string]string{resources, functions} {
		for _, tf := range table {
			types = append(types, tf)
		}
	}
	sort.Strings(types)
	return types
}

// camel turns aws_lb_target_group into lbTargetGroup.
func camel(tf string) string {
	parts := strings.Split(strings.TrimPrefix(tf, "aws_"), "_")
	for i := range parts {
		if i > 0 {
			parts[i] = upperFirst(parts[i])
		}
	}
	return strings.Join(parts, "")
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// rewriteURN replaces the last type of a URN's chain; parents' types stay as they are.
func rewriteURN(urn, from, to string) string {
	before, name, ok := strings.Cut(urn, from+"::")
	if !ok {
		return urn
	}
	return before + to + "::" + name
}
