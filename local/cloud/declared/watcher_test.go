package declared_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"sallyport/local/cloud/declared"
)

func TestWatcher(t *testing.T) {
	watched(t, "starts with an empty snapshot and reads nothing by itself", func(t *testing.T, w *declared.Watcher, s *source, _ *bytes.Buffer) {
		time.Sleep(time.Hour)
		if now := w.Current(); now == nil || now.Region != "eu-central-1" || now.Subnets != nil || len(s.reads) != 0 {
			t.Errorf("%+v, %v", now, s.reads)
		}
	})
	watched(t, "reads the part that changed, and only that, 100 ms after the change", func(t *testing.T, w *declared.Watcher, s *source, _ *bytes.Buffer) {
		w.Changed("ec2")
		s.add("a")
		time.Sleep(100*time.Millisecond - 1)
		if s.count("ec2") != 0 {
			t.Error("read too early")
		}
		time.Sleep(30 * time.Millisecond)
		if _, read := w.Current().Subnets["a"]; !read || s.count("ec2") != 1 || s.count("apigateway") != 0 || s.count("elasticloadbalancing") != 0 {
			t.Errorf("%+v, %v", w.Current(), s.reads)
		}
	})
	watched(t, "reads a hundred changes within a tenth of a second once", func(t *testing.T, w *declared.Watcher, s *source, _ *bytes.Buffer) {
		for range 100 {
			w.Changed("ec2")
			time.Sleep(time.Millisecond / 2)
		}
		time.Sleep(time.Second)
		if s.count("ec2") != 1 {
			t.Errorf("%d reads", s.count("ec2"))
		}
	})
	watched(t, "reads while changes never pause", func(t *testing.T, w *declared.Watcher, s *source, _ *bytes.Buffer) {
		for range 1000 {
			w.Changed("ec2")
			time.Sleep(time.Millisecond)
		}
		// One read takes 20 ms and begins 100 ms after the first change since the last one.
		if got := s.count("ec2"); got != 8 {
			t.Errorf("%d reads in a second", got)
		}
	})
	watched(t, "reads again what changed while it was read", func(t *testing.T, w *declared.Watcher, s *source, _ *bytes.Buffer) {
		w.Changed("ec2")
		time.Sleep(110 * time.Millisecond) // in the middle of the read, which has seen no subnet
		s.add("a")
		w.Changed("ec2")
		time.Sleep(time.Second)
		if _, read := w.Current().Subnets["a"]; !read || s.count("ec2") != 2 {
			t.Errorf("%+v, %v", w.Current(), s.reads)
		}
	})
	watched(t, "ignores other services", func(t *testing.T, w *declared.Watcher, s *source, _ *bytes.Buffer) {
		w.Changed("ecs")
		time.Sleep(time.Second)
		if len(s.reads) != 0 {
			t.Error(s.reads)
		}
	})
	watched(t, "wait returns at once when nothing has changed", func(t *testing.T, w *declared.Watcher, s *source, _ *bytes.Buffer) {
		begin := time.Now()
		if err := w.Wait(t.Context()); err != nil || time.Since(begin) != 0 {
			t.Error(err, time.Since(begin))
		}
	})
	watched(t, "wait hastens the read, and returns when the change is in the snapshot", func(t *testing.T, w *declared.Watcher, s *source, _ *bytes.Buffer) {
		begin := time.Now()
		s.add("a")
		w.Changed("ec2")
		err := w.Wait(t.Context())
		if _, read := w.Current().Subnets["a"]; err != nil || !read || time.Since(begin) != 20*time.Millisecond {
			t.Error(err, w.Current(), time.Since(begin))
		}
		// The haste is over.
		w.Changed("ec2")
		time.Sleep(50 * time.Millisecond)
		if s.count("ec2") != 1 {
			t.Errorf("%d reads", s.count("ec2"))
		}
	})
	watched(t, "wait ends with its context, and says why the read fails", func(t *testing.T, w *declared.Watcher, s *source, _ *bytes.Buffer) {
		s.fail("ec2", errors.New("broken"))
		w.Changed("ec2")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := w.Wait(ctx)
		if want := "what is declared in eu-central-1: context deadline exceeded\nwhat is declared in eu-central-1: broken"; err == nil || err.Error() != want || !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		// One try a second, 20 ms long, and no more because of the one who waits.
		if got := s.count("ec2"); got != 59 {
			t.Errorf("%d reads in a minute", got)
		}
	})
	watched(t, "tells of each snapshot in order, before wait returns", func(t *testing.T, w *declared.Watcher, s *source, _ *bytes.Buffer) {
		var told []int
		w.OnChange(func(s *declared.Snapshot) { told = append(told, len(s.Subnets)) })
		for _, id := range []string{"a", "b", "c"} {
			s.add(id)
			w.Changed("ec2")
			if err := w.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(told, []int{1, 2, 3}) {
			t.Error(told)
		}
	})
	watched(t, "changes of all parts are read into one snapshot", func(t *testing.T, w *declared.Watcher, s *source, _ *bytes.Buffer) {
		var told []*declared.Snapshot
		w.OnChange(func(s *declared.Snapshot) { told = append(told, s) })
		s.add("a")
		if err := refresh(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		if len(told) != 1 || told[0] != w.Current() || len(told[0].Subnets) != 1 || len(told[0].VpcLinks) != 1 || s.count("elasticloadbalancing") != 1 {
			t.Errorf("%+v, %v", told, s.reads)
		}
	})
	watched(t, "a part that can't be read stays as it was, and holds up none of the others", func(t *testing.T, w *declared.Watcher, s *source, log *bytes.Buffer) {
		if err := refresh(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		s.fail("apigateway", errors.New("broken"))
		s.add("a")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := refresh(ctx, w); err == nil || !strings.HasSuffix(err.Error(), "\nwhat is declared in eu-central-1: broken") {
			t.Error(err)
		}
		if now := w.Current(); len(now.Subnets) != 1 || len(now.VpcLinks) != 1 {
			t.Errorf("%+v", now)
		}
	})
	watched(t, "a read that fails is tried again until it works, and logged once", func(t *testing.T, w *declared.Watcher, s *source, log *bytes.Buffer) {
		s.fail("ec2", errors.New("broken"))
		w.Changed("ec2")
		time.Sleep(time.Minute)
		// One try a second, 20 ms long, and 100 ms for what may have changed meanwhile.
		if got := s.count("ec2"); got != 54 {
			t.Errorf("%d reads in a minute", got)
		}
		s.fail("ec2", nil)
		s.add("a")
		if err := w.Wait(t.Context()); err != nil || len(w.Current().Subnets) != 1 {
			t.Error(err, w.Current())
		}
		read := s.count("ec2")
		time.Sleep(time.Minute)
		if s.count("ec2") != read {
			t.Error("it is still tried")
		}
		w.Close()
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != 2 || !strings.Contains(lines[0], "level=WARN") || !strings.Contains(lines[0], "broken") || !strings.Contains(lines[1], "can be read again") {
			t.Error(log.String())
		}
	})
	watched(t, "close ends a read and those who wait, and keeps the snapshot", func(t *testing.T, w *declared.Watcher, s *source, log *bytes.Buffer) {
		s.add("a")
		if err := refresh(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		w.Changed("ec2")
		waited := make(chan error)
		go func() { waited <- w.Wait(t.Context()) }()
		time.Sleep(10 * time.Millisecond)
		begin := time.Now()
		w.Close()
		if err := <-waited; !errors.Is(err, declared.ErrClosed) || time.Since(begin) != 0 {
			t.Error(err, time.Since(begin))
		}
		if err := refresh(t.Context(), w); !errors.Is(err, declared.ErrClosed) {
			t.Error(err)
		}
		w.Changed("ec2")
		w.Close()
		if len(w.Current().Subnets) != 1 || log.Len() != 0 {
			t.Errorf("%+v, %s", w.Current(), log)
		}
	})
}

// refresh reads all parts.
func refresh(ctx context.Context, w *declared.Watcher) error {
	for _, service := range []string{"ec2", "elasticloadbalancing", "apigateway"} {
		w.Changed(service)
	}
	return w.Wait(ctx)
}

func TestMutates(t *testing.T) {
	for action, want := range map[string]bool{
		"CreateVpc": true, "ModifyLoadBalancerAttributes": true, "AuthorizeSecurityGroupIngress": true, "RegisterTargets": true, "POST /v2/apis": true,
		"DELETE /v2/apis/a": true, "PATCH /v2/apis/a": true,
		"DescribeVpcs": false, "ListTagsForResource": false, "GetManagedPrefixListEntries": false, "LookupEvents": false, "SearchLocalGatewayRoutes": false,
		"GET /v2/apis": false, "HEAD /v2/apis": false,
	} {
		if got := declared.Mutates(action); got != want {
			t.Errorf("%s: %v", action, got)
		}
	}
}
