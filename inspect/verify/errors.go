package verify

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// notFound is whether AWS says that what was asked for does not exist, in the code of whichever service.
func notFound(err error) bool {
	var answer smithy.APIError
	return errors.As(err, &answer) && strings.Contains(answer.ErrorCode(), "NotFound")
}

// found leaves out an error that says that something does not exist, which is a finding.
func found(err error) error {
	if notFound(err) {
		return nil
	}
	return err
}

// denials and strangers are the codes with which AWS refuses a call that is not allowed, and credentials that it does
// not take: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonErrors.html, and the Common Errors pages of the
// other services.
var (
	denials   = []string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized", "ForbiddenException"}
	strangers = []string{
		"AuthFailure", "ExpiredToken", "ExpiredTokenException", "IncompleteSignature", "InvalidAccessKeyId", "InvalidClientTokenId",
		"InvalidSignatureException", "MissingAuthenticationToken", "MissingAuthenticationTokenException", "OptInRequired",
		"RequestExpired", "SignatureDoesNotMatch", "UnrecognizedClientException",
	}
)

// explain says what to do about a call of AWS that failed.
func explain(err error) error {
	var answer smithy.APIError
	if errors.As(err, &answer) {
		switch {
		case slices.Contains(denials, answer.ErrorCode()):
			return fmt.Errorf("not allowed: the credentials lack %s, which a verification needs; `make verify ARGS=--policy` prints the IAM policy with all that it needs: %w", action(err), err)
		case slices.Contains(strangers, answer.ErrorCode()):
			return fmt.Errorf("AWS does not take the credentials: sign in again, or set AWS_PROFILE to a profile that works: %w", err)
		}
		return err
	}
	var unsent *smithyhttp.RequestSendError
	if errors.As(err, &unsent) {
		return fmt.Errorf("AWS can't be reached: look at the network, at the stack's aws:region, and at AWS_ENDPOINT_URL where it is set: %w", err)
	}
	return err
}

// action is the IAM action that the call which failed takes:
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
func action(err error) string {
	var call *smithy.OperationError
	if !errors.As(err, &call) {
		return "a permission"
	}
	switch call.Service() {
	case "ApiGatewayV2":
		return "apigateway:GET"
	case "CloudWatch Logs":
		return "logs:" + call.Operation()
	case "Elastic Load Balancing v2":
		return "elasticloadbalancing:" + call.Operation()
	default: // EC2, ECS
		return strings.ToLower(call.Service()) + ":" + call.Operation()
	}
}
