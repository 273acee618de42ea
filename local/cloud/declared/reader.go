package declared

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
)

// Reader reads what was declared. What is deleted while it reads is left out. A part is read by several calls, so it
// may hold something new beside something old: who is told of changes reads again.
type Reader struct {
	// Upstream returns the host and port of the AWS API that is the store, and whether it answers.
	Upstream func() (hostPort string, up bool)
}

// list returns the elements of all pages: call gets the page of a token, the first one's is nil, and of takes its
// elements and the next token from it.
func list[Page, T any](call func(token *string) (*Page, error), of func(*Page) ([]T, *string)) ([]T, error) {
	var elements []T
	var token *string
	for {
		page, err := call(token)
		if err != nil {
			return nil, err
		}
		found, next := of(page)
		elements = append(elements, found...)
		if aws.ToString(next) == "" {
			return elements, nil
		}
		if token != nil && *token == *next {
			return nil, fmt.Errorf("the page after %q is itself", *token)
		}
		token = next
	}
}

// byID turns the result of list into a map.
func byID[T any](id func(T) *string, elements []T, err error) (map[string]T, error) {
	if err != nil {
		return nil, err
	}
	found := make(map[string]T, len(elements))
	for _, element := range elements {
		found[aws.ToString(id(element))] = element
	}
	return found, nil
}

// gone reports whether a call failed because what it asked for was deleted.
func gone(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && slices.Contains(
		[]string{"LoadBalancerNotFound", "ListenerNotFound", "TargetGroupNotFound", "NotFoundException"}, api.ErrorCode())
}
