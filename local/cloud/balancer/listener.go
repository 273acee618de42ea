package balancer

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/vpc"
)

// loadBalancer is a declared load balancer in the form that requests need.
type loadBalancer struct {
	arn   string
	nodes []node
	// problem is why it serves nothing; nil when it does.
	problem error

	idleTimeout  time.Duration
	xff          string
	dropInvalid  bool
	preserveHost bool

	// network is true of a Network Load Balancer, which passes connections on; what follows is of one.
	network             bool
	crossZone           bool
	enforcesPrivateLink bool
}

// node is the interface that a load balancer has in one of its subnets.
type node struct {
	vpc.Interface
	zone string
}

type listener struct {
	lb   *loadBalancer
	arn  string
	port int
	// flowIdle is the idle timeout of a Network Load Balancer's listener.
	flowIdle time.Duration
	// secure listeners take TLS alone, with a certificate for these names.
	secure bool
	names  []string
	rules  []rule
	// zones tells the zone of every subnet, to prefer the node in the client's.
	zones map[string]string
}

// Attributes of load balancers and their defaults:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
const defaultIdleTimeout = 60 * time.Second

// compile returns the listeners by ARN, and the load balancer that uses each target group. A target group serves one
// load balancer: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
func (b *Balancer) compile(s *declared.Snapshot) (map[string]*listener, map[string]*loadBalancer) {
	zones := map[string]string{}
	for id, subnet := range s.Subnets {
		zones[id] = aws.ToString(subnet.AvailabilityZone)
	}
	balancers := map[string]*loadBalancer{}
	for arn, lb := range s.LoadBalancers {
		balancers[arn] = b.compileBalancer(s, arn, lb, zones)
	}
	listeners, users := map[string]*listener{}, map[string]*loadBalancer{}
	for _, arn := range slices.Sorted(maps.Keys(s.Listeners)) {
		declaredListener := s.Listeners[arn]
		lb := balancers[aws.ToString(declaredListener.LoadBalancerArn)]
		if lb == nil {
			continue
		}
		p := declaredListener.Protocol
		served := []elbtypes.ProtocolEnum{elbtypes.ProtocolEnumHttp, elbtypes.ProtocolEnumHttps}
		if lb.network {
			served = []elbtypes.ProtocolEnum{elbtypes.ProtocolEnumTcp, elbtypes.ProtocolEnumTls}
		}
		if !slices.Contains(served, p) && lb.problem == nil {
			lb = &loadBalancer{arn: lb.arn, problem: fmt.Errorf("listener %s has the protocol %s, which the local cloud does not serve: declare it with %s or %s", arn, p, served[0], served[1])}
		}
		l := &listener{
			lb: lb, arn: arn, port: int(aws.ToInt32(declaredListener.Port)), zones: zones,
			secure: p == elbtypes.ProtocolEnumHttps || p == elbtypes.ProtocolEnumTls, names: declaredListener.Names,
			flowIdle: defaultFlowIdle,
		}
		if p == elbtypes.ProtocolEnumTcp {
			l.flowIdle = seconds(declaredListener.Attributes["tcp.idle_timeout.seconds"], defaultFlowIdle)
		}
		rules := declaredListener.Rules
		if len(rules) == 0 {
			rules = []elbtypes.Rule{{Actions: declaredListener.DefaultActions, IsDefault: aws.Bool(true)}}
		}
		for _, r := range rules {
			compiled := compileRule(r)
			l.rules = append(l.rules, compiled)
			for _, w := range compiled.groups {
				if users[w.arn] == nil {
					users[w.arn] = lb
				}
			}
		}
		listeners[arn] = l
	}
	return listeners, users
}

func (b *Balancer) compileBalancer(s *declared.Snapshot, arn string, lb declared.LoadBalancer, zones map[string]string) *loadBalancer {
	c := &loadBalancer{
		arn:          arn,
		idleTimeout:  seconds(lb.Attributes["idle_timeout.timeout_seconds"], defaultIdleTimeout),
		xff:          cmp.Or(lb.Attributes["routing.http.xff_header_processing.mode"], "append"),
		dropInvalid:  lb.Attributes["routing.http.drop_invalid_header_fields.enabled"] == "true",
		preserveHost: lb.Attributes["routing.http.preserve_host_header.enabled"] == "true",
	}
	switch lb.Type {
	case "", elbtypes.LoadBalancerTypeEnumApplication:
	case elbtypes.LoadBalancerTypeEnumNetwork:
		c.compileNetwork(lb)
	default:
		c.problem = fmt.Errorf("%s is a %s load balancer, which the local cloud does not serve: declare an application or a network load balancer", arn, lb.Type)
		return c
	}
	for _, zone := range lb.AvailabilityZones {
		subnet := aws.ToString(zone.SubnetId)
		i, err := b.node(s, arn, subnet, lb.SecurityGroups)
		if err != nil {
			c.problem = fmt.Errorf("node of load balancer %s in subnet %s: %w", arn, subnet, err)
			return c
		}
		i.NoGroups = c.network && len(lb.SecurityGroups) == 0
		c.nodes = append(c.nodes, node{i, cmp.Or(zones[subnet], aws.ToString(zone.ZoneName))})
	}
	if len(c.nodes) == 0 {
		c.problem = fmt.Errorf("load balancer %s has no subnet: give it one per Availability Zone", arn)
	}
	return c
}

// protocol is how a client speaks to the listener.
func (l *listener) protocol() string {
	if l.secure {
		return "https"
	}
	return "http"
}

// serves tells whether a zone is enabled for the load balancer. The zone of a subnet that is not declared is unknown
// and counts as enabled.
func (lb *loadBalancer) serves(zone string) bool {
	return zone == "" || slices.ContainsFunc(lb.nodes, func(n node) bool { return n.zone == zone })
}

// nodeFor returns the node that reaches a target: the one in its zone, else the first.
func (lb *loadBalancer) nodeFor(zone string) vpc.Interface {
	for _, n := range lb.nodes {
		if n.zone == zone {
			return n.Interface
		}
	}
	return lb.nodes[0].Interface
}

// seconds reads an attribute that is a number of seconds.
func seconds(value string, otherwise time.Duration) time.Duration {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return otherwise
	}
	return time.Duration(n) * time.Second
}
