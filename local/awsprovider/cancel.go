package awsprovider

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// waiting returns a context for a creation or an update that ends with Cancel, where the resource is of a type that is
// there long before the call returns. The dynamic provider does not pass a cancellation on, and a wait for steady tasks
// takes minutes. A call of another type is left to its end, since the id of what it makes would be lost with it.
func (p *Provider) waiting(ctx context.Context, official string) (context.Context, func()) {
	if _, waits := importIDs[official]; !waits {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(p.running, cancel)
	return ctx, func() { stop(); cancel() }
}

// interrupted is the error of a call that Cancel has ended, in words.
func (p *Provider) interrupted(failure error) error {
	if failure == nil || p.running.Err() == nil || status.Code(failure) != codes.Canceled {
		return failure
	}
	return status.Error(codes.Canceled, "the wait was cancelled; what was asked of AWS goes on there")
}
