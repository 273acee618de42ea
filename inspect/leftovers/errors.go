package leftovers

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aws/smithy-go"
)

// join tells of all that failed; where every search did for want of something else than a permission, such as
// credentials, one error says it.
func join(failed []error) error {
	none := func(err error) bool { return err == nil }
	denied := func(err error) bool { _, ok := missing(err); return ok }
	if !slices.ContainsFunc(failed, none) && !slices.ContainsFunc(failed, denied) {
		return failed[0]
	}
	return errors.Join(failed...)
}

// explain names the permission that the credentials lack, where that is what AWS said.
func explain(err error) error {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, one := range several.Unwrap() {
			all = append(all, explain(one))
		}
		return errors.Join(all...)
	}
	if refused, ok := missing(err); ok {
		return fmt.Errorf("the credentials lack the permission %s, so what is left of these is not known: %w", refused, err)
	}
	return err
}

// missing is the IAM action that was refused.
func missing(err error) (refused string, ok bool) {
	var operation *smithy.OperationError
	var answer smithy.APIError
	if !errors.As(err, &operation) || !errors.As(err, &answer) {
		return "", false
	}
	switch answer.ErrorCode() {
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation":
	default:
		return "", false
	}
	return action(operation.Service(), operation.Operation()), true
}

// action is what IAM calls a call of the SDK.
func action(service, operation string) string {
	if service == "ApiGatewayV2" { // whose actions are the methods of HTTP
		return "apigateway:GET"
	}
	prefix := map[string]string{
		"CloudWatch Logs":           "logs",
		"EC2":                       "ec2",
		"ECR":                       "ecr",
		"ECS":                       "ecs",
		"Elastic Load Balancing v2": "elasticloadbalancing",
		"IAM":                       "iam",
	}[service]
	return prefix + ":" + operation
}
