package dataplane

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sallyport/local/cloud/front"
)

func TestTagsOfStagesAndDomainNamesAreChanged(t *testing.T) {
	kept := map[string]string{
		"/v2/domainnames/shop.example.com": `{"domainName":"shop.example.com","tags":{"a":"1","b":"2"}}`,
		"/v2/apis/abc/stages/$default":     `{"stageName":"$default","tags":{"a":"1","b":"2"}}`,
	}
	moto := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/v2/apis/abc/stages" {
			body, _ := io.ReadAll(r.Body)
			kept[r.URL.Path+"/$default"] = string(body)
			_, _ = w.Write(body)
			return
		}
		if kept[r.URL.Path] == "" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = io.WriteString(w, kept[r.URL.Path])
	}))
	defer moto.Close()
	p := &Plane{Upstream: func() (string, bool) { return strings.TrimPrefix(moto.URL, "http://"), true }, Log: slog.New(slog.DiscardHandler)}
	defer p.Close(t.Context())
	call := func(t *testing.T, method, resource, query, input string) string {
		t.Helper()
		c := front.Call{Service: "apigateway", Region: "eu-west-1", Action: method + " /v2/tags/arn:aws:apigateway:eu-west-1::" + resource, Query: query}
		if !p.Concerns(c) {
			t.Fatalf("%s is left to moto", c.Action)
		}
		answer, err := p.Before(t.Context(), c, []byte(input))
		if err != nil {
			t.Fatal(err)
		}
		return string(answer)
	}
	for _, resource := range []string{"/domainnames/shop.example.com", "/apis/abc/stages/$default"} {
		t.Run(resource, func(t *testing.T) {
			call(t, "DELETE", resource, "tagKeys=a&tagKeys=x", "")
			call(t, "POST", resource, "", `{"tags":{"b":"3","c":"4"}}`)
			if got := call(t, "GET", resource, "", ""); got != `{"tags":{"b":"3","c":"4"}}` {
				t.Errorf("they are %s", got)
			}
		})
	}
	t.Run("both tell them with the rest", func(t *testing.T) {
		r, err := p.region("eu-west-1")
		if err != nil {
			t.Fatal(err)
		}
		domain, err := r.completeDomains([]byte(kept["/v2/domainnames/shop.example.com"]))
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{string(domain), kept["/v2/apis/abc/stages/$default"]} {
			var told struct{ Tags map[string]string }
			if err := json.Unmarshal([]byte(text), &told); err != nil || len(told.Tags) != 2 || told.Tags["b"] != "3" || told.Tags["c"] != "4" {
				t.Errorf("%v, %s", err, text)
			}
		}
	})
	t.Run("what is not there is for moto to say", func(t *testing.T) {
		if got := call(t, "GET", "/domainnames/nowhere.example.com", "", ""); got != "" {
			t.Errorf("it answers %s", got)
		}
	})
}
