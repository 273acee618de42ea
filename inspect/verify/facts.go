package verify

import (
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// Facts are what the checks judge: the stack's exports, what its URL answers, and what the AWS API says of it. What AWS
// says does not exist is nil or missing here, which is a finding and not an error.
type Facts struct {
	Outputs Outputs
	Answers []Answer // of the URL, one for each Probe

	API          *apigatewayv2.GetApiOutput
	Routes       []apitypes.Route
	Integrations []apitypes.Integration
	Stages       []apitypes.Stage
	Links        []apitypes.VpcLink // that the integrations name
	// Rest is the stack's API where that is a REST API. What stands above it is of an HTTP API then, and empty.
	Rest Rest
	// Mappings are those of the URL's host, where that is another one than the API's own; none where it is no custom domain
	// name.
	Mappings []apitypes.ApiMapping

	LoadBalancer  *elbtypes.LoadBalancer  // the stack's
	LoadBalancers []elbtypes.LoadBalancer // all of the VPC
	Listeners     []elbtypes.Listener     // of the stack's load balancer
	TargetGroup   *elbtypes.TargetGroup
	Targets       []elbtypes.TargetHealthDescription

	Service     *ecstypes.Service
	Tasks       []ecstypes.Task                    // that the service runs, those that start or stop included
	Definitions map[string]ecstypes.TaskDefinition // of the tasks, of the service and of its deployments, by ARN

	RouteTables []ec2types.RouteTable        // of the VPC
	Interfaces  []ec2types.NetworkInterface  // of the VPC
	Rules       []ec2types.SecurityGroupRule // of the groups of HTTP API's links, load balancer and service

	// LoggedBy is when each of Tasks last logged to the app's log group, by task ARN.
	LoggedBy map[string]time.Time
	// Access are the access log's lines of Answers, by request id.
	Access map[string]AccessLine
}

// Outputs are the stack's exports.
type Outputs struct {
	URL             string  `json:"url"`
	APIID           string  `json:"apiId"`
	ImageRef        string  `json:"imageRef"` // REPOSITORY@DIGEST, just pushed
	ClusterName     string  `json:"clusterName"`
	ServiceName     string  `json:"serviceName"`
	LoadBalancerARN string  `json:"loadBalancerArn"`
	TargetGroupARN  string  `json:"targetGroupArn"`
	LogGroupName    string  `json:"logGroupName"`
	Probes          []Probe `json:"probes"`
	// REST is whether the API is a REST API, and no HTTP API.
	REST bool `json:"rest"`
	// InvokeURL is the URL of the REST API's stage, with the stage's name at its end. It is that of Pulumi's state, since
	// AWS does not tell it.
	InvokeURL string `json:"invokeUrl"`
}

// Probe is a request that the app must answer with 200.
type Probe struct {
	Method string `json:"method"` // GET or POST
	Path   string `json:"path"`
}

func (p Probe) String() string { return p.Method + " " + p.Path }

// Answer is what the URL answered to a Probe.
type Answer struct {
	Probe  Probe
	Status int         // 0 where there was none
	Header http.Header // of the answer
	Took   time.Duration
	Err    error // why there was none
	// RequestID is API Gateway's own, which is in its access log too.
	RequestID string
	// Earlier are the ids of the last requests of this Probe before this one.
	Earlier []string
}

// AccessLine is a line of the access log, as far as it is judged. Latencies are in milliseconds.
type AccessLine struct {
	RequestID          string `json:"requestId"`
	Status             string `json:"status"`
	ResponseLatency    string `json:"responseLatency"`    // of the whole answer
	IntegrationLatency string `json:"integrationLatency"` // the part of it behind the gateway
}
