// Package declared is what stacks have declared in the AWS API: networks, load balancers and HTTP APIs, as the parts
// that serve traffic obey them.
package declared

import (
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// Snapshot is all that was declared in one Region at one moment. It is never changed after it was made, so it may be
// read from everywhere; its maps may be nil.
type Snapshot struct {
	Region string
	VPC
	LoadBalancing
	Gateway
}

// VPC is what decides who reaches whom. The maps are keyed by id.
type VPC struct {
	Subnets          map[string]ec2types.Subnet
	RouteTables      map[string]ec2types.RouteTable
	SecurityGroups   map[string]ec2types.SecurityGroup
	InternetGateways map[string]ec2types.InternetGateway
	NatGateways      map[string]ec2types.NatGateway
	VpcEndpoints     map[string]ec2types.VpcEndpoint
	// PrefixLists are AWS's own, such as com.amazonaws.us-east-1.s3.
	PrefixLists map[string]ec2types.PrefixList
}

// LoadBalancing is what was declared of Elastic Load Balancing. The maps are keyed by ARN.
type LoadBalancing struct {
	LoadBalancers map[string]LoadBalancer
	Listeners     map[string]Listener
	TargetGroups  map[string]TargetGroup
}

// LoadBalancer is a load balancer with its attributes, such as idle_timeout.timeout_seconds.
type LoadBalancer struct {
	elbtypes.LoadBalancer
	Attributes map[string]string
}

// Listener is a listener with its rules, ordered by priority, the default rule last.
type Listener struct {
	elbtypes.Listener
	Rules []elbtypes.Rule
	// Names are those that the default certificate of an HTTPS or TLS listener is for, as ACM has them: none where ACM does not
	// know the certificate.
	Names []string
	// Attributes are those of a Network Load Balancer's listener, such as tcp.idle_timeout.seconds.
	Attributes map[string]string
}

// TargetGroup is a target group with its attributes, such as deregistration_delay.timeout_seconds.
type TargetGroup struct {
	elbtypes.TargetGroup
	Attributes map[string]string
}

// Gateway is what was declared of API Gateway. The maps are keyed by id.
type Gateway struct {
	Rest
	APIs     map[string]API
	VpcLinks map[string]apitypes.VpcLink
	// Domains are custom domain names, by name.
	Domains map[string]Domain
}

// Domain is a custom domain name with its mappings to APIs.
type Domain struct {
	apitypes.DomainName
	Mappings []apitypes.ApiMapping
}

// Authorizer is an authorizer of an HTTP API.
type Authorizer struct {
	JwtConfiguration *apitypes.JWTConfiguration
	IdentitySource   []string
}

// API is an HTTP API with everything in it.
type API struct {
	apitypes.Api
	Routes       []apitypes.Route
	Integrations map[string]apitypes.Integration // by id
	Stages       map[string]apitypes.Stage       // by name
	Authorizers  map[string]Authorizer           // those that routes ask, by id
}
