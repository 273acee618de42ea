// Package monitoring is what tells how a stack is: alarms on the path of a request and on the tasks, a topic that they
// are sent to, a dashboard, and a request a day that keeps an idle stack awake.
package monitoring

import (
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The namespaces of the metrics, with the pages that list them.
const (
	gatewayNamespace  = "AWS/ApiGateway"        // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
	networkNamespace  = "AWS/NetworkELB"        // https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-cloudwatch-metrics.html
	balancerNamespace = "AWS/ApplicationELB"    // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
	serviceNamespace  = "AWS/ECS"               // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html
	insightsNamespace = "ECS/ContainerInsights" // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-ECS.html
)

// period is a minute, in seconds: how often all of these services report, and what AWS's recommended alarms use.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html
const period = 60

// metric is one series of values.
type metric struct {
	id         string // names it in an expression
	namespace  string
	name       string
	stat       string // Sum, Average, Minimum, Maximum or p99
	dimensions pulumi.StringMap
}

// alarm rings when each of the last minutes compares with the threshold as said.
type alarm struct {
	suffix      string // of its name
	description string
	metrics     []metric
	expression  string // of the metrics' ids; empty with just one metric
	comparison  string
	threshold   float64
	minutes     int
	// missing is what a minute without a value counts for: notBreaching or breaching.
	missing string
}

// The comparisons of PutMetricAlarm that are used here.
const (
	above   = "GreaterThanThreshold"
	below   = "LessThanThreshold"
	atLeast = "GreaterThanOrEqualToThreshold"
)

// register makes the alarm, which tells the topic when it rings and when that is over.
func (a alarm) register(ctx *pulumi.Context, parent pulumi.Resource, name string, topic pulumi.StringInput) (*cloudwatch.MetricAlarm, error) {
	args := &cloudwatch.MetricAlarmArgs{
		AlarmDescription:   pulumi.String(a.description),
		ComparisonOperator: pulumi.String(a.comparison),
		Threshold:          pulumi.Float64(a.threshold),
		EvaluationPeriods:  pulumi.Int(a.minutes),
		DatapointsToAlarm:  pulumi.Int(a.minutes),
		TreatMissingData:   pulumi.String(a.missing),
		AlarmActions:       pulumi.Array{topic},
		OkActions:          pulumi.Array{topic},
	}
	if a.expression == "" {
		m := a.metrics[0]
		args.Namespace, args.MetricName = pulumi.String(m.namespace), pulumi.String(m.name)
		args.Dimensions, args.Period = m.dimensions, pulumi.Int(period)
		if strings.HasPrefix(m.stat, "p") {
			args.ExtendedStatistic = pulumi.String(m.stat)
		} else {
			args.Statistic = pulumi.String(m.stat)
		}
	} else {
		args.MetricQueries = a.queries()
	}
	return cloudwatch.NewMetricAlarm(ctx, name+"-"+a.suffix, args, pulumi.Parent(parent))
}

// queries are the expression and the metrics in it.
func (a alarm) queries() cloudwatch.MetricAlarmMetricQueryArray {
	queries := cloudwatch.MetricAlarmMetricQueryArray{cloudwatch.MetricAlarmMetricQueryArgs{
		Id:         pulumi.String("value"),
		Expression: pulumi.String(a.expression),
		Label:      pulumi.String(a.suffix),
		ReturnData: pulumi.Bool(true),
	}}
	for _, m := range a.metrics {
		queries = append(queries, cloudwatch.MetricAlarmMetricQueryArgs{
			Id: pulumi.String(m.id),
			Metric: cloudwatch.MetricAlarmMetricQueryMetricArgs{
				Namespace:  pulumi.String(m.namespace),
				MetricName: pulumi.String(m.name),
				Dimensions: m.dimensions,
				Period:     pulumi.Int(period),
				Stat:       pulumi.String(m.stat),
			},
		})
	}
	return queries
}

// registerAll makes alarms, and returns them by suffix and their ARNs.
func registerAll(ctx *pulumi.Context, parent pulumi.Resource, name string, topic pulumi.StringInput, alarms []alarm) (map[string]*cloudwatch.MetricAlarm, pulumi.StringArrayOutput, error) {
	made := map[string]*cloudwatch.MetricAlarm{}
	var arns pulumi.StringArray
	for _, a := range alarms {
		m, err := a.register(ctx, parent, name, topic)
		if err != nil {
			return nil, pulumi.StringArrayOutput{}, err
		}
		made[a.suffix] = m
		arns = append(arns, m.Arn)
	}
	return made, arns.ToStringArrayOutput(), nil
}

// resourceName is how metrics name a load balancer or a target group: app/NAME/ID and targetgroup/NAME/ID, which are
// the ends of their ARNs.
func resourceName(arn string) string {
	return strings.TrimPrefix(arn[strings.LastIndex(arn, ":")+1:], "loadbalancer/")
}

func resourceNameOutput(arn pulumi.StringInput) pulumi.StringOutput {
	return arn.ToStringOutput().ApplyT(resourceName).(pulumi.StringOutput)
}
