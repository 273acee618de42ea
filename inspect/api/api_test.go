package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
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
)

func TestOnlyReading(t *testing.T) {
	sent := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent++
		_, _ = w.Write([]byte(`<DescribeVpcsResponse><vpcSet/></DescribeVpcsResponse>`))
	}))
	t.Cleanup(server.Close)
	clients := NewFromConfig(aws.Config{Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})

	t.Run("a call that reads is sent", func(t *testing.T) {
		if _, err := clients.EC2.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{}); err != nil || sent != 1 {
			t.Errorf("%d calls sent, %v", sent, err)
		}
	})
	t.Run("it knows the services by the names that they have in the policy", func(t *testing.T) {
		if _, err := clients.APIGateway.GetApis(t.Context(), &apigatewayv2.GetApisInput{}); err != nil && strings.Contains(err.Error(), "not among") {
			t.Error(err)
		}
		known := map[string]bool{}
		for call := range calls {
			service, _, _ := strings.Cut(call, ".")
			known[service] = true
		}
		for _, id := range []string{acm.ServiceID, apigateway.ServiceID, apigatewayv2.ServiceID, applicationautoscaling.ServiceID, cloudwatch.ServiceID, cloudwatchlogs.ServiceID, dynamodb.ServiceID, ec2.ServiceID, ecr.ServiceID,
			ecs.ServiceID, elasticloadbalancingv2.ServiceID, eventbridge.ServiceID, iam.ServiceID, sns.ServiceID} {
			if !known[id] {
				t.Errorf("no call of %q is allowed", id)
			}
			delete(known, id)
		}
		if len(known) > 0 {
			t.Errorf("%v are no services that there are clients of", known)
		}
		sent = 1
	})
	t.Run("a call that changes something is not", func(t *testing.T) {
		_, err := clients.EC2.DeleteVpc(t.Context(), &ec2.DeleteVpcInput{VpcId: aws.String("vpc-1")})
		if err == nil || err.Error() != "operation error EC2: DeleteVpc, EC2 DeleteVpc is not among the reading calls of package api" || sent != 1 {
			t.Errorf("%d calls sent, %v", sent, err)
		}
	})
}

func TestPolicy(t *testing.T) {
	var policy struct {
		Version   string
		Statement []struct {
			Effect, Resource string
			Action           []string
		}
	}
	if err := json.Unmarshal([]byte(Policy()), &policy); err != nil {
		t.Fatal(err)
	}
	t.Run("it allows what reads, and nothing else", func(t *testing.T) {
		reads := regexp.MustCompile(`^(apigateway:GET|[a-z0-9-]+:(Describe|List|Get|Filter)[A-Za-z]+)$`)
		for _, action := range policy.Statement[0].Action {
			if !reads.MatchString(action) {
				t.Errorf("%s is allowed", action)
			}
		}
		if len(policy.Statement) != 1 || policy.Statement[0].Effect != "Allow" || policy.Version != "2012-10-17" {
			t.Errorf("the policy is %+v", policy)
		}
	})
	t.Run("it allows each action once, in order", func(t *testing.T) {
		actions := policy.Statement[0].Action
		if !slices.IsSorted(actions) || len(slices.Compact(slices.Clone(actions))) != len(actions) {
			t.Errorf("the actions are %v", actions)
		}
	})
}
