package gateway

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/vpc"
)

// site is what an API serves, made ready for requests when what is declared has changed.
type site struct {
	declared *declared.Snapshot
	region   string
	id       string
	disabled bool
	cors     *cors
	stages   map[string]*stage
	routes   []*route // in the order of compareKeys
}

const defaultStage = "$default"

type stage struct {
	name      string
	deployed  bool
	variables map[string]string
	log       logFormat
	logGroup  string
	// throttles are by route key; a route without one has the account's alone.
	throttles map[string]*throttle
}

// integration is where the requests of a route go. problem says why they can't, in plain words.
type integration struct {
	problem  string
	method   string // empty for the client's own
	listener string
	// serverName is the name that the listener's certificate must have; empty for plain HTTP.
	serverName string
	// from are the link's interfaces, one for each of its subnets, which take turns.
	from     []vpc.Interface
	turn     atomic.Uint32
	timeout  time.Duration
	request  []mapping
	response map[int][]mapping
}

// The integration timeout, https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
const (
	minTimeout = 50 * time.Millisecond
	maxTimeout = 30 * time.Second
)

// newSite makes an API ready. throttles are those of the site before it, which keep the tokens that they have.
func newSite(s *declared.Snapshot, id string, throttles throttles) *site {
	api := s.APIs[id]
	made := &site{
		declared: s, region: s.Region, id: id, disabled: aws.ToBool(api.DisableExecuteApiEndpoint),
		cors: newCORS(api.CorsConfiguration), stages: map[string]*stage{},
	}
	integrations := map[string]*integration{}
	for key, declared := range api.Integrations {
		integrations["integrations/"+key] = newIntegration(s, declared)
	}
	for _, r := range api.Routes {
		key, err := parseRouteKey(aws.ToString(r.RouteKey))
		if err != nil {
			continue // it was refused when it was declared
		}
		target := integrations[aws.ToString(r.Target)]
		if target == nil {
			target = &integration{problem: fmt.Sprintf("the route %q has no integration: give it a target, \"integrations/ID\"", key.text)}
		}
		made.routes = append(made.routes, &route{key: key, access: newAccess(api, r), integration: target})
	}
	slices.SortStableFunc(made.routes, func(a, b *route) int { return compareKeys(a.key, b.key) })
	for name, declared := range api.Stages {
		made.stages[name] = newStage(name, declared, made.routes, throttles)
	}
	throttles.sweep()
	return made
}

func newStage(name string, s apitypes.Stage, routes []*route, throttles throttles) *stage {
	made := &stage{
		name: name, deployed: aws.ToBool(s.AutoDeploy) || aws.ToString(s.DeploymentId) != "",
		variables: s.StageVariables, throttles: map[string]*throttle{},
	}
	if settings := s.AccessLogSettings; settings != nil && aws.ToString(settings.DestinationArn) != "" && aws.ToString(settings.Format) != "" {
		made.log = parseLogFormat(*settings.Format, contextVariable)
		made.logGroup = strings.TrimSuffix(*settings.DestinationArn, ":*")
	}
	for _, r := range routes {
		if t := throttles.forRoute(s, r.key.text); t != nil {
			made.throttles[r.key.text] = t
		}
	}
	return made
}

func newIntegration(s *declared.Snapshot, i apitypes.Integration) *integration {
	id := aws.ToString(i.IntegrationId)
	made := &integration{
		listener: aws.ToString(i.IntegrationUri),
		timeout:  min(max(time.Duration(aws.ToInt32(i.TimeoutInMillis))*time.Millisecond, minTimeout), maxTimeout),
		response: map[int][]mapping{},
	}
	if aws.ToInt32(i.TimeoutInMillis) == 0 {
		made.timeout = maxTimeout
	}
	if method := aws.ToString(i.IntegrationMethod); method != anyMethod {
		made.method = method
	}
	if i.IntegrationType == apitypes.IntegrationTypeAwsProxy {
		made.problem = fmt.Sprintf("integration %s leads to the Lambda function %s, and the local cloud runs no Lambda functions", id, made.listener)
		return made
	}
	if i.IntegrationType != apitypes.IntegrationTypeHttpProxy || i.ConnectionType != apitypes.ConnectionTypeVpcLink || !isListener(made.listener) {
		made.problem = fmt.Sprintf("integration %s is none that the local cloud serves: it must be HTTP_PROXY through a VPC_LINK to the listener of an Application Load Balancer", id)
		return made
	}
	linkID := aws.ToString(i.ConnectionId)
	link, ok := s.VpcLinks[linkID]
	if !ok {
		made.problem = fmt.Sprintf("integration %s goes through VPC link %s, which does not exist", id, linkID)
		return made
	}
	if status := link.VpcLinkStatus; status != "" && status != apitypes.VpcLinkStatusAvailable {
		made.problem = fmt.Sprintf("VPC link %s of integration %s is %s: it must be AVAILABLE", linkID, id, status)
		return made
	}
	for _, subnet := range slices.Sorted(slices.Values(link.SubnetIds)) {
		node, err := vpc.Node(s, linkID, subnet, link.SecurityGroupIds)
		if err != nil {
			made.problem = fmt.Sprintf("VPC link %s of integration %s: %s", linkID, id, err)
			return made
		}
		made.from = append(made.from, node)
	}
	if len(made.from) == 0 {
		made.problem = fmt.Sprintf("VPC link %s of integration %s has no subnet", linkID, id)
	}
	if i.TlsConfig != nil {
		made.serverName = aws.ToString(i.TlsConfig.ServerNameToVerify)
	}
	made.request = newMappings(i.RequestParameters, false)
	for status, parameters := range i.ResponseParameters {
		if code, err := strconv.Atoi(status); err == nil {
			made.response[code] = newMappings(parameters, true)
		}
	}
	return made
}

func isListener(arn string) bool {
	return strings.HasPrefix(arn, "arn:") && strings.Contains(arn, ":elasticloadbalancing:") && strings.Contains(arn, ":listener/app/")
}

// interfaceInTurn returns the link's interface for the next request.
func (i *integration) interfaceInTurn() vpc.Interface {
	return i.from[int(i.turn.Add(1)-1)%len(i.from)]
}

// selectStage returns the stage of a path and the path without it: a stage whose name is the path's first part comes
// before $default. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
func (s *site) selectStage(path string) (*stage, string) {
	first, rest, _ := strings.Cut(path[1:], "/")
	selected, below := s.stages[defaultStage], path
	if named := s.stages[first]; named != nil && first != defaultStage {
		selected, below = named, "/"+rest
	}
	if selected == nil || !selected.deployed {
		return nil, ""
	}
	return selected, below
}

// lackOfStage says why no stage takes a path.
func (s *site) lackOfStage() string {
	names := []string{}
	for name, stage := range s.stages {
		if !stage.deployed {
			return fmt.Sprintf("stage %q of API %s is not deployed, so it serves nothing: give it auto-deploy", name, s.id)
		}
		names = append(names, strconv.Quote(name))
	}
	slices.SortFunc(names, cmp.Compare[string])
	if len(names) == 0 {
		return fmt.Sprintf("API %s has no stage", s.id)
	}
	return fmt.Sprintf("API %s has no $default stage, and the path begins with the name of none of its stages: %s", s.id, strings.Join(names, ", "))
}
