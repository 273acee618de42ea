// Package api asks AWS, and never changes anything: a call that is not on its list of reading ones is not sent.
package api

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go/middleware"
)

// Clients are those of the services that a stack is made of.
type Clients struct {
	ACM        *acm.Client
	APIGateway *apigatewayv2.Client
	CloudWatch *cloudwatch.Client
	DynamoDB   *dynamodb.Client
	EC2        *ec2.Client
	ECR        *ecr.Client
	ECS        *ecs.Client
	ELB        *elasticloadbalancingv2.Client
	Events     *eventbridge.Client
	IAM        *iam.Client
	Logs       *cloudwatchlogs.Client
	REST       *apigateway.Client // of REST APIs, whose API is the older one of API Gateway
	Scaling    *applicationautoscaling.Client
	SNS        *sns.Client
}

// New makes clients with the credentials of the environment or of the profile. The endpoint of the environment
// (AWS_ENDPOINT_URL) counts, as for every AWS SDK.
func New(ctx context.Context, region, profile string) (*Clients, error) {
	c, err := config.LoadDefaultConfig(ctx, config.WithRegion(region), config.WithSharedConfigProfile(profile))
	if err != nil {
		return nil, fmt.Errorf("AWS configuration: %w", err)
	}
	return NewFromConfig(c), nil
}

// NewFromConfig makes clients of a configuration, such as a test's.
func NewFromConfig(c aws.Config) *Clients {
	c.APIOptions = append(slices.Clone(c.APIOptions), func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("OnlyReading", onlyReading), middleware.Before)
	})
	return &Clients{
		ACM:        acm.NewFromConfig(c),
		APIGateway: apigatewayv2.NewFromConfig(c),
		CloudWatch: cloudwatch.NewFromConfig(c),
		DynamoDB:   dynamodb.NewFromConfig(c),
		EC2:        ec2.NewFromConfig(c),
		ECR:        ecr.NewFromConfig(c),
		ECS:        ecs.NewFromConfig(c),
		ELB:        elasticloadbalancingv2.NewFromConfig(c),
		Events:     eventbridge.NewFromConfig(c),
		IAM:        iam.NewFromConfig(c),
		Logs:       cloudwatchlogs.NewFromConfig(c),
		REST:       apigateway.NewFromConfig(c),
		Scaling:    applicationautoscaling.NewFromConfig(c),
		SNS:        sns.NewFromConfig(c),
	}
}

// onlyReading lets a call pass that the policy allows. So what Policy prints is all that is ever needed.
func onlyReading(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	service, operation := middleware.GetServiceID(ctx), middleware.GetOperationName(ctx)
	if _, ok := calls[service+"."+operation]; !ok {
		return middleware.InitializeOutput{}, middleware.Metadata{}, fmt.Errorf("%s %s is not among the reading calls of package api", service, operation)
	}
	return next.HandleInitialize(ctx, in)
}
