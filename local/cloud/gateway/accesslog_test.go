package gateway

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/vpc"
)

// programFormat is what this project's program declares.
const programFormat = `{"requestId":"$context.requestId","ip":"$context.identity.sourceIp","requestTime":"$context.requestTime","method":"$context.httpMethod",` +
	`"path":"$context.path","route":"$context.routeKey","protocol":"$context.protocol","status":"$context.status","responseLength":"$context.responseLength",` +
	`"responseLatency":"$context.responseLatency","integrationLatency":"$context.integrationLatency","integrationStatus":"$context.integrationStatus",` +
	`"integrationError":"$context.integrationErrorMessage","errorMessage":"$context.error.message"}`

func logged(t testing.TB, format string) *stand {
	return newStand(t, func(api *declared.API) {
		api.Stages["$default"] = apitypes.Stage{
			StageName: aws.String("$default"), AutoDeploy: aws.Bool(true),
			AccessLogSettings: &apitypes.AccessLogSettings{DestinationArn: aws.String(logGroupARN + ":*"), Format: &format},
		}
	})
}

// The variables are of https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
func TestAccessLog(t *testing.T) {
	t.Run("a line in the format that the program declares, into its log group", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := logged(t, programFormat)
			s.answer = func(*http.Request) (*http.Response, error) {
				time.Sleep(20 * time.Millisecond)
				return reply(201, "hello"), nil
			}
			id := s.send("POST", "/a%20b?q=1", "payload").Header().Get("Apigw-Requestid")
			if !regexp.MustCompile(`^[A-Za-z0-9+/]{15}=$`).MatchString(id) {
				t.Error("id", id)
			}
			// The clock of the bubble begins at 2000-01-01.
			wanted := "eu-west-1 " + logGroupARN + ` {"requestId":"` + id + `","ip":"127.0.0.1","requestTime":"01/Jan/2000:00:00:00 +0000","method":"POST",` +
				`"path":"/a%20b","route":"$default","protocol":"HTTP/1.1","status":"201","responseLength":"5","responseLatency":"20",` +
				`"integrationLatency":"20","integrationStatus":"201","integrationError":"-","errorMessage":"-"}`
			if len(s.lines) != 1 || s.lines[0] != wanted {
				t.Errorf("%s\nwant\n%s", s.lines, wanted)
			}
		})
	})
	last := func(s *stand) string {
		_, line, _ := strings.Cut(s.lines[len(s.lines)-1], logGroupARN+" ")
		return line
	}
	t.Run("every documented variable", func(t *testing.T) {
		for name, want := range map[string]string{
			"accountId": "123456789012", "apiId": "abc", "authorizer.claims.sub": "-", "authorizer.error": "-", "awsEndpointRequestId": "r1",
			"awsEndpointRequestId2": "r2", "customDomain.basePathMatched": "-", "dataProcessed": "12", "domainName": "127.92.86.205",
			"domainPrefix": "127", "error.message": "-", "error.messageString": "-", "error.responseType": "-", "httpMethod": "POST",
			"identity.accountId": "-", "identity.clientCert.validity.notAfter": "-", "identity.sourceIp": "127.0.0.1", "identity.userAgent": "curl/8",
			"integration.error": "-", "integration.integrationStatus": "200", "integration.latency": "0", "integration.requestId": "r1",
			"integration.status": "200", "integrationErrorMessage": "-", "integrationLatency": "0", "integrationStatus": "200", "path": "/x",
			"protocol": "HTTP/1.1", "responseLatency": "0", "responseLength": "5", "routeKey": "$default", "stage": "$default", "status": "200",
			"requestTimeEpoch": "946684800", "unknown": "-", "unknown.too": "-",
		} {
			synctest.Test(t, func(t *testing.T) {
				s := logged(t, "<$context."+name+">")
				s.answer = func(*http.Request) (*http.Response, error) {
					return reply(200, "hello", "X-Amzn-Requestid", "r1", "X-Amz-Id-2", "r2"), nil
				}
				if s.send("POST", "/x", "payload", "User-Agent", "curl/8"); last(s) != "<"+want+">" {
					t.Errorf("%s: %s, want %s", name, last(s), want)
				}
			})
		}
		s := logged(t, "$context.requestId $context.extendedRequestId")
		if id := s.send("GET", "/", "").Header().Get("Apigw-Requestid"); last(s) != id+" "+id {
			t.Error(last(s))
		}
	})
	t.Run("what went wrong", func(t *testing.T) {
		const format = "$context.status $context.error.message $context.error.messageString $context.error.responseType $context.integrationStatus $context.integrationErrorMessage"
		for want, answer := range map[string]func(*http.Request) (*http.Response, error){
			`503 Service Unavailable "Service Unavailable" INTEGRATION_FAILURE - the group sg-1 lets nothing in`: func(*http.Request) (*http.Response, error) {
				return nil, &vpc.Blocked{Reason: "the group sg-1 lets nothing in"}
			},
			`503 Service Unavailable "Service Unavailable" INTEGRATION_FAILURE - no connection to the listener: connection refused`: func(*http.Request) (*http.Response, error) {
				return nil, errors.New("connection refused")
			},
			`503 Service Unavailable "Service Unavailable" INTEGRATION_TIMEOUT - the backend gave no answer within the integration timeout of 30000 ms`: func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			},
			// The load balancer's own errors are the backend's answer.
			`502 - - - 502 -`: func(*http.Request) (*http.Response, error) { return reply(502, "bad gateway"), nil },
		} {
			synctest.Test(t, func(t *testing.T) {
				s := logged(t, format)
				s.answer = answer
				if s.send("GET", "/", ""); last(s) != want {
					t.Errorf("%s, want %s", last(s), want)
				}
			})
		}
	})
	t.Run("what a client sends can't break the line, and JSON stays JSON", func(t *testing.T) {
		s := logged(t, `{"agent":"$context.identity.userAgent","path":"$context.path"}`)
		evil := "a\"b\\c\td\x01e\u2028f\xffg\nh"
		s.send("GET", "/%22%0A", "", "User-Agent", evil)
		var line map[string]string
		if err := json.Unmarshal([]byte(last(s)), &line); err != nil || line["agent"] != strings.ToValidUTF8(evil, "\ufffd") || strings.ContainsAny(last(s), "\n\x01\u2028") {
			t.Errorf("%s: %v", last(s), err)
		}
	})
	t.Run("a request without a stage has no line", func(t *testing.T) {
		s := logged(t, programFormat)
		api := s.snapshot.APIs["abc"]
		api.Stages = map[string]apitypes.Stage{}
		s.declare(api)
		if s.send("GET", "/", ""); len(s.lines) != 0 {
			t.Error(s.lines)
		}
	})
	t.Run("text that is no variable stays as it is", func(t *testing.T) {
		s := logged(t, `$ $context $context. $contextual ${context.status} $context.status.$context.stage-x`)
		if s.send("GET", "/", ""); last(s) != `$ $context $context. $contextual ${context.status} 200.$default-x` {
			t.Error(last(s))
		}
	})
}
