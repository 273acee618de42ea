package verify

import (
	"errors"
	"strings"

	"github.com/aws/smithy-go"
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
