package gateway

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"sallyport/local/cloud/declared"
)

// The rules are of https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
func TestCORS(t *testing.T) {
	config := &apitypes.Cors{
		AllowOrigins: []string{"https://www.example.com"}, AllowMethods: []string{"GET", "POST"}, AllowHeaders: []string{"authorization"},
		ExposeHeaders: []string{"date", "x-api-id"}, MaxAge: aws.Int32(300), AllowCredentials: aws.Bool(true),
	}
	withCORS := func(t *testing.T, c *apitypes.Cors, keys ...string) *stand {
		s := newStand(t, func(api *declared.API) { api.CorsConfiguration, api.Routes = c, routes(keys...) })
		s.answer = func(*http.Request) (*http.Response, error) {
			return reply(200, "hello", "Access-Control-Allow-Origin", "https://backend.example", "Access-Control-Max-Age", "1"), nil
		}
		return s
	}
	corsHeaders := func(header http.Header) string {
		var all []string
		for name, values := range header {
			if rest, ok := strings.CutPrefix(name, "Access-Control-"); ok {
				all = append(all, rest+"="+strings.Join(values, "|"))
			}
		}
		slices.Sort(all)
		return strings.Join(all, " ")
	}
	const (
		origin    = "https://www.example.com"
		preflight = "Allow-Credentials=true Allow-Headers=authorization Allow-Methods=GET,POST Allow-Origin=https://www.example.com Expose-Headers=date,x-api-id Max-Age=300"
		actual    = "Allow-Credentials=true Allow-Origin=https://www.example.com Expose-Headers=date,x-api-id"
	)
	for _, c := range []struct {
		name, method, want string
		status             int
		config             *apitypes.Cors
		routes             []string
		headers            []string
	}{
		{"a preflight is answered without an OPTIONS route", "OPTIONS", preflight, 204, config, []string{"GET /"}, []string{"Origin", origin, "Access-Control-Request-Method", "GET"}},
		{"a preflight from another origin gets no headers", "OPTIONS", "", 204, config, []string{"GET /"}, []string{"Origin", "https://evil.example", "Access-Control-Request-Method", "GET"}},
		{"OPTIONS without what makes a preflight goes to the routes", "OPTIONS", actual, 404, config, []string{"GET /"}, []string{"Origin", origin}},
		{"a route that takes OPTIONS gets the preflight, $default too, and its answer the headers", "OPTIONS", preflight, 200, config, []string{"$default"}, []string{"Origin", origin, "Access-Control-Request-Method", "GET"}},
		{"the backend's headers are replaced", "GET", actual, 200, config, []string{"$default"}, []string{"Origin", origin}},
		{"the backend's headers are ignored without an Origin too", "GET", "", 200, config, []string{"$default"}, nil},
		{"another origin gets no headers", "GET", "", 200, config, []string{"$default"}, []string{"Origin", "https://www.example.com.evil.example"}},
		{"errors of the gateway have the headers", "POST", actual, 404, config, []string{"GET /"}, []string{"Origin", origin}},
		{"all origins", "GET", "Allow-Origin=*", 200, &apitypes.Cors{AllowOrigins: []string{"*"}}, []string{"$default"}, []string{"Origin", origin}},
		{"all origins of a scheme", "GET", "Allow-Origin=https://www.example.com", 200, &apitypes.Cors{AllowOrigins: []string{"https://*"}}, []string{"$default"}, []string{"Origin", origin}},
		{"an origin of another scheme", "GET", "", 200, &apitypes.Cors{AllowOrigins: []string{"https://*"}}, []string{"$default"}, []string{"Origin", "http://www.example.com"}},
		{"without a configuration the backend does it", "GET", "Allow-Origin=https://backend.example Max-Age=1", 200, nil, []string{"$default"}, []string{"Origin", origin}},
		{"an empty configuration is none", "GET", "Allow-Origin=https://backend.example Max-Age=1", 200, &apitypes.Cors{}, []string{"$default"}, []string{"Origin", origin}},
		{"without a configuration OPTIONS goes to the routes", "OPTIONS", "", 404, nil, []string{"GET /"}, []string{"Origin", origin, "Access-Control-Request-Method", "GET"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := withCORS(t, c.config, c.routes...)
			answer := s.send(c.method, "/", "", c.headers...)
			if got := corsHeaders(answer.Header()); answer.Code != c.status || got != c.want {
				t.Errorf("%s, want %s", fmt.Sprint(answer.Code, " ", got), fmt.Sprint(c.status, " ", c.want))
			}
		})
	}
}
