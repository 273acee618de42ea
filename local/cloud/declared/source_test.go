package declared_test

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"sallyport/local/cloud/declared"
)

// source is a store that a test fills. Each read of a part takes 20 ms.
type source struct {
	mu      sync.Mutex
	reads   map[string]int
	broken  map[string]error
	subnets []string
}

func (s *source) read(ctx context.Context, part string) error {
	s.mu.Lock()
	s.reads[part]++
	err := s.broken[part]
	s.mu.Unlock()
	select {
	case <-time.After(20 * time.Millisecond):
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *source) VPC(ctx context.Context, _ string) (declared.VPC, error) {
	s.mu.Lock()
	v := declared.VPC{Subnets: map[string]ec2types.Subnet{}}
	for _, id := range s.subnets {
		v.Subnets[id] = ec2types.Subnet{SubnetId: aws.String(id)}
	}
	s.mu.Unlock()
	if err := s.read(ctx, "ec2"); err != nil {
		return declared.VPC{}, err
	}
	return v, nil
}

func (s *source) LoadBalancing(ctx context.Context, _ string) (declared.LoadBalancing, error) {
	return declared.LoadBalancing{}, s.read(ctx, "elasticloadbalancing")
}

func (s *source) Gateway(ctx context.Context, _ string) (declared.Gateway, error) {
	if err := s.read(ctx, "apigateway"); err != nil {
		return declared.Gateway{}, err
	}
	return declared.Gateway{VpcLinks: map[string]apitypes.VpcLink{"link": {}}}, nil
}

func (s *source) add(subnet string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subnets = append(s.subnets, subnet)
}

func (s *source) fail(part string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken[part] = err
}

func (s *source) count(part string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads[part]
}

// watched runs a test of a Watcher in a bubble where time passes only when all wait.
func watched(t *testing.T, name string, f func(t *testing.T, w *declared.Watcher, s *source, log *bytes.Buffer)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &source{reads: map[string]int{}, broken: map[string]error{}}
			var log bytes.Buffer
			w := declared.NewWatcher("eu-central-1", s, slog.New(slog.NewTextHandler(&log, nil)))
			defer w.Close()
			f(t, w, s, &log)
		})
	})
}
