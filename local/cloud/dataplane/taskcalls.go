package dataplane

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"sallyport/local/cloud/ecs"
	"sallyport/local/cloud/front"
	"sallyport/local/cloud/policy"
	"sallyport/local/cloud/vpc"
)

// keyPrefix begins the access key of a task, as it begins those of all roles:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
const keyPrefix = "ASIA"

// accessKey names a task in the calls of its containers. Signatures are not checked, so there is nothing to keep secret.
func accessKey(taskID string) string { return keyPrefix + strings.ToUpper(taskID) }

// caller is a task that may call the AWS API.
type caller struct {
	region   *region
	id       string // of the task
	service  string
	roleName string // empty without a task role
	network  vpc.Interface
}

func newCaller(r *region, t ecs.Task) *caller {
	_, role, _ := strings.Cut(aws.ToString(t.Definition.TaskRoleArn), ":role/")
	// A role may have a path before its name.
	return &caller{region: r, id: t.ID, service: t.ServiceName, roleName: role[strings.LastIndex(role, "/")+1:], network: t.Interface}
}

// accessKey is empty without a task role: Fargate gives no credentials then.
func (c *caller) accessKey() string {
	if c.roleName == "" {
		return ""
	}
	return accessKey(c.id)
}

// callers are the tasks that run, by access key, and what they have asked for in vain.
type callers struct {
	mu      sync.Mutex
	byKey   map[string]*caller
	refused []RefusedCall
}

// RefusedCall is what a task has asked of AWS in vain.
type RefusedCall struct {
	Service string `json:"service"` // of ECS, empty of a task of its own
	Task    string `json:"task"`    // id
	Call    string `json:"call"`    // such as dynamodb:GetItem
	Reason  string `json:"reason"`
	Count   int    `json:"count"`
}

// refusedLimit is how many refused calls are remembered. Those that differ by nothing but the time are one.
const refusedLimit = 20

func (c *callers) add(of *caller) {
	if of.accessKey() == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey == nil {
		c.byKey = map[string]*caller{}
	}
	c.byKey[accessKey(of.id)] = of
}

func (c *callers) remove(taskID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.byKey, accessKey(taskID))
}

func (c *callers) get(key string) *caller {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byKey[key]
}

// note remembers a refused call, and tells whether it is one that was not refused before.
func (c *callers) note(call RefusedCall) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, known := range c.refused {
		known.Count = 0
		if known == call {
			c.refused[i].Count++
			return false
		}
	}
	call.Count = 1
	c.refused = append(c.refused, call)
	c.refused = c.refused[max(0, len(c.refused)-refusedLimit):]
	return true
}

// RefusedCalls are what tasks have asked of AWS in vain, the first one first.
func (p *Plane) RefusedCalls() []RefusedCall {
	p.callers.mu.Lock()
	defer p.callers.mu.Unlock()
	return slices.Clone(p.callers.refused)
}

// Calls reports whether an access key is that of a task which runs.
func (p *Plane) Calls(key string) bool { return p.callers.get(key) != nil }

// Admit lets a call of a task pass where the VPC has a way to the service, and the policies of the task's role and of the
// endpoint on that way allow it. A call without a way is front.Unreachable; all others are refused as AWS does.
func (p *Plane) Admit(ctx context.Context, call front.Call, input []byte) error {
	from := p.callers.get(call.AccessKey)
	if from == nil {
		return nil
	}
	err := from.admit(ctx, call, input)
	if err == nil {
		return nil
	}
	reason := err.Error()
	if known, ok := errors.AsType[smithy.APIError](err); ok {
		reason = known.ErrorMessage()
	}
	refused := RefusedCall{Service: from.service, Task: from.id, Call: call.Service + ":" + call.Action, Reason: reason}
	if p.callers.note(refused) {
		p.Log.Warn("a task's call is refused", "task", from.id, "call", refused.Call, "reason", reason)
	}
	return err
}

func (c *caller) admit(ctx context.Context, call front.Call, input []byte) error {
	// The call may be about what was declared a moment ago.
	if err := c.region.settle(ctx); err != nil {
		return err
	}
	if call.Region != c.region.name {
		return &front.Unreachable{Reason: fmt.Sprintf("the task is in %s, and calls %s in %s: an endpoint of the VPC leads to its own Region, and the local cloud has no other way",
			c.region.name, call.Service, call.Region)}
	}
	endpoint, err := c.region.network.Way(c.network, endpointOf(call.Service))
	if blocked, ok := errors.AsType[*vpc.Blocked](err); ok {
		return &front.Unreachable{Reason: fmt.Sprintf("%s is out of the task's reach: %s", call.Service, blocked.Reason)}
	}
	if err != nil {
		return err
	}
	wanted, err := requests(call, input)
	if err != nil || len(wanted) == 0 {
		return err
	}
	role, err := c.region.plane.rolePolicies(ctx, c.region, c.roleName)
	if err != nil {
		return err
	}
	for _, r := range wanted {
		if err := c.allow(call, r, "identity-based policy", policy.Judge(role, r)); err != nil {
			return err
		}
	}
	if endpoint == nil {
		return nil
	}
	passing, err := policy.ParseEndpoint(aws.ToString(endpoint.VpcEndpointId), aws.ToString(endpoint.PolicyDocument))
	if err != nil {
		return err
	}
	for _, r := range wanted {
		if err := c.allow(call, r, "VPC endpoint policy", policy.Judge([]policy.Policy{passing}, r)); err != nil {
			return err
		}
	}
	return nil
}

// allow turns a verdict into AWS's refusal, in AWS's words:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
func (c *caller) allow(call front.Call, r policy.Request, kind string, verdict policy.Verdict) error {
	because := fmt.Sprintf("because no %s allows the %s action", kind, r.Action)
	switch {
	case verdict.Allowed:
		return nil
	case verdict.Denied:
		because = "with an explicit deny in a " + kind
		if kind == "identity-based policy" {
			because = "with an explicit deny in an " + kind
		}
	case verdict.Undecided != "":
		because = "because it hangs on what the local cloud does not evaluate: " + verdict.Undecided
	}
	return denied(call, "User: arn:aws:sts::%s:assumed-role/%s/%s is not authorized to perform: %s on resource: %s %s",
		account, c.roleName, c.id, r.Action, r.Resource, because)
}

// denied has the code of the call's protocol.
func denied(call front.Call, format string, values ...any) error {
	code := "AccessDeniedException"
	switch call.Protocol {
	case front.Query, front.RESTXML:
		code = "AccessDenied"
	case front.EC2:
		code = "UnauthorizedOperation"
	}
	return &smithy.GenericAPIError{Code: code, Message: fmt.Sprintf(format, values...)}
}

// endpointOf is the name that a service has in that of its VPC endpoint, which mostly is the one that calls are signed for.
// https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
func endpointOf(service string) string {
	if service == "ecr" {
		return "ecr.api"
	}
	return service
}
