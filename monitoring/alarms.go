package monitoring

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const alarmsType = "sallyport:monitoring:Alarms"

// AlarmsArgs are the arguments of NewAlarms; all are required but HealthGrace.
type AlarmsArgs struct {
	API API
	// LoadBalancerARN is that of a Network Load Balancer behind a REST API, else of an Application Load Balancer.
	LoadBalancerARN pulumi.StringInput
	TargetGroupARN  pulumi.StringInput
	// TopicARN is the SNS topic that is told.
	TopicARN pulumi.StringInput
	// Latency in milliseconds that 99 of 100 answers should stay under.
	Latency int
	// HealthGrace in seconds is how long a new task may be unhealthy, which must not ring.
	HealthGrace int
}

// Alarms watch the path of a request: errors of the API, of the load balancer and of the app, unhealthy targets, and
// the time that an answer takes. They know nothing of the ECS service, so that it can be told to roll back on them.
// A Network Load Balancer knows no errors: then those of the API stand for all.
// They cost 0.10 USD a month for each of their metrics, 10 in all, or 6 with a REST API (us-east-1, https://aws.amazon.com/cloudwatch/pricing/).
type Alarms struct {
	pulumi.ResourceState

	ARNs pulumi.StringArrayOutput
	// RollbackNames are the alarms that can tell a bad version: errors of the app, with a REST API those of the API, and
	// unhealthy targets.
	RollbackNames pulumi.StringArrayOutput
}

// NewAlarms makes Alarms.
func NewAlarms(ctx *pulumi.Context, name string, args *AlarmsArgs, opts ...pulumi.ResourceOption) (*Alarms, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("alarms %s: %w", name, err)
	}
	c := &Alarms{}
	if err := ctx.RegisterComponentResource(alarmsType, name, c, opts...); err != nil {
		return nil, fmt.Errorf("alarms %s: %w", name, err)
	}
	if err := c.build(ctx, name, args); err != nil {
		return nil, fmt.Errorf("alarms %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"arns": c.ARNs, "rollbackNames": c.RollbackNames})
}

func (a *AlarmsArgs) validate() error {
	var problems []error
	if a.LoadBalancerARN == nil || a.TargetGroupARN == nil || a.TopicARN == nil {
		problems = append(problems, errors.New("missing LoadBalancerARN, TargetGroupARN or TopicARN"))
	}
	if !a.API.valid() {
		problems = append(problems, errors.New("invalid API: must have an ID or a Name, and not both"))
	}
	if a.Latency < 1 {
		problems = append(problems, fmt.Errorf("invalid Latency %d: must be at least 1 millisecond", a.Latency))
	}
	if a.HealthGrace < 0 {
		problems = append(problems, fmt.Errorf("invalid HealthGrace %d: must not be negative", a.HealthGrace))
	}
	return errors.Join(problems...)
}

func (c *Alarms) build(ctx *pulumi.Context, name string, args *AlarmsArgs) error {
	made, arns, err := registerAll(ctx, c, name, args.TopicARN, args.alarms())
	if err != nil {
		return err
	}
	c.ARNs = arns
	failing := "target-5xx"
	if args.API.rest() {
		failing = "api-5xx"
	}
	c.RollbackNames = pulumi.StringArray{made[failing].Name, made["unhealthy-hosts"].Name}.ToStringArrayOutput()
	return nil
}

// Errors ring as AWS recommends it for API Gateway's 5XXError, which is the one of these metrics that AWS has a
// recommendation for: above 5 % of the requests, in each of three minutes.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html
// A minute without requests has no errors, so what is missing never rings.
const (
	errorPercent = 5
	errorMinutes = 3
)

// latencyMinutes is AWS's recommendation for API Gateway's Latency.
const latencyMinutes = 5

// gatewayLatency in milliseconds, of 99 of 100 requests: many times of what a gateway that is well takes for itself. AWS
// recommends no number.
const gatewayLatency = 500

func (a *AlarmsArgs) alarms() []alarm {
	way, api := wayOf(a.API.rest()), a.API.dimensions()
	balancer := pulumi.StringMap{"LoadBalancer": resourceNameOutput(a.LoadBalancerARN)}
	target := pulumi.StringMap{
		"LoadBalancer": resourceNameOutput(a.LoadBalancerARN), "TargetGroup": resourceNameOutput(a.TargetGroupARN),
	}
	errorsAbove := func(suffix, description, expression string, failed, all metric) alarm {
		failed.id, failed.stat, all.id = "errors", "Sum", "requests"
		return alarm{
			suffix: suffix, description: description,
			metrics: []metric{failed, all}, expression: expression,
			comparison: above, threshold: errorPercent, minutes: errorMinutes, missing: "notBreaching",
		}
	}
	latency := metric{id: "latency", namespace: gatewayNamespace, name: "Latency", stat: "p99", dimensions: api}
	alarms := []alarm{
		errorsAbove("api-5xx", "The API answers more than 5 % of the requests with a server error, whoever made it",
			"100 * errors / requests",
			metric{namespace: gatewayNamespace, name: way.serverErrors, dimensions: api},
			metric{namespace: gatewayNamespace, name: "Count", stat: way.count, dimensions: api}),
		{
			suffix: "unhealthy-hosts", description: "A task fails its health checks for longer than a new one may",
			metrics:    []metric{{namespace: way.balancer, name: "UnHealthyHostCount", stat: "Maximum", dimensions: target}},
			comparison: above, threshold: 0, minutes: a.unhealthyMinutes(), missing: "notBreaching",
		},
		{
			// With few requests a minute, the 99th percentile is the slowest one: five slow minutes in a row ring all the
			// same, where AWS's "ignore" would wait for 1000 requests a minute.
			suffix: "latency", description: fmt.Sprintf("One request of a hundred takes longer than %d ms", a.Latency),
			metrics:    []metric{latency},
			comparison: atLeast, threshold: float64(a.Latency), minutes: latencyMinutes, missing: "notBreaching",
		},
		{
			suffix: "gateway-latency", description: fmt.Sprintf("API Gateway's own share of a slow answer is more than %d ms", gatewayLatency),
			metrics: []metric{latency,
				{id: "integration", namespace: gatewayNamespace, name: "IntegrationLatency", stat: "p99", dimensions: api}},
			expression: "latency - integration",
			comparison: above, threshold: gatewayLatency, minutes: latencyMinutes, missing: "notBreaching",
		},
	}
	if !way.requests {
		return alarms
	}
	return append(alarms,
		// What the balancer refuses before it has chosen a target is not in its RequestCount.
		errorsAbove("balancer-5xx", "The load balancer itself answers more than 5 % of the requests with a server error: no task is there, or none answers in time",
			"100 * errors / (FILL(requests, 0) + errors)",
			metric{namespace: balancerNamespace, name: "HTTPCode_ELB_5XX_Count", dimensions: balancer},
			metric{namespace: balancerNamespace, name: "RequestCount", stat: "Sum", dimensions: balancer}),
		errorsAbove("target-5xx", "The app answers more than 5 % of the requests with a server error",
			"100 * errors / requests",
			metric{namespace: balancerNamespace, name: "HTTPCode_Target_5XX_Count", dimensions: target},
			metric{namespace: balancerNamespace, name: "RequestCount", stat: "Sum", dimensions: target}),
	)
}

// unhealthyMinutes is two more than a new task may be unhealthy for, and at most the day that CloudWatch looks back.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
func (a *AlarmsArgs) unhealthyMinutes() int {
	const day = 24 * 60
	return min((a.HealthGrace+period-1)/period+2, day)
}
