package api

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

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

// Explain says what to do about a call that failed, and about each of several that are joined.
func Explain(err error) error {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, one := range several.Unwrap() {
			all = append(all, Explain(one))
		}
		return errors.Join(all...)
	}
	if action, ok := Denied(err); ok {
		return fmt.Errorf("the credentials lack the permission %s (`make verify ARGS=-policy` prints the IAM policy with all that is needed): %w", action, err)
	}
	var answer smithy.APIError
	if errors.As(err, &answer) && slices.Contains(strangers, answer.ErrorCode()) {
		return fmt.Errorf("AWS does not take the credentials: sign in again, or set AWS_PROFILE to a profile that works: %w", err)
	}
	var unsent *smithyhttp.RequestSendError
	if errors.As(err, &unsent) {
		return fmt.Errorf("AWS can't be reached: look at the network, at the stack's aws:region, and at AWS_ENDPOINT_URL where it is set: %w", err)
	}
	return err
}

// Denied is the IAM action that the credentials lack, where a call failed for that.
func Denied(err error) (action string, ok bool) {
	var call *smithy.OperationError
	var answer smithy.APIError
	if !errors.As(err, &call) || !errors.As(err, &answer) || !slices.Contains(denials, answer.ErrorCode()) {
		return "", false
	}
	return calls[call.Service()+"."+call.Operation()], true
}
