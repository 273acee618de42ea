// Package settings reads a stack's configuration, completes it with defaults and validates it as a whole:
// Load returns either settings that every component can rely on, or every problem at once.
package settings

import "sallyport/internal/httpapi"

// Settings is the complete, validated configuration of one stack.
// Every field is plain Go because each of them shapes the resource graph or is written into a document.
type Settings struct {
	// Name starts the name of every resource. Default: PROJECT-STACK.
	Name string
	// Protected guards what holds data or names: deletion protection on, no force delete. Default: false.
	Protected bool
	// Tags are added to every resource beside DefaultTags; one of the same key wins over the default.
	Tags map[string]string

	AWS          AWS
	Network      Network
	LoadBalancer LoadBalancer
	Gateway      Gateway
	Domain       Domain
	App          App
	Scaling      Scaling
	Logs         Logs
	Cluster      Cluster
	Alarms       Alarms
	Dashboard    Dashboard
}

// DefaultTags are the tags that every resource of a stack has without being asked to.
func DefaultTags(project, stack string) map[string]string {
	return map[string]string{"project": project, "stack": stack, "managed-by": "pulumi"}
}

// AWS is what the one explicit provider is configured with; its keys are the provider's own (aws:region, …).
type AWS struct {
	// Region is the only setting without a default.
	Region string
	// Profile of the shared AWS configuration files; empty means the environment's credentials.
	Profile string
	// MaxRetries is how often one API call is tried, at least once. Default: 10 (the provider's own 25 makes a dead API
	// look like a hang).
	MaxRetries int
	// AllowedAccountIDs, when set, stops the program from touching any other account.
	AllowedAccountIDs []string
}

// Egress is the way out of the private subnets.
type Egress string

const (
	EgressNAT        Egress = "nat"          // one NAT gateway, in the first zone
	EgressNATPerZone Egress = "nat-per-zone" // one NAT gateway in each zone
	EgressEndpoints  Egress = "endpoints"    // interface endpoints for what the tasks need, and nothing else
	EgressNone       Egress = "none"         // no way out
)

type Network struct {
	CIDR     string // network.cidr, default 10.0.0.0/16; fixed once the stack is deployed
	Zones    int    // network.zones, default 2; fixed once the stack is deployed
	Egress   Egress // network.egress, default nat
	FlowLogs string // network.flowLogs, REJECT (default) or ALL

	// VpcID and PrivateSubnetIDs are those of a VPC that is there already, and come together; the fields above then
	// mean nothing. Default: none, so that the stack makes a VPC of its own.
	VpcID            string   // network.vpcId
	PrivateSubnetIDs []string // network.privateSubnetIds
}

// Existing tells whether the stack is put into a VPC that is there already.
func (n Network) Existing() bool { return n.VpcID != "" }

type LoadBalancer struct {
	IdleTimeout         int // loadBalancer.idleTimeout, seconds, default 60
	DeregistrationDelay int // loadBalancer.deregistrationDelay, seconds, default 30
	// CertificateARN and ServerName make the listener speak HTTPS: both are set, or neither.
	CertificateARN string // loadBalancer.certificateArn, default none: plain HTTP
	ServerName     string // loadBalancer.serverName, default none
	WebACLARN      string // loadBalancer.webAclArn, default none
}

// Domain is the name that the app answers at instead of API Gateway's: both fields are set, or neither.
type Domain struct {
	Name   string // domain.name, default none
	ZoneID string // domain.zoneId, default none
}

// What gateway.logsRole may be.
const (
	LogsRoleCreate   = "create"
	LogsRoleExisting = "existing"
)

type Gateway struct {
	Kind          string // gateway.kind, httpapi.HTTP (default) or httpapi.REST
	Timeout       int    // gateway.timeout, seconds, default 30, with a REST API 29
	ThrottleBurst int    // gateway.throttleBurst, requests, default 500
	ThrottleRate  int    // gateway.throttleRate, requests a second, default 1000

	// VpcLinkID is a VPC link to share, gateway.vpcLinkId. Default: none, so that the stack makes one of its own.
	VpcLinkID        string
	Routes           []httpapi.Route // gateway.routes, default none: see Default
	Default          string          // gateway.default, where requests go that no route takes: container (default) or deny
	CORS             httpapi.CORS    // gateway.cors, default left to the app
	PublicHostHeader string          // gateway.publicHostHeader, default none
	KeepWarm         bool            // gateway.keepWarm, default false

	// The settings below are for a REST API alone.
	WebACLARN string                    // gateway.webAclArn, default none
	Tracing   bool                      // gateway.tracing, default false
	APIKeys   map[string]httpapi.APIKey // gateway.apiKeys, default none
	LogsRole  string                    // gateway.logsRole, LogsRoleCreate (default) or LogsRoleExisting
}

// REST tells whether the API is a REST API, with a Network Load Balancer behind it.
func (g Gateway) REST() bool { return g.Kind == httpapi.REST }

type App struct {
	Context            string            // app.context, default webapp; relative to the project
	BuildArgs          map[string]string // app.buildArgs, default none
	BuildOnPreview     bool              // app.buildOnPreview, default false
	Architecture       string            // app.architecture, X86_64 (default) or ARM64
	CPU                int               // app.cpu, CPU units, default 256
	Memory             int               // app.memory, MiB, default 512
	Count              int               // app.count, tasks, default 1
	SpotPercent        int               // app.spotPercent, percent of the tasks beyond OnDemandBase, default 0
	OnDemandBase       int               // app.onDemandBase, tasks, default 1
	Port               int               // app.port, default 3000
	HealthPath         string            // app.healthPath, default /api/health
	Probes             []string          // app.probes, METHOD PATH each; see Settings.Probes
	HealthGrace        int               // app.healthGrace, seconds, default 60
	KeepAlive          int               // app.keepAlive, seconds, default 75
	StopTimeout        int               // app.stopTimeout, seconds, default 60
	User               string            // app.user, default 10001:10001
	WritablePaths      []string          // app.writablePaths, default /tmp and /app/.next/cache
	WaitForSteadyState bool              // app.waitForSteadyState, default true
	DeploymentTimeout  int               // app.deploymentTimeout, seconds, default 1200
	Image              string            // app.image, REPOSITORY@sha256:…; default none, so that the image is built
	Environment        map[string]string // app.environment, default none
	Secrets            map[string]string // app.secrets, name to ARN, default none
	SecretsKeyARN      string            // app.secretsKeyArn, default none
	Exec               bool              // app.exec, default false
	Table              bool              // app.table, default true
}

// Scaling changes the count of tasks by load and by time; see Targets for what it scales by.
type Scaling struct {
	Max            int    // scaling.max, tasks; 0 (default) for a fixed count
	TargetCPU      int    // scaling.targetCpu, percent, default 0
	TargetMemory   int    // scaling.targetMemory, percent, default 0
	TargetRequests int    // scaling.targetRequests, requests a minute for each task, default 0
	Park           string // scaling.park, a cron expression, default empty
	Wake           string // scaling.wake, a cron expression, default empty
	Timezone       string // scaling.timezone, default UTC
}

// On tells whether something else than app.count decides how many tasks there are.
func (s Scaling) On() bool { return s.Max > 0 || s.Park != "" }

// Targets are what the count follows; 0 is nothing. Where there is a maximum and nothing to follow is set, it is the
// CPU, at standardCPU percent.
func (s Scaling) Targets() (cpu, memory, requests int) {
	if s.Max > 0 && s.TargetCPU == 0 && s.TargetMemory == 0 && s.TargetRequests == 0 {
		return standardCPU, 0, 0
	}
	return s.TargetCPU, s.TargetMemory, s.TargetRequests
}

type Logs struct {
	Retention int // logs.retention, days, default 30
}

type Cluster struct {
	ContainerInsights bool // cluster.containerInsights, default false

	// Name of an ECS cluster to share, cluster.name. Default: none, so that the stack makes one of its own.
	Name string
}

type Alarms struct {
	Enabled   bool   // alarms.enabled, default false
	TopicARN  string // alarms.topicArn, default empty: a topic of the stack's own
	Email     string // alarms.email, default empty: nobody
	LatencyMs int    // alarms.latencyMs, milliseconds, default 2500
	Rollback  bool   // alarms.rollback, default false
}

type Dashboard struct {
	Enabled bool // dashboard.enabled, default false
}
