package logs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/moto/mototest"
)

// moto checks the order and the age of events, but no size: see TestBatch.
func TestMoto(t *testing.T) {
	upstream := mototest.Start(t)
	var log bytes.Buffer
	w := New(upstream, slog.New(slog.NewTextHandler(&log, nil)))
	config, err := declared.Config(upstream, "eu-central-1")
	if err != nil {
		t.Fatal(err)
	}
	client := cloudwatchlogs.NewFromConfig(config)
	if _, err := client.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("/ecs/web")}); err != nil {
		t.Fatal(err)
	}
	t.Run("a group is there by its whole name, in its Region", func(t *testing.T) {
		for _, c := range []struct {
			region, group string
			want          bool
		}{{"eu-central-1", "/ecs/web", true}, {"eu-central-1", "/ecs/we", false}, {"eu-west-1", "/ecs/web", false}} {
			if got, err := w.Exists(t.Context(), c.region, c.group); err != nil || got != c.want {
				t.Errorf("%s in %s: %v, %v", c.group, c.region, got, err)
			}
		}
	})
	t.Run("lines come back as they were put", func(t *testing.T) {
		now := time.Now().Truncate(time.Millisecond)
		s := w.Stream("eu-central-1", "/ecs/web", "app/web/1")
		s.Put(now, "second: \"ü\"\n")
		s.Put(now.Add(-time.Second), "first")
		if err := w.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.Put(now.Add(time.Second), "third")
		if err := w.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		read, err := client.GetLogEvents(t.Context(), &cloudwatchlogs.GetLogEventsInput{
			LogGroupName: aws.String("/ecs/web"), LogStreamName: aws.String("app/web/1"), StartFromHead: aws.Bool(true),
		})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range read.Events {
			got = append(got, fmt.Sprintf("%d %s", *e.Timestamp-now.UnixMilli(), *e.Message))
		}
		if want := []string{"-1000 first", "0 second: \"ü\"\n", "1000 third"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("lines of a group that does not exist, or that nothing can be called, are lost", func(t *testing.T) {
		for _, group := range []string{"/ecs/none", ""} {
			w.Stream("eu-central-1", group, "s").Put(time.Now(), "m")
		}
		if err := w.Flush(t.Context()); err != nil || w.Dropped() != 2 || !strings.Contains(log.String(), "The specified log group does not exist") {
			t.Error(err, w.Dropped(), log.String())
		}
	})
	if err := w.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestPassing(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   bool
	}{
		{"an API that is broken", 500, `{"__type": "InternalFailure"}`, true},
		{"an API that is not there yet", 503, `{}`, true},
		{"too many calls", 400, `{"__type": "ThrottlingException"}`, true},
		{"what the API refuses", 400, `{"__type": "InvalidParameterException"}`, false},
		{"an answer of someone else", 404, `<html>`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/x-amz-json-1.1")
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			}))
			defer server.Close()
			err := cloudwatch{func() (string, bool) { return server.Listener.Addr().String(), true }}.put(t.Context(), name{"r", "g", "s"}, []event{{1, "m"}})
			if err == nil || passing(err) != c.want {
				t.Error(err, passing(err))
			}
		})
	}
	t.Run("a connection that is refused", func(t *testing.T) {
		server := httptest.NewServer(http.NotFoundHandler())
		server.Close()
		err := cloudwatch{func() (string, bool) { return server.Listener.Addr().String(), true }}.put(t.Context(), name{"r", "g", "s"}, []event{{1, "m"}})
		if err == nil || !passing(err) {
			t.Error(err)
		}
	})
	t.Run("an API that is down, and errors of others", func(t *testing.T) {
		err := cloudwatch{func() (string, bool) { return "", false }}.put(t.Context(), name{"r", "g", "s"}, []event{{1, "m"}})
		if !passing(err) || passing(errors.New("any")) || passing(nil) || passing(errNotFound) {
			t.Error(err)
		}
	})
}

// BenchmarkMoto is one batch of a second of an access log: 1000 lines of 400 bytes.
func BenchmarkMoto(b *testing.B) {
	upstream := mototest.Start(b)
	w := New(upstream, slog.New(slog.DiscardHandler))
	config, err := declared.Config(upstream, "eu-central-1")
	if err != nil {
		b.Fatal(err)
	}
	if _, err := cloudwatchlogs.NewFromConfig(config).CreateLogGroup(b.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("g")}); err != nil {
		b.Fatal(err)
	}
	s, line := w.Stream("eu-central-1", "g", "s"), strings.Repeat("x", 400)
	for b.Loop() {
		for range 1000 {
			s.Put(time.Now(), line)
		}
		if err := w.Flush(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(context.Background()); err != nil || w.Dropped() > 0 {
		b.Error(err, w.Dropped())
	}
}
