package gateway

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/vpc"
)

const (
	listenerARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/web/1/2"
	logGroupARN = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/vendedlogs/web-access-1"
)

// stand is a gateway with one API, before a stand-in for the load balancers of its Region.
type stand struct {
	gateway  *Gateway
	api      *api
	snapshot *declared.Snapshot

	mu    sync.Mutex
	seen  *http.Request
	body  string
	from  vpc.Interface
	lines []string
	// answer is the backend's; by default 200 and "hello".
	answer func(r *http.Request) (*http.Response, error)
}

// newStand declares an API as this project's program does: $default stage, $default route, a VPC link in one subnet.
func newStand(t testing.TB, change func(api *declared.API)) *stand {
	s := &stand{}
	s.api = &api{id: "abc", throttles: throttles{}}
	api := declared.API{
		Api:    apitypes.Api{ApiId: aws.String("abc"), ProtocolType: "HTTP"},
		Routes: []apitypes.Route{{RouteKey: aws.String("$default"), Target: aws.String("integrations/i1")}},
		Integrations: map[string]apitypes.Integration{"i1": {
			IntegrationId: aws.String("i1"), IntegrationType: "HTTP_PROXY", IntegrationMethod: aws.String("ANY"), ConnectionType: "VPC_LINK",
			ConnectionId: aws.String("link"), IntegrationUri: aws.String(listenerARN), TimeoutInMillis: aws.Int32(30000),
		}},
		Stages: map[string]apitypes.Stage{"$default": {StageName: aws.String("$default"), AutoDeploy: aws.Bool(true)}},
	}
	if change != nil {
		change(&api)
	}
	s.gateway = &Gateway{
		Log:      slog.New(slog.NewTextHandler(io.Discard, nil)),
		Declared: func(id string) (*declared.Snapshot, bool) { return s.snapshot, s.snapshot != nil },
		Listeners: func(region string) Listeners {
			if region != "eu-west-1" {
				return nil
			}
			return s
		},
		AccessLog: func(region, group, line string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.lines = append(s.lines, region+" "+group+" "+line)
		},
	}
	s.api.gateway = s.gateway
	s.declare(api)
	t.Cleanup(s.gateway.CloseAll)
	return s
}

// declare makes a new snapshot with the API in it.
func (s *stand) declare(api declared.API) {
	s.snapshot = &declared.Snapshot{Region: "eu-west-1"}
	s.snapshot.Subnets = map[string]ec2types.Subnet{
		"subnet-a": {SubnetId: aws.String("subnet-a"), VpcId: aws.String("vpc-1"), CidrBlock: aws.String("10.0.0.0/24")},
		"subnet-b": {SubnetId: aws.String("subnet-b"), VpcId: aws.String("vpc-1"), CidrBlock: aws.String("10.0.1.0/24")},
	}
	s.snapshot.APIs = map[string]declared.API{"abc": api}
	s.snapshot.VpcLinks = map[string]apitypes.VpcLink{"link": {
		VpcLinkId: aws.String("link"), SubnetIds: []string{"subnet-a"}, SecurityGroupIds: []string{"sg-link"}, VpcLinkStatus: "AVAILABLE",
	}}
}

func (s *stand) RoundTrip(listener string, from vpc.Interface, r *http.Request) (*http.Response, error) {
	if listener != listenerARN {
		return nil, fmt.Errorf("listener %s", listener)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.seen, s.body, s.from = r, string(body), from
	s.mu.Unlock()
	if s.answer != nil {
		return s.answer(r)
	}
	return reply(200, "hello"), nil
}

func reply(status int, body string, headers ...string) *http.Response {
	answer := &http.Response{StatusCode: status, Header: http.Header{}, ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body))}
	for i := 0; i < len(headers); i += 2 {
		answer.Header.Add(headers[i], headers[i+1])
	}
	return answer
}

// send sends a request whose headers are given in pairs.
func (s *stand) send(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	s.api.ServeHTTP(recorder, s.request(method, target, body, headers...))
	return recorder
}

func (s *stand) request(method, target, body string, headers ...string) *http.Request {
	request := httptest.NewRequest(method, target, strings.NewReader(body))
	request.Host, request.RemoteAddr = "127.92.86.205:4568", "127.0.0.1:40000"
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	return request
}

// want checks status and body of an answer, and what its explanation contains.
func want(t *testing.T, answer *httptest.ResponseRecorder, status int, body, explanation string) {
	t.Helper()
	told := answer.Header().Get("Sallyport-Explanation")
	if answer.Code != status || answer.Body.String() != body || !strings.Contains(told, explanation) || explanation == "" && told != "" {
		t.Errorf("%d %s (%s), want %d %s (%s)", answer.Code, answer.Body, told, status, body, explanation)
	}
}

func routes(keys ...string) []apitypes.Route {
	var all []apitypes.Route
	for _, key := range keys {
		all = append(all, apitypes.Route{RouteKey: aws.String(key), Target: aws.String("integrations/i1")})
	}
	return all
}

// open opens the API's address, or skips the test where there is none.
func (s *stand) open(t testing.TB) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	s.gateway.Port = listener.Addr().(*net.TCPAddr).Port
	s.gateway.Open("abc")
	if known := s.gateway.APIs(); known[0].Problem != "" {
		t.Skip(known[0].Problem)
	}
}
