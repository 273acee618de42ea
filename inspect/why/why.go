package why

import (
	"context"
	"errors"

	"sallyport/inspect/api"
	"sallyport/inspect/stack"
)

// Explain asks AWS what became of the service of a stack. It needs only what the stack's state has: exports are lost
// after an update that failed.
func Explain(ctx context.Context, clients *api.Clients, s *stack.Stack) (*Report, error) {
	return nil, errors.New("not there yet")
}
