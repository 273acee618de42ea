package leftovers

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"sallyport/inspect/api"
)

// refusing answers for services that the credentials may not ask, in the way of each one's protocol; what it doesn't
// answer goes on.
type refusing struct {
	services []string // as in a signature; none for all
}

var signedFor = regexp.MustCompile(`/us-east-1/([a-z0-9-]+)/aws4_request`)

func (r refusing) RoundTrip(request *http.Request) (*http.Response, error) {
	service := signedFor.FindStringSubmatch(request.Header.Get("Authorization"))[1]
	if len(r.services) > 0 && !slices.Contains(r.services, service) {
		return http.DefaultTransport.RoundTrip(request)
	}
	answer := &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Request: request}
	body := `{"__type":"AccessDeniedException","message":"no"}`
	switch service {
	case "ec2":
		body = `<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>`
	case "elasticloadbalancing", "iam", "monitoring", "sns":
		body = `<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`
	case "apigateway":
		answer.Header.Set("X-Amzn-Errortype", "AccessDeniedException")
		body = `{"message":"no"}`
	}
	answer.Body = io.NopCloser(strings.NewReader(body))
	return answer, nil
}

func TestErrors(t *testing.T) {
	config := func(transport http.RoundTripper) aws.Config {
		return aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
			BaseEndpoint: aws.String("http://127.0.0.1:1"), HTTPClient: &http.Client{Transport: transport}, RetryMaxAttempts: 1}
	}
	t.Run("each permission that is missing is named", func(t *testing.T) {
		items, err := Find(t.Context(), api.NewFromConfig(config(refusing{})), newStack("dev", "web-dev"))
		if len(items) > 0 || err == nil {
			t.Fatalf("it found %v, %v", items, err)
		}
		var got []string
		for line := range strings.Lines(err.Error()) {
			words, _, _ := strings.Cut(line, " (`make verify ARGS=-policy` prints the IAM policy with all that is needed): operation error ")
			got = append(got, words)
		}
		want := []string{
			"NAT gateways: the credentials lack the permission ec2:DescribeNatGateways",
			"load balancers: the credentials lack the permission elasticloadbalancing:DescribeLoadBalancers",
			"target groups: the credentials lack the permission elasticloadbalancing:DescribeTargetGroups",
			"VPC endpoints: the credentials lack the permission ec2:DescribeVpcEndpoints",
			"ECS clusters: the credentials lack the permission ecs:ListClusters",
			"task definitions: the credentials lack the permission ecs:ListTaskDefinitions",
			"elastic IP addresses: the credentials lack the permission ec2:DescribeAddresses",
			"DynamoDB tables: the credentials lack the permission dynamodb:ListTables",
			"ECR repositories: the credentials lack the permission ecr:DescribeRepositories",
			"log groups: the credentials lack the permission logs:DescribeLogGroups",
			"HTTP APIs: the credentials lack the permission apigateway:GET",
			"VPC links: the credentials lack the permission apigateway:GET",
			"REST APIs: the credentials lack the permission apigateway:GET",
			"VPC links of REST APIs: the credentials lack the permission apigateway:GET",
			"usage plans: the credentials lack the permission apigateway:GET",
			"API keys: the credentials lack the permission apigateway:GET",
			"custom domain names: the credentials lack the permission apigateway:GET",
			"certificates: the credentials lack the permission acm:ListCertificates",
			"alarms: the credentials lack the permission cloudwatch:DescribeAlarms",
			"dashboards: the credentials lack the permission cloudwatch:ListDashboards",
			"topics: the credentials lack the permission sns:ListTopics",
			"EventBridge rules: the credentials lack the permission events:ListRules",
			"EventBridge API destinations: the credentials lack the permission events:ListApiDestinations",
			"EventBridge connections: the credentials lack the permission events:ListConnections",
			"scalable targets: the credentials lack the permission application-autoscaling:DescribeScalableTargets",
			"flow logs: the credentials lack the permission ec2:DescribeFlowLogs",
			"VPCs, security groups and network interfaces: the credentials lack the permission ec2:DescribeVpcs",
			"the credentials lack the permission ec2:DescribeSecurityGroups",
			"subnets: the credentials lack the permission ec2:DescribeSubnets",
			"route tables: the credentials lack the permission ec2:DescribeRouteTables",
			"internet gateways: the credentials lack the permission ec2:DescribeInternetGateways",
			"IAM policies: the credentials lack the permission iam:ListPolicies",
			"IAM roles: the credentials lack the permission iam:ListRoles",
		}
		if !slices.Equal(got, want) {
			t.Errorf("it says\n%s", strings.Join(got, "\n"))
		}
	})
	t.Run("without credentials it says so once", func(t *testing.T) {
		c := config(http.DefaultTransport)
		c.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{}, errors.New("there are none")
		})
		_, err := Find(t.Context(), api.NewFromConfig(c), newStack("dev", "web-dev"))
		if err == nil || strings.Count(err.Error(), "there are none") != 1 {
			t.Errorf("it says %v", err)
		}
	})
	t.Run("a stack without the tags that tell it apart is refused before anything is asked", func(t *testing.T) {
		for _, missing := range []string{"project", "stack"} {
			s := newStack("dev", "web-dev")
			delete(s.Tags, missing)
			_, err := Find(t.Context(), api.NewFromConfig(config(refusing{})), s)
			if err == nil || err.Error() != "the stack's tags project and stack and its name must be known to tell what is its own" {
				t.Errorf("without %s it says %v", missing, err)
			}
		}
	})
}
