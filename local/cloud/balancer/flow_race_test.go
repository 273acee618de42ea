package balancer

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/vpc"
)

// Real connections and the real network, while everything that may change does. What is cut is a reset, and all else
// passes unchanged.
func TestEverythingAtOnceOverTCP(t *testing.T) {
	server := echo(t)
	var now atomic.Pointer[declared.Snapshot]
	network := &vpc.Network{Declared: now.Load}
	for address, subnet := range map[netip.Addr]string{first.Addr(): "subnet-a", second.Addr(): "subnet-b"} {
		network.Attach(vpc.Interface{Address: address, SubnetID: subnet, GroupIDs: []string{"sg-task"}}, map[int]netip.AddrPort{3000: server})
	}
	before := runtime.NumGoroutine()
	b := New(network, slog.New(slog.DiscardHandler))
	defer b.Close()
	declare := func(n int) {
		s := closedBalancer()
		withAttribute(s, "deregistration_delay.connection_termination.enabled", fmt.Sprint(n%2 == 0))
		withAttribute(s, "deregistration_delay.timeout_seconds", "0")
		g := s.SecurityGroups["sg-task"]
		g.Description = aws.String(fmt.Sprint(n / 2))
		s.SecurityGroups["sg-task"] = g
		if n%3 == 0 {
			delete(s.TargetGroups, otherARN)
		}
		now.Store(s)
		b.Declare(s)
	}
	declare(0)
	register(t, b, first)

	var connections, changes sync.WaitGroup
	done := make(chan struct{})
	change := func(do func(n int)) {
		changes.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
					do(n)
				}
			}
		})
	}
	change(declare)
	change(func(int) {
		register(t, b, second)
		if err := b.Deregister(groupARN, second); err != nil {
			t.Error(err)
		}
	})
	change(func(int) {
		b.mu.Lock()
		cut := b.unhealthyFlows(b.groups[groupARN])
		b.mu.Unlock()
		if len(cut) > 0 {
			t.Errorf("%d connections are cut though nothing is unhealthy", len(cut))
		}
		b.Health(groupARN)
		healthy(b, first)
	})
	var passed, cut atomic.Int64
	for range 8 {
		connections.Go(func() {
			for range 40 {
				c, err := b.DialLink(t.Context(), lbARN, 80, nil)
				if err != nil {
					// The target that was picked went away meanwhile.
					cut.Add(1)
					continue
				}
				err = exchangeText(c, "0123456789abcdef")
				switch {
				case err == nil:
					passed.Add(1)
				case errors.Is(err, syscall.ECONNRESET):
					cut.Add(1)
				default:
					t.Error(err)
				}
				_ = c.Close()
			}
		})
	}
	connections.Wait()
	close(done)
	changes.Wait()
	if passed.Load() == 0 {
		t.Errorf("no connection passed, and %d were cut", cut.Load())
	}
	if n := b.open(); n != 0 {
		t.Errorf("%d connections are left", n)
	}
	b.Close()
	for range 200 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines are left of %d", runtime.NumGoroutine(), before)
}

func TestClosingFromAllSidesAtOnce(t *testing.T) {
	for range 50 {
		s := closedBalancer()
		b := New(realNetwork(echo(t), func() *declared.Snapshot { return s }), slog.New(slog.DiscardHandler))
		b.Declare(s)
		register(t, b, first)
		c, err := b.DialLink(t.Context(), lbARN, 80, nil)
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		all.Go(func() { _, _ = io.Copy(io.Discard, c) })
		all.Go(func() { _, _ = io.WriteString(c, "x") })
		all.Go(func() { _ = c.Close() })
		all.Go(b.Close)
		all.Go(func() { c.(*flow).cut("the target is unhealthy") })
		all.Wait()
		if n := b.open(); n != 0 {
			t.Fatalf("%d connections are left", n)
		}
	}
}

// BenchmarkConnection tells what passing through a Network Load Balancer costs beside a straight connection: to open one
// for 16 bytes there and back, and for 64 KiB on one that is open. Compare alternating runs, as with BenchmarkRoundTrip.
func BenchmarkConnection(b *testing.B) {
	server := echo(b)
	s := closedBalancer()
	balancer := New(realNetwork(server, func() *declared.Snapshot { return s }), slog.New(slog.DiscardHandler))
	balancer.Declare(s)
	defer balancer.Close()
	register(b, balancer, first)
	ways := map[string]func() (net.Conn, error){
		"straight": func() (net.Conn, error) { return net.Dial("tcp", server.String()) },
		"balancer": func() (net.Conn, error) { return balancer.DialLink(b.Context(), lbARN, 80, nil) },
	}
	block := make([]byte, 64<<10)
	for _, way := range []string{"straight", "balancer"} {
		b.Run("open/"+way, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c, err := ways[way]()
				if err != nil {
					b.Fatal(err)
				}
				if err := exchangeText(c, "0123456789abcdef"); err != nil {
					b.Fatal(err)
				}
				_ = c.Close()
			}
		})
		b.Run("pass/"+way, func(b *testing.B) {
			c, err := ways[way]()
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			b.SetBytes(int64(len(block)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Write(block); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(c, block); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
