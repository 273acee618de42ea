package api

import (
	"encoding/json"
	"maps"
	"slices"
)

// calls are all that may be sent, each with the IAM action that it takes:
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
var calls = map[string]string{
	"ACM.ListCertificates":       "acm:ListCertificates",
	"ACM.ListTagsForCertificate": "acm:ListTagsForCertificate",

	"API Gateway.GetAccount":    "apigateway:GET",
	"API Gateway.GetApiKeys":    "apigateway:GET",
	"API Gateway.GetExport":     "apigateway:GET",
	"API Gateway.GetRestApi":    "apigateway:GET",
	"API Gateway.GetRestApis":   "apigateway:GET",
	"API Gateway.GetStages":     "apigateway:GET",
	"API Gateway.GetUsagePlans": "apigateway:GET",
	"API Gateway.GetVpcLink":    "apigateway:GET",
	"API Gateway.GetVpcLinks":   "apigateway:GET",

	"ApiGatewayV2.GetApi":          "apigateway:GET",
	"ApiGatewayV2.GetApiMappings":  "apigateway:GET",
	"ApiGatewayV2.GetApis":         "apigateway:GET",
	"ApiGatewayV2.GetDomainNames":  "apigateway:GET",
	"ApiGatewayV2.GetIntegrations": "apigateway:GET",
	"ApiGatewayV2.GetRoutes":       "apigateway:GET",
	"ApiGatewayV2.GetStages":       "apigateway:GET",
	"ApiGatewayV2.GetVpcLink":      "apigateway:GET",
	"ApiGatewayV2.GetVpcLinks":     "apigateway:GET",

	"Application Auto Scaling.DescribeScalableTargets": "application-autoscaling:DescribeScalableTargets",

	"CloudWatch.DescribeAlarms":      "cloudwatch:DescribeAlarms",
	"CloudWatch.ListDashboards":      "cloudwatch:ListDashboards",
	"CloudWatch.ListTagsForResource": "cloudwatch:ListTagsForResource",

	"CloudWatch Logs.DescribeLogGroups":   "logs:DescribeLogGroups",
	"CloudWatch Logs.DescribeLogStreams":  "logs:DescribeLogStreams",
	"CloudWatch Logs.FilterLogEvents":     "logs:FilterLogEvents",
	"CloudWatch Logs.GetLogEvents":        "logs:GetLogEvents",
	"CloudWatch Logs.ListTagsForResource": "logs:ListTagsForResource",

	"DynamoDB.DescribeTable":      "dynamodb:DescribeTable",
	"DynamoDB.ListTables":         "dynamodb:ListTables",
	"DynamoDB.ListTagsOfResource": "dynamodb:ListTagsOfResource",

	"EC2.DescribeAddresses":          "ec2:DescribeAddresses",
	"EC2.DescribeFlowLogs":           "ec2:DescribeFlowLogs",
	"EC2.DescribeInternetGateways":   "ec2:DescribeInternetGateways",
	"EC2.DescribeNatGateways":        "ec2:DescribeNatGateways",
	"EC2.DescribeNetworkInterfaces":  "ec2:DescribeNetworkInterfaces",
	"EC2.DescribeRouteTables":        "ec2:DescribeRouteTables",
	"EC2.DescribeSecurityGroupRules": "ec2:DescribeSecurityGroupRules",
	"EC2.DescribeSecurityGroups":     "ec2:DescribeSecurityGroups",
	"EC2.DescribeSubnets":            "ec2:DescribeSubnets",
	"EC2.DescribeVpcEndpoints":       "ec2:DescribeVpcEndpoints",
	"EC2.DescribeVpcs":               "ec2:DescribeVpcs",

	"ECR.DescribeImages":       "ecr:DescribeImages",
	"ECR.DescribeRepositories": "ecr:DescribeRepositories",
	"ECR.ListTagsForResource":  "ecr:ListTagsForResource",

	"ECS.DescribeClusters":       "ecs:DescribeClusters",
	"ECS.DescribeServices":       "ecs:DescribeServices",
	"ECS.DescribeTaskDefinition": "ecs:DescribeTaskDefinition",
	"ECS.DescribeTasks":          "ecs:DescribeTasks",
	"ECS.ListClusters":           "ecs:ListClusters",
	"ECS.ListServices":           "ecs:ListServices",
	"ECS.ListTaskDefinitions":    "ecs:ListTaskDefinitions",
	"ECS.ListTasks":              "ecs:ListTasks",

	"Elastic Load Balancing v2.DescribeListeners":              "elasticloadbalancing:DescribeListeners",
	"Elastic Load Balancing v2.DescribeLoadBalancerAttributes": "elasticloadbalancing:DescribeLoadBalancerAttributes",
	"Elastic Load Balancing v2.DescribeLoadBalancers":          "elasticloadbalancing:DescribeLoadBalancers",
	"Elastic Load Balancing v2.DescribeTags":                   "elasticloadbalancing:DescribeTags",
	"Elastic Load Balancing v2.DescribeTargetGroups":           "elasticloadbalancing:DescribeTargetGroups",
	"Elastic Load Balancing v2.DescribeTargetHealth":           "elasticloadbalancing:DescribeTargetHealth",

	"EventBridge.ListApiDestinations": "events:ListApiDestinations",
	"EventBridge.ListConnections":     "events:ListConnections",
	"EventBridge.ListRules":           "events:ListRules",
	"EventBridge.ListTagsForResource": "events:ListTagsForResource",
	"EventBridge.ListTargetsByRule":   "events:ListTargetsByRule",

	"IAM.ListEntitiesForPolicy": "iam:ListEntitiesForPolicy",
	"IAM.ListPolicies":          "iam:ListPolicies",
	"IAM.ListPolicyTags":        "iam:ListPolicyTags",
	"IAM.ListRoles":             "iam:ListRoles",
	"IAM.ListRoleTags":          "iam:ListRoleTags",

	"SNS.ListTagsForResource": "sns:ListTagsForResource",
	"SNS.ListTopics":          "sns:ListTopics",
}

// Policy is the IAM policy that all of the commands need: reading alone. Most of these actions can't be limited to
// resources, and a policy that names those of one stack would have to be known before the stack is.
func Policy() string {
	actions := map[string]bool{}
	for _, action := range calls {
		actions[action] = true
	}
	text, _ := json.MarshalIndent(map[string]any{ // of texts alone, which never fail
		"Version": "2012-10-17",
		"Statement": []map[string]any{{
			"Effect":   "Allow",
			"Action":   slices.Sorted(maps.Keys(actions)),
			"Resource": "*",
		}},
	}, "", "  ")
	return string(text) + "\n"
}
