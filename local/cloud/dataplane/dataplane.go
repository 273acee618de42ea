// Package dataplane serves the traffic of what is declared in the local cloud: it puts together, for each Region, the
// network, the load balancers and the tasks, gives them the gateway, and shows them the calls of the AWS API.
package dataplane

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	"github.com/go-jose/go-jose/v4"
	"github.com/moby/moby/client"

	"sallyport/local/cloud/balancer"
	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/ecs"
	"sallyport/local/cloud/fargate"
	"sallyport/local/cloud/front"
	"sallyport/local/cloud/gateway"
	"sallyport/local/cloud/logs"
	"sallyport/local/cloud/restapi"
	"sallyport/local/cloud/vpc"
)

// Plane is the data plane of all Regions. All exported fields but Endpoint are needed.
type Plane struct {
	// Upstream returns moto's host and port, and false while it is not answering.
	Upstream func() (string, bool)
	// RegistryAddr is the host and port of the image registry, Password its password for a Region's repositories.
	RegistryAddr string
	Password     func(region string) string
	// Engine returns a client of the Docker engine, or why there is none.
	Engine func(context.Context) (*client.Client, error)
	// Endpoint returns where the containers of an engine reach the AWS API; nil where they reach none.
	Endpoint func(context.Context, *client.Client) (fargate.API, error)
	// Owner names the cloud that containers belong to: its folder.
	Owner string
	Logs  *logs.Writer
	Log   *slog.Logger

	callers    callers
	identities identities

	mu      sync.Mutex
	regions map[string]*region
}

// region is the data plane of one Region.
type region struct {
	plane     *Plane
	name      string
	watcher   *declared.Watcher
	network   *vpc.Network
	balancer  *balancer.Balancer
	scheduler *ecs.Scheduler
	scaling   scalingTags
	policies  policies
	tokens    tokens
	links     *privateLink
	rest      *restapi.Store
	// domainTags are those of custom domain names that were changed, which moto can't: a map[string]string by name.
	domainTags sync.Map
}

// regionName is the form of all Regions' names, such as us-gov-west-1.
var regionName = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]{2,12}){1,2}-[0-9]{1,2}$`)

// regionLimit is more Regions than AWS has. Each takes a little memory, and any request may name one.
const regionLimit = 64

func (p *Plane) region(name string) (*region, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.regions[name]; known != nil {
		return known, nil
	}
	if !regionName.MatchString(name) || len(p.regions) >= regionLimit {
		return nil, &smithy.GenericAPIError{Code: "InvalidClientTokenId", Message: fmt.Sprintf("The request is signed for %.60q, which is no Region, or one more than %d of them.", name, regionLimit)}
	}
	links, rest := &privateLink{}, &restapi.Store{Unsupported: gateway.UnsupportedRest}
	watcher := declared.NewWatcher(name, source{declared.Reader{Upstream: p.Upstream}, links, rest}, p.Log)
	r := &region{plane: p, name: name, watcher: watcher, links: links, rest: rest, network: &vpc.Network{Declared: watcher.Current}}
	r.balancer = balancer.New(r.network, p.Log)
	watcher.OnChange(r.balancer.Declare)
	watcher.Changed("ec2") // a Region has its default VPC without a call
	r.scheduler = &ecs.Scheduler{
		Runtime: runtime{region: r, fargate: &fargate.Runtime{
			Engine: p.Engine, API: p.Endpoint, Owner: p.Owner, Auth: r.auth, Network: r.network, Logs: logStreams{p.Logs}, Secrets: p.secret, Log: p.Log,
		}},
		Network:     network{r.network, watcher.Current},
		Targets:     r.balancer,
		Definitions: definitions{r},
		Alarms:      alarms{r},
		Declared:    watcher.Current,
		Log:         p.Log,
	}
	if p.regions == nil {
		p.regions = map[string]*region{}
	}
	p.regions[name] = r
	return r, nil
}

func (r *region) config() (aws.Config, error) { return declared.Config(r.plane.Upstream, r.name) }

// Concerns reports whether the data plane is shown a call.
func (p *Plane) Concerns(call front.Call) bool {
	switch call.Service {
	case "ecs":
		return true
	case "elasticloadbalancing":
		return declared.Mutates(call.Action) || call.Action == "DescribeTargetHealth" || call.Action == "DescribeLoadBalancers"
	case "ec2":
		return declared.Mutates(call.Action) || call.Action == "DescribeNetworkInterfaces"
	case "apigateway":
		_, path, _ := strings.Cut(call.Action, " ")
		return declared.Mutates(call.Action) || restapi.Owns(path) || domainPath.MatchString(call.Action) || tagPath.MatchString(call.Action) || emptiablePath.MatchString(call.Action) || mappingPath.MatchString(call.Action)
	case "application-autoscaling":
		return concernsTags(call.Action)
	case "iam":
		return declared.Mutates(call.Action)
	case "dynamodb":
		return call.Action == "TransactWriteItems"
	case "lambda":
		return policyPath.MatchString(call.Action)
	case "wafv2":
		return isAssociation(call.Action)
	}
	return false
}

// Before refuses what is not served, and answers what moto knows nothing of.
func (p *Plane) Before(ctx context.Context, call front.Call, input []byte) ([]byte, error) {
	r, err := p.region(call.Region)
	if err != nil {
		return nil, err
	}
	switch call.Service {
	case "ecs":
		if call.Action == "CreateService" || call.Action == "UpdateService" {
			// What was declared for the service is to be known when its first task starts.
			if err := r.settle(ctx); err != nil {
				return nil, err
			}
		}
		return r.scheduler.Before(ctx, call.Action, input)
	case "application-autoscaling":
		return r.scaling.before(call.Action, input)
	case "elasticloadbalancing":
		switch call.Action {
		case "RegisterTargets", "DeregisterTargets", "DescribeTargetHealth":
			if err := r.settle(ctx); err != nil {
				return nil, err
			}
			return r.targets(call.Action, input)
		}
		form, err := url.ParseQuery(string(input))
		if err != nil {
			return nil, validation("the form can't be read: %s", err)
		}
		if call.Action == "SetSecurityGroups" {
			if err := r.settle(ctx); err != nil {
				return nil, err
			}
			return nil, r.links.before(form, r.watcher.Current())
		}
		return nil, refusal("ValidationError", balancer.Unsupported(call.Action, form))
	case "ec2":
		switch call.Action {
		case "ModifySecurityGroupRules":
			return nil, r.modifiable(ctx, input)
		case "DescribeNetworkInterfaces":
			return r.networkInterfaces(ctx, input)
		}
	case "apigateway":
		method, path, _ := strings.Cut(call.Action, " ")
		if err := refusal("BadRequestException", gateway.Unsupported(method, path, input)); err != nil {
			return nil, err
		}
		switch {
		case method == http.MethodPatch && stagePath.MatchString(path):
			return r.updateStage(ctx, path, input)
		case method == http.MethodDelete && routeSettingsPath.MatchString(path):
			return r.deleteRouteSettings(ctx, path)
		}
		if part := tagPath.FindStringSubmatch(call.Action); part != nil {
			return r.tagged(ctx, part, call.Query, input)
		}
		return r.restCall(ctx, call, method, path, input)
	case "lambda":
		return r.functionPolicy(ctx, call, input)
	case "dynamodb":
		return r.tokens.before(input)
	}
	return nil, nil
}

// settleLimit is how long a call may wait for what was declared before it to be read: well under a second where the
// machine has nothing else to do.
const settleLimit = time.Minute

func (r *region) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	return r.watcher.Wait(ctx)
}

// refusal is the error of a call that asks for what the local cloud does not do; nil when there is nothing of it.
func refusal(code string, unsupported []string) error {
	if len(unsupported) == 0 {
		return nil
	}
	return &smithy.GenericAPIError{Code: code, Message: strings.Join(unsupported, " ")}
}

// After notes what was declared, and completes what moto says of services.
func (p *Plane) After(ctx context.Context, call front.Call, input, answer []byte) ([]byte, error) {
	r, err := p.region(call.Region)
	if err != nil {
		return nil, err
	}
	if call.Service == "ecs" {
		return r.scheduler.After(ctx, call.Action, input, answer)
	}
	switch call.Service {
	case "application-autoscaling":
		return answer, r.scaling.after(input, answer)
	case "wafv2":
		return answer, r.associate(input)
	case "iam":
		p.identities.changed()
		return answer, nil
	case "dynamodb":
		r.tokens.after(input, answer)
		return answer, nil
	}
	if call.Service == "elasticloadbalancing" {
		if answer, err = r.completeLoadBalancers(call.Action, input, answer); err != nil {
			return nil, err
		}
	}
	if call.Service != "lambda" && declared.Mutates(call.Action) {
		r.watcher.Changed(call.Service)
	}
	if call.Service != "apigateway" {
		return answer, nil
	}
	if emptiablePath.MatchString(call.Action) {
		return withoutEmptied(answer)
	}
	if domainPath.MatchString(call.Action) {
		return r.completeDomains(answer)
	}
	if part := domainDeletion.FindStringSubmatch(call.Action); part != nil {
		r.rest.Unmap(part[1])
		r.domainTags.Delete(part[1])
	}
	if part := mappingPath.FindStringSubmatch(call.Action); part != nil && part[1] == http.MethodGet && part[3] == "" {
		return r.addMappings(part[2], answer)
	}
	return answer, nil
}

// API returns what is declared where an API is. Every request asks for it.
func (p *Plane) API(id string) (*declared.Snapshot, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.regions {
		s := r.watcher.Current()
		_, isHTTP := s.APIs[id]
		if _, isREST := s.RestAPIs[id]; isHTTP || isREST {
			return s, true
		}
	}
	return nil, false
}

// Domain returns what is declared where a custom domain name is. Every request asks for it.
func (p *Plane) Domain(name string) (*declared.Snapshot, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.regions {
		s := r.watcher.Current()
		if _, ok := s.Domains[name]; ok {
			return s, true
		}
	}
	return nil, false
}

// Listeners returns the listeners of a Region, nil where nothing is declared.
func (p *Plane) Listeners(name string) gateway.Listeners {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.regions[name]; known != nil {
		return known.balancer
	}
	return nil
}

// Links returns what VPC links of REST APIs in a Region lead to, nil where nothing is declared.
func (p *Plane) Links(name string) gateway.Links {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.regions[name]; known != nil {
		return known.balancer
	}
	return nil
}

// UserPool fetches the keys of a user pool of Amazon Cognito from moto, which has the same ones for all of them.
func (p *Plane) UserPool(ctx context.Context, name, id string) (jose.JSONWebKeySet, error) {
	var keys jose.JSONWebKeySet
	r, err := p.region(name)
	if err != nil {
		return keys, err
	}
	answer, status, err := r.moto(ctx, "cognito-idp", http.MethodGet, "/"+url.PathEscape(id)+"/.well-known/jwks.json", nil)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("moto answers %d", status)
	}
	if err == nil {
		err = json.Unmarshal(answer, &keys)
	}
	if err != nil {
		err = fmt.Errorf("user pool %s can't be asked for its keys: %w", id, err)
	}
	return keys, err
}

// AccessLog writes a line of an API's access log.
func (p *Plane) AccessLog(region, logGroupARN, line string) {
	// arn:aws:logs:REGION:ACCOUNT:log-group:NAME, after which some write :*
	_, group, _ := strings.Cut(logGroupARN, ":log-group:")
	p.Logs.Stream(region, strings.TrimSuffix(group, ":*"), accessLogStream).Put(time.Now(), line)
}

// accessLogStream is the log stream of all access logs; API Gateway's own have names without a meaning.
const accessLogStream = "access-log"

// Services tells what runs, in all Regions.
func (p *Plane) Services() []ecs.ServiceStatus {
	services := []ecs.ServiceStatus{}
	for _, r := range p.all() {
		services = append(services, r.scheduler.Status()...)
	}
	return services
}

func (p *Plane) all() []*region {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]*region, 0, len(p.regions))
	for _, r := range p.regions {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *region) int { return strings.Compare(a.name, b.name) })
	return all
}

// Reset forgets everything, because moto has lost what was declared, and stops the tasks. It does not wait for them.
func (p *Plane) Reset() {
	p.identities.changed()
	for _, r := range p.forget() {
		go r.close(context.Background())
	}
}

// Close ends all tasks, and with them everything that serves.
func (p *Plane) Close(ctx context.Context) error {
	var failures []error
	for _, r := range p.forget() {
		failures = append(failures, r.close(ctx))
	}
	return errors.Join(failures...)
}

// forget lets go of all Regions, whose tasks begin to stop at once.
func (p *Plane) forget() map[string]*region {
	p.mu.Lock()
	defer p.mu.Unlock()
	regions := p.regions
	p.regions = nil
	for _, r := range regions {
		r.scheduler.Stop()
	}
	return regions
}

func (r *region) close(ctx context.Context) error {
	err := r.scheduler.Close(ctx)
	r.balancer.Close()
	r.watcher.Close()
	return err
}
