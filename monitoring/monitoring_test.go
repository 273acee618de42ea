package monitoring_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/internal/record"
	"sallyport/monitoring"
)

// What a resource record doesn't prove is said in package record.

const (
	alarmType    = "aws:cloudwatch/metricAlarm:MetricAlarm"
	balancerARN  = pulumi.String("arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188")
	targetARN    = pulumi.String("arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/shop/73e2d6bc24d8a067")
	topicARN     = pulumi.String("arn:aws:sns:us-east-1:123456789012:alarms")
	balancerName = "app/shop/50dc6c495c0c9188"
	networkARN   = pulumi.String("arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/shop/50dc6c495c0c9188")
	networkName  = "net/shop/50dc6c495c0c9188"
	targetName   = "targetgroup/shop/73e2d6bc24d8a067"
)

// told is an alarm in one line: what is compared, over how many minutes, and what a minute without a value counts for.
func told(t *testing.T, alarm record.Resource) string {
	t.Helper()
	one := func(path string) string {
		series := fmt.Sprintf("%v %v", alarm.Input(path+"namespace"), alarm.Input(path+"metricName"))
		dimensions, _ := alarm.Input(path + "dimensions").(map[string]any)
		var names []string
		for name, value := range dimensions {
			names = append(names, fmt.Sprintf("%s=%v", name, value))
		}
		slices.Sort(names)
		record.Equal(t, alarm, path+"period", 60.0)
		return series + " {" + strings.Join(names, " ") + "}"
	}
	var text string
	switch {
	case alarm.Input("metricQueries") != nil:
		record.Equal(t, alarm, "metricQueries.0.returnData", true)
		text = fmt.Sprint(alarm.Input("metricQueries.0.expression"))
		for i := 1; alarm.Input(fmt.Sprintf("metricQueries.%d.id", i)) != nil; i++ {
			query := fmt.Sprintf("metricQueries.%d.", i)
			text += fmt.Sprintf("; %v: %v of %s", alarm.Input(query+"id"), alarm.Input(query+"metric.stat"), one(query+"metric."))
		}
	case alarm.Input("extendedStatistic") != nil:
		text = fmt.Sprintf("%v of %s", alarm.Input("extendedStatistic"), one(""))
	default:
		text = fmt.Sprintf("%v of %s", alarm.Input("statistic"), one(""))
	}
	return fmt.Sprintf("%s; %v %v, %v of %v, missing %v", text, alarm.Input("comparisonOperator"), alarm.Input("threshold"),
		alarm.Input("datapointsToAlarm"), alarm.Input("evaluationPeriods"), alarm.Input("treatMissingData"))
}

// isExactly holds that these are all alarms there are.
func isExactly(t *testing.T, rec *record.Recording, want map[string]string) {
	t.Helper()
	alarms := rec.OfType(alarmType)
	if len(alarms) != len(want) {
		t.Errorf("there are %v, want %d", alarms, len(want))
	}
	for _, alarm := range alarms {
		if got := told(t, alarm); got != want[alarm.Name] {
			t.Errorf("%s\n got %s\nwant %s", alarm.Name, got, want[alarm.Name])
		}
		for _, actions := range []string{"alarmActions", "okActions"} {
			record.Equal(t, alarm, actions+".0", string(topicARN))
			record.Equal(t, alarm, actions+".1", nil)
		}
		if text, _ := alarm.Input("alarmDescription").(string); text == "" {
			t.Errorf("%s does not say what it means", alarm.Name)
		}
	}
}

// probe makes a resource out of an output, so that the record shows what the output is.
func probe(ctx *pulumi.Context, name string, output pulumi.StringOutput) error {
	_, err := ec2.NewEip(ctx, name, &ec2.EipArgs{Instance: output.ToStringPtrOutput()})
	return err
}

func TestAlarms(t *testing.T) {
	watchedAPI := func(api monitoring.API, balancer pulumi.String, grace int) *record.Recording {
		return record.MustRun(t, func(ctx *pulumi.Context) error {
			alarms, err := monitoring.NewAlarms(ctx, "shop", &monitoring.AlarmsArgs{
				API: api, LoadBalancerARN: balancer, TargetGroupARN: targetARN, TopicARN: topicARN,
				Latency: 800, HealthGrace: grace,
			})
			if err != nil {
				return err
			}
			return probe(ctx, "rollback", alarms.RollbackNames.ApplyT(func(names []string) string {
				return strings.Join(names, " ")
			}).(pulumi.StringOutput))
		})
	}
	watched := func(grace int) *record.Recording {
		return watchedAPI(monitoring.API{ID: pulumi.String("a1")}, balancerARN, grace)
	}
	const (
		api      = "{ApiId=a1}"
		balancer = "{LoadBalancer=" + balancerName + "}"
		target   = "{LoadBalancer=" + balancerName + " TargetGroup=" + targetName + "}"
	)
	rec := watched(60)
	t.Run("each tells one thing, by numbers of AWS's", func(t *testing.T) {
		isExactly(t, rec, map[string]string{
			"shop-api-5xx": "100 * errors / requests; errors: Sum of AWS/ApiGateway 5xx " + api +
				"; requests: Sum of AWS/ApiGateway Count " + api + "; GreaterThanThreshold 5, 3 of 3, missing notBreaching",
			"shop-balancer-5xx": "100 * errors / (FILL(requests, 0) + errors); errors: Sum of AWS/ApplicationELB HTTPCode_ELB_5XX_Count " + balancer +
				"; requests: Sum of AWS/ApplicationELB RequestCount " + balancer + "; GreaterThanThreshold 5, 3 of 3, missing notBreaching",
			"shop-target-5xx": "100 * errors / requests; errors: Sum of AWS/ApplicationELB HTTPCode_Target_5XX_Count " + target +
				"; requests: Sum of AWS/ApplicationELB RequestCount " + target + "; GreaterThanThreshold 5, 3 of 3, missing notBreaching",
			"shop-unhealthy-hosts": "Maximum of AWS/ApplicationELB UnHealthyHostCount " + target + "; GreaterThanThreshold 0, 3 of 3, missing notBreaching",
			"shop-latency":         "p99 of AWS/ApiGateway Latency " + api + "; GreaterThanOrEqualToThreshold 800, 5 of 5, missing notBreaching",
			"shop-gateway-latency": "latency - integration; latency: p99 of AWS/ApiGateway Latency " + api +
				"; integration: p99 of AWS/ApiGateway IntegrationLatency " + api + "; GreaterThanThreshold 500, 5 of 5, missing notBreaching",
		})
	})
	t.Run("a bad version shows in the app's errors and in unhealthy targets alone", func(t *testing.T) {
		record.Equal(t, rec.Get(t, "aws:ec2/eip:Eip", "rollback"), "instance", "shop-target-5xx-1234567 shop-unhealthy-hosts-1234567")
	})
	t.Run("a new task does not ring while it may be unhealthy", func(t *testing.T) {
		for grace, minutes := range map[int]float64{0: 2, 1: 3, 60: 3, 61: 4, 600: 12, 2147483647: 1440} {
			record.Equal(t, watched(grace).Get(t, alarmType, "shop-unhealthy-hosts"), "evaluationPeriods", minutes)
		}
	})
	rest := watchedAPI(monitoring.API{Name: pulumi.String("shop-1234567")}, networkARN, 60)
	t.Run("of a REST API, whose balancer counts no requests, the API's errors stand for all", func(t *testing.T) {
		const api = "{ApiName=shop-1234567 Stage=live}"
		isExactly(t, rest, map[string]string{
			"shop-api-5xx": "100 * errors / requests; errors: Sum of AWS/ApiGateway 5XXError " + api +
				"; requests: SampleCount of AWS/ApiGateway Count " + api + "; GreaterThanThreshold 5, 3 of 3, missing notBreaching",
			"shop-unhealthy-hosts": "Maximum of AWS/NetworkELB UnHealthyHostCount {LoadBalancer=" + networkName + " TargetGroup=" + targetName +
				"}; GreaterThanThreshold 0, 3 of 3, missing notBreaching",
			"shop-latency": "p99 of AWS/ApiGateway Latency " + api + "; GreaterThanOrEqualToThreshold 800, 5 of 5, missing notBreaching",
			"shop-gateway-latency": "latency - integration; latency: p99 of AWS/ApiGateway Latency " + api +
				"; integration: p99 of AWS/ApiGateway IntegrationLatency " + api + "; GreaterThanThreshold 500, 5 of 5, missing notBreaching",
		})
		record.Equal(t, rest.Get(t, "aws:ec2/eip:Eip", "rollback"), "instance", "shop-api-5xx-1234567 shop-unhealthy-hosts-1234567")
	})
	t.Run("wrong arguments are refused together", func(t *testing.T) {
		record.Refused(t, func(ctx *pulumi.Context) error {
			_, err := monitoring.NewAlarms(ctx, "shop", &monitoring.AlarmsArgs{HealthGrace: -1})
			return err
		}, "alarms shop: ", "missing LoadBalancerARN", "invalid API", "invalid Latency 0", "invalid HealthGrace -1")
	})
}

func TestTaskAlarms(t *testing.T) {
	watched := func(count int, insights bool) *record.Recording {
		return record.MustRun(t, func(ctx *pulumi.Context) error {
			_, err := monitoring.NewTaskAlarms(ctx, "shop", &monitoring.TaskAlarmsArgs{
				ClusterName: pulumi.String("c1"), ServiceName: pulumi.String("s1"),
				LoadBalancerARN: balancerARN, TargetGroupARN: targetARN, TopicARN: topicARN, Count: count, ContainerInsights: insights,
			})
			return err
		})
	}
	const service = "{ClusterName=c1 ServiceName=s1}"
	full := map[string]string{
		"shop-cpu":    "Average of AWS/ECS CPUUtilization " + service + "; GreaterThanThreshold 90, 5 of 5, missing notBreaching",
		"shop-memory": "Average of AWS/ECS MemoryUtilization " + service + "; GreaterThanThreshold 90, 5 of 5, missing notBreaching",
	}
	with := func(running string) map[string]string {
		return map[string]string{"shop-cpu": full["shop-cpu"], "shop-memory": full["shop-memory"], "shop-running-tasks": running}
	}
	t.Run("fewer healthy targets than tasks ring, and so does a target group without any", func(t *testing.T) {
		isExactly(t, watched(2, false), with("Minimum of AWS/ApplicationELB HealthyHostCount {LoadBalancer="+balancerName+" TargetGroup="+targetName+
			"}; LessThanThreshold 2, 5 of 5, missing breaching"))
	})
	t.Run("of a Network Load Balancer too", func(t *testing.T) {
		rec := record.MustRun(t, func(ctx *pulumi.Context) error {
			_, err := monitoring.NewTaskAlarms(ctx, "shop", &monitoring.TaskAlarmsArgs{
				ClusterName: pulumi.String("c1"), ServiceName: pulumi.String("s1"), Network: true,
				LoadBalancerARN: networkARN, TargetGroupARN: targetARN, TopicARN: topicARN, Count: 2,
			})
			return err
		})
		isExactly(t, rec, with("Minimum of AWS/NetworkELB HealthyHostCount {LoadBalancer="+networkName+" TargetGroup="+targetName+
			"}; LessThanThreshold 2, 5 of 5, missing breaching"))
	})
	t.Run("with Container Insights, ECS's own counts do", func(t *testing.T) {
		isExactly(t, watched(0, true), with("desired - running; desired: Average of ECS/ContainerInsights DesiredTaskCount "+service+
			"; running: Average of ECS/ContainerInsights RunningTaskCount "+service+"; GreaterThanThreshold 0, 5 of 5, missing notBreaching"))
	})
	t.Run("a service that may have no task lacks none", func(t *testing.T) {
		isExactly(t, watched(0, false), full)
	})
	t.Run("wrong arguments are refused together", func(t *testing.T) {
		record.Refused(t, func(ctx *pulumi.Context) error {
			_, err := monitoring.NewTaskAlarms(ctx, "shop", &monitoring.TaskAlarmsArgs{Count: -1})
			return err
		}, "task alarms shop: ", "missing ClusterName", "invalid Count -1")
	})
}

func TestTopic(t *testing.T) {
	made := func(email string) *record.Recording {
		return record.MustRun(t, func(ctx *pulumi.Context) error {
			_, err := monitoring.NewTopic(ctx, "shop", &monitoring.TopicArgs{Email: email})
			return err
		})
	}
	t.Run("it has no KMS key, since alarms could not use AWS's own, and SNS's own policy", func(t *testing.T) {
		topic := made("").Get(t, "aws:sns/topic:Topic", "shop-alarms")
		record.Equal(t, topic, "kmsMasterKeyId", nil)
		record.Equal(t, topic, "policy", nil)
	})
	t.Run("nobody is subscribed unless an address is given", func(t *testing.T) {
		if made := made("").OfType("aws:sns/topicSubscription:TopicSubscription"); len(made) > 0 {
			t.Errorf("there is %v", made)
		}
		subscription := made("ops@example.com").Get(t, "aws:sns/topicSubscription:TopicSubscription", "shop-alarms")
		record.Equal(t, subscription, "protocol", "email")
		record.Equal(t, subscription, "endpoint", "ops@example.com")
		record.Equal(t, subscription, "topic", "arn:aws:Topic:us-east-1:123456789012:shop-alarms")
	})
}

func TestKeepWarm(t *testing.T) {
	rec := record.MustRun(t, func(ctx *pulumi.Context) error {
		_, err := monitoring.NewKeepWarm(ctx, "shop", &monitoring.KeepWarmArgs{
			RoleARN: pulumi.String("arn:role"), URL: pulumi.String("https://shop.example.com"), Path: "/up",
		})
		return err
	})
	t.Run("once a day the public URL is asked for one page", func(t *testing.T) {
		record.Equal(t, rec.Get(t, "aws:cloudwatch/eventRule:EventRule", "shop-keep-warm"), "scheduleExpression", "rate(1 day)")
		destination := rec.Get(t, "aws:cloudwatch/eventApiDestination:EventApiDestination", "shop-keep-warm")
		for path, want := range map[string]any{
			"httpMethod": "GET", "invocationEndpoint": "https://shop.example.com/up",
			"connectionArn": "arn:aws:EventConnection:us-east-1:123456789012:shop-keep-warm",
		} {
			record.Equal(t, destination, path, want)
		}
		target := rec.Get(t, "aws:cloudwatch/eventTarget:EventTarget", "shop-keep-warm")
		for path, want := range map[string]any{
			"rule": "shop-keep-warm-1234567", "roleArn": "arn:role", "arn": "arn:aws:EventApiDestination:us-east-1:123456789012:shop-keep-warm",
		} {
			record.Equal(t, target, path, want)
		}
	})
	t.Run("a bad answer is not asked for 185 times", func(t *testing.T) {
		target := rec.Get(t, "aws:cloudwatch/eventTarget:EventTarget", "shop-keep-warm")
		record.Equal(t, target, "retryPolicy.maximumRetryAttempts", 3.0)
		record.Equal(t, target, "retryPolicy.maximumEventAgeInSeconds", 3600.0)
	})
	t.Run("wrong arguments are refused together", func(t *testing.T) {
		record.Refused(t, func(ctx *pulumi.Context) error {
			_, err := monitoring.NewKeepWarm(ctx, "shop", &monitoring.KeepWarmArgs{Path: "up"})
			return err
		}, "keep-warm shop: ", "missing RoleARN", `invalid Path "up"`)
	})
}
