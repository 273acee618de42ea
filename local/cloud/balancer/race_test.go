package balancer

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/vpc"
)

// Real servers and the real network, while everything that may change does.
func TestEverythingAtOnce(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprint(w, len(body))
	}))
	defer server.Close()
	var now atomic.Pointer[declared.Snapshot]
	network := &vpc.Network{Declared: now.Load}
	for address, subnet := range map[netip.Addr]string{first.Addr(): "subnet-a", second.Addr(): "subnet-b"} {
		network.Attach(vpc.Interface{Address: address, SubnetID: subnet, GroupIDs: []string{"sg-task"}},
			map[int]netip.AddrPort{3000: netip.MustParseAddrPort(server.Listener.Addr().String())})
	}
	b := New(network, slog.New(slog.DiscardHandler))
	defer b.Close()
	declare := func(n int) {
		s := guarded()
		g := s.SecurityGroups["sg-task"]
		g.Description = aws.String(fmt.Sprint(n / 2)) // every second time the network is another one
		s.SecurityGroups["sg-task"] = g
		if n%3 == 0 {
			delete(s.TargetGroups, otherARN)
		}
		now.Store(s)
		b.Declare(s)
	}
	declare(0)
	register(t, b, first)

	t.Run("requests go on while targets come and go and declarations change", func(t *testing.T) {
		var requests, changes sync.WaitGroup
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
			b.Health(groupARN)
			b.Explanation(groupARN, second)
			b.drained(groupARN, first)
			healthy(b, first)
		})
		for range 8 {
			requests.Go(func() {
				for n := range 40 {
					r := request("GET", "/", "")
					if n%2 == 0 {
						r = request("POST", "/", strings.Repeat("x", n*5000))
					}
					answer, err := b.RoundTrip(listenerARN, link, r)
					if err != nil {
						t.Error(err)
						return
					}
					body, err := io.ReadAll(answer.Body)
					_ = answer.Body.Close()
					if want := fmt.Sprint(max(r.ContentLength, 0)); answer.StatusCode != 200 || err != nil || string(body) != want {
						t.Errorf("%d %q %v (%s), want %s", answer.StatusCode, body, err, answer.Header.Get("Sallyport-Explanation"), want)
					}
				}
			})
		}
		requests.Wait()
		close(done)
		changes.Wait()
		if n := b.outstanding(first) + b.outstanding(second); n != 0 {
			t.Errorf("%d requests are still outstanding", n)
		}
	})
}

// outstanding returns how many requests a target is answering.
func (b *Balancer) outstanding(address netip.AddrPort) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t := b.groups[groupARN].find(address); t != nil {
		return t.outstanding.Load()
	}
	return 0
}
