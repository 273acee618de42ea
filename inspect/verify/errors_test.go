package verify

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"sallyport/inspect/stack"
)

// verifyWith runs a verification in which one operation is refused with a code, and the rest answer.
func verifyWith(t *testing.T, operation, code string) error {
	t.Helper()
	var made calls
	clients := newFakeAWS(t, func(asked, arguments string) (int, string) {
		if asked == operation {
			return refusal(operation, code)
		}
		return made.answer(asked, arguments)
	})
	var asked []string
	exports := exported()
	exports["url"] = app(t, &asked)
	_, err := Run(t.Context(), clients, &stack.Stack{Name: "dev", Outputs: exports}, Options{})
	return err
}

func TestErrors(t *testing.T) {
	t.Run("a permission that lacks is named as an IAM action, with where to find the policy", func(t *testing.T) {
		for _, c := range []struct{ operation, code, action string }{
			{"/v2/apis/abc", "AccessDeniedException", "apigateway:GET"},
			{"DescribeRouteTables", "UnauthorizedOperation", "ec2:DescribeRouteTables"},
			{"DescribeServices", "AccessDeniedException", "ecs:DescribeServices"},
			{"DescribeTargetHealth", "AccessDenied", "elasticloadbalancing:DescribeTargetHealth"},
			{"FilterLogEvents", "AccessDeniedException", "logs:FilterLogEvents"},
		} {
			err := verifyWith(t, c.operation, c.code)
			want := "the credentials lack the permission " + c.action + " (`make verify ARGS=-policy` prints the IAM policy with all that is needed): "
			if err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%s: it said %v", c.operation, err)
			}
		}
	})
	t.Run("credentials that AWS does not take are told from a permission that lacks", func(t *testing.T) {
		err := verifyWith(t, "DescribeServices", "ExpiredTokenException")
		if err == nil || !strings.HasPrefix(err.Error(), "AWS does not take the credentials: sign in again, or set AWS_PROFILE to a profile that works: ECS service: ") {
			t.Errorf("it said %v", err)
		}
	})
	t.Run("any other refusal is passed on with what it is about", func(t *testing.T) {
		err := verifyWith(t, "DescribeTargetHealth", "ValidationError")
		if err == nil || !strings.HasPrefix(err.Error(), "target health: operation error Elastic Load Balancing v2: DescribeTargetHealth") {
			t.Errorf("it said %v", err)
		}
	})
	t.Run("an AWS that can't be reached is said to be", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_ = listener.Close()
		clients := clientsOf("http://"+listener.Addr().String(), credentials.NewStaticCredentialsProvider("a", "b", ""))
		var asked []string
		exports := exported()
		exports["url"] = app(t, &asked)
		_, err = Run(t.Context(), clients, &stack.Stack{Name: "dev", Outputs: exports}, Options{})
		if err == nil || !strings.HasPrefix(err.Error(), "AWS can't be reached: look at the network, at the stack's aws:region, and at AWS_ENDPOINT_URL where it is set: ") {
			t.Errorf("it said %v", err)
		}
	})
	t.Run("without credentials nothing is asked, and it says how to get some", func(t *testing.T) {
		clients := clientsOf("http://127.0.0.1:1", aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{}, errors.New("no profile")
		}))
		_, err := Run(t.Context(), clients, &stack.Stack{Name: "dev", Outputs: exported()}, Options{})
		if err == nil || err.Error() != "AWS credentials: no profile; set AWS_PROFILE, or aws:profile in the stack's settings, or sign in again" {
			t.Errorf("it said %v", err)
		}
	})
}
