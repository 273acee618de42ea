package verify

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
)

func TestMappings(t *testing.T) {
	var made calls
	const items = `{"items":[{"apiId":"abc","apiMappingId":"m","stage":"$default"}]}`
	mappings := func(t *testing.T, endpoint, stackURL string, status int, text string) (*Facts, error) {
		clients := newFakeAWS(t, func(operation, arguments string) (int, string) {
			if operation == "/v2/domainnames/shop.example.com/apimappings" {
				_, _ = made.answer(operation, arguments)
				return status, text
			}
			return made.answer(operation, arguments)
		})
		f := &Facts{API: &apigatewayv2.GetApiOutput{ApiEndpoint: aws.String(endpoint)}}
		g := newGatherer(clients, Outputs{URL: stackURL})
		t.Cleanup(g.close)
		return f, g.mappings(t.Context(), f)
	}
	t.Run("the mappings of a custom domain name are asked for", func(t *testing.T) {
		f, err := mappings(t, "https://abc", "https://shop.example.com", 200, items)
		if err != nil || len(f.Mappings) != 1 || aws.ToString(f.Mappings[0].ApiId) != "abc" {
			t.Errorf("%v, %v", f.Mappings, err)
		}
	})
	t.Run("a custom domain name that does not exist has none", func(t *testing.T) {
		f, err := mappings(t, "https://abc", "https://shop.example.com", 404, `{"__type":"NotFoundException","message":"Invalid domain name identifier specified"}`)
		if err != nil || len(f.Mappings) != 0 {
			t.Errorf("%v, %v", f.Mappings, err)
		}
	})
	t.Run("nothing is asked of the API's own endpoint, or of an address", func(t *testing.T) {
		made = calls{}
		for endpoint, stackURL := range map[string]string{"https://abc": "https://abc", "http://127.64.0.1:4568": "http://127.64.0.1:4568", "https://xyz": "http://127.64.0.1:4568"} {
			if f, err := mappings(t, endpoint, stackURL, 200, items); err != nil || len(f.Mappings) != 0 {
				t.Errorf("%s: %v, %v", stackURL, f.Mappings, err)
			}
		}
		if len(made.of) != 0 {
			t.Errorf("%v was asked", made.of)
		}
	})
}

func TestConnect(t *testing.T) {
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.Host+r.URL.RequestURI())
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/home?a=b", http.StatusFound)
		}
	}))
	t.Cleanup(server.Close)
	place, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := newProbeClient()
	client.Transport = connectTo{place, client.Transport}
	answer := askOne(t.Context(), client, Outputs{URL: "https://shop.example.com"}, Probe{Method: http.MethodGet, Path: "/"})
	client.CloseIdleConnections()
	if answer.Err != nil || answer.Status != http.StatusOK {
		t.Errorf("%d, %v", answer.Status, answer.Err)
	}
	if want := []string{"GET shop.example.com/", "GET shop.example.com/home?a=b"}; !slices.Equal(asked, want) {
		t.Errorf("the place was asked %v, want %v", asked, want)
	}
}
