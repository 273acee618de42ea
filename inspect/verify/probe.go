package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// probeTimeout is longer than an HTTP API takes to answer, at most 30 seconds, and a REST API by default, 29:
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
	probeTimeout = 35 * time.Second
	maxRedirects = 3
	// probeBody is what a POST sends, as JSON.
	probeBody = `{"sentBy":"make verify"}`
	// maxAnswer is more than an HTTP API lets through: 10 MB, says the same page.
	maxAnswer = 16 << 20
)

// newProbeClient follows redirects on the host that was asked: an app may send / to its home page. An answer that
// points elsewhere says nothing of this app, and stands as it is, as does one redirect too many.
func newProbeClient() *http.Client {
	return &http.Client{
		Transport: http.DefaultTransport.(*http.Transport).Clone(),
		Timeout:   probeTimeout,
		CheckRedirect: func(next *http.Request, via []*http.Request) error {
			first := via[0].URL
			if len(via) > maxRedirects || next.URL.Host != first.Host || next.URL.Scheme != first.Scheme {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}
}

// connectTo sends every request to another place, as it would go to its own: its host stays in it.
type connectTo struct {
	place *url.URL
	http.RoundTripper
}

func (c connectTo) RoundTrip(r *http.Request) (*http.Response, error) {
	there := r.Clone(r.Context())
	if there.Host == "" {
		there.Host = r.URL.Host
	}
	there.URL.Scheme, there.URL.Host = c.place.Scheme, c.place.Host
	return c.RoundTripper.RoundTrip(there)
}

func (c connectTo) CloseIdleConnections() {
	(&http.Client{Transport: c.RoundTripper}).CloseIdleConnections()
}

// requestIDHeader holds API Gateway's id of a request, $context.requestId in its access log. A REST API has another one:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-access-logging.html
func (o Outputs) requestIDHeader() string {
	if o.REST {
		return "X-Amzn-Requestid"
	}
	return "Apigw-Requestid"
}

func askOne(ctx context.Context, client *http.Client, out Outputs, probe Probe) Answer {
	answer := Answer{Probe: probe}
	var body io.Reader
	if probe.Method == http.MethodPost {
		body = strings.NewReader(probeBody)
	}
	request, err := http.NewRequestWithContext(ctx, probe.Method, out.URL+probe.Path, body)
	if err != nil {
		answer.Err = err
		return answer
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Set("User-Agent", "sallyport-verify")
	start := time.Now()
	response, err := client.Do(request)
	if err == nil {
		_, err = io.Copy(io.Discard, io.LimitReader(response.Body, maxAnswer))
		_ = response.Body.Close()
	}
	answer.Took = time.Since(start)
	if err != nil {
		answer.Err = plain(err)
		return answer
	}
	answer.Status, answer.Header = response.StatusCode, response.Header
	answer.RequestID = response.Header.Get(out.requestIDHeader())
	return answer
}

// plain leaves out of an error what the probe says already, its method and its URL.
func plain(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		if failed.Timeout() {
			return fmt.Errorf("no answer within %v", probeTimeout)
		}
		return failed.Err
	}
	return err
}
