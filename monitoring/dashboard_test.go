package monitoring_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/internal/record"
	"sallyport/monitoring"
)

// body is a dashboard as CloudWatch reads it.
type body struct {
	Widgets []struct {
		Type                string
		X, Y, Width, Height int
		Properties          struct {
			Title, Region, View string
			Period              int
			Metrics             [][]any
			Alarms              []string
		}
	}
}

func dashboard(t *testing.T, insights bool, alarms pulumi.StringArrayInput) (body, *record.Recording) {
	t.Helper()
	return dashboardOf(t, monitoring.API{ID: pulumi.String("a1")}, balancerARN, insights, alarms)
}

func dashboardOf(t *testing.T, api monitoring.API, balancer pulumi.String, insights bool, alarms pulumi.StringArrayInput) (body, *record.Recording) {
	t.Helper()
	rec := record.MustRun(t, func(ctx *pulumi.Context) error {
		made, err := monitoring.NewDashboard(ctx, "shop", &monitoring.DashboardArgs{
			Region: "eu-west-1", API: api, LoadBalancerARN: balancer, TargetGroupARN: targetARN,
			ClusterName: pulumi.String("c1"), ServiceName: pulumi.String("s1"), ContainerInsights: insights, AlarmARNs: alarms,
		})
		if err != nil {
			return err
		}
		return probe(ctx, "url", made.URL)
	})
	var b body
	text := rec.Get(t, "aws:cloudwatch/dashboard:Dashboard", "shop").Input("dashboardBody").(string)
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		t.Fatal(err)
	}
	return b, rec
}

func TestDashboard(t *testing.T) {
	plain, rec := dashboard(t, false, nil)
	t.Run("it shows what the alarms watch", func(t *testing.T) {
		const (
			api      = "ApiId a1"
			balancer = "LoadBalancer " + balancerName
			target   = balancer + " TargetGroup " + targetName
			service  = "ClusterName c1 ServiceName s1"
		)
		want := []string{
			"Requests: AWS/ApiGateway Count " + api + " Sum", "Requests: AWS/ApiGateway 4xx " + api + " Sum", "Requests: AWS/ApiGateway 5xx " + api + " Sum",
			"Latency: AWS/ApiGateway Latency " + api + " p50", "Latency: AWS/ApiGateway Latency " + api + " p99",
			"Latency: AWS/ApiGateway IntegrationLatency " + api + " p99",
			"Server errors, by who made them: AWS/ApiGateway 5xx " + api + " Sum",
			"Server errors, by who made them: AWS/ApplicationELB HTTPCode_ELB_5XX_Count " + balancer + " Sum",
			"Server errors, by who made them: AWS/ApplicationELB HTTPCode_Target_5XX_Count " + target + " Sum",
			"Tasks: AWS/ApplicationELB HealthyHostCount " + target + " Minimum", "Tasks: AWS/ApplicationELB UnHealthyHostCount " + target + " Maximum",
			"CPU: AWS/ECS CPUUtilization " + service + " Average", "CPU: AWS/ECS CPUUtilization " + service + " Maximum",
			"Memory: AWS/ECS MemoryUtilization " + service + " Average", "Memory: AWS/ECS MemoryUtilization " + service + " Maximum",
		}
		if got := plain.lines(); !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
	t.Run("of a REST API it shows what its balancer knows: no requests and no errors", func(t *testing.T) {
		rest, _ := dashboardOf(t, monitoring.API{Name: pulumi.String("shop-1")}, networkARN, false, nil)
		const (
			api    = "ApiName shop-1 Stage live"
			target = "LoadBalancer " + networkName + " TargetGroup " + targetName
		)
		want := []string{
			"Requests: AWS/ApiGateway Count " + api + " SampleCount", "Requests: AWS/ApiGateway 4XXError " + api + " Sum", "Requests: AWS/ApiGateway 5XXError " + api + " Sum",
			"Latency: AWS/ApiGateway Latency " + api + " p50", "Latency: AWS/ApiGateway Latency " + api + " p99",
			"Latency: AWS/ApiGateway IntegrationLatency " + api + " p99", "Server errors: AWS/ApiGateway 5XXError " + api + " Sum",
			"Tasks: AWS/NetworkELB HealthyHostCount " + target + " Minimum", "Tasks: AWS/NetworkELB UnHealthyHostCount " + target + " Maximum",
		}
		if got := rest.lines(); !slices.Equal(got[:len(want)], want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
	t.Run("of its own Region, a value a minute", func(t *testing.T) {
		for _, w := range plain.Widgets {
			if w.Properties.Region != "eu-west-1" || w.Properties.Period != 60 {
				t.Errorf("%s is %+v", w.Properties.Title, w.Properties)
			}
		}
	})
	insights, _ := dashboard(t, true, pulumi.StringArray{pulumi.String("arn:one"), pulumi.String("arn:two")})
	t.Run("Container Insights add the desired and the running tasks", func(t *testing.T) {
		lines := strings.Join(insights.lines(), "\n")
		for _, name := range []string{"DesiredTaskCount", "RunningTaskCount"} {
			if !strings.Contains(lines, "Tasks: ECS/ContainerInsights "+name+" ClusterName c1 ServiceName s1 Average") {
				t.Errorf("%s is not in\n%s", name, lines)
			}
		}
	})
	t.Run("the alarms come first, where there are any", func(t *testing.T) {
		first := insights.Widgets[0]
		if first.Type != "alarm" || !slices.Equal(first.Properties.Alarms, []string{"arn:one", "arn:two"}) {
			t.Errorf("got %+v", first)
		}
		if plain.Widgets[0].Type != "metric" {
			t.Errorf("got %+v", plain.Widgets[0])
		}
	})
	t.Run("no part lies on another, and none is wider than the page", func(t *testing.T) {
		for i, a := range insights.Widgets {
			if a.X+a.Width > 24 {
				t.Errorf("%s ends at %d", a.Properties.Title, a.X+a.Width)
			}
			for _, b := range insights.Widgets[i+1:] {
				if a.X < b.X+b.Width && b.X < a.X+a.Width && a.Y < b.Y+b.Height && b.Y < a.Y+a.Height {
					t.Errorf("%s lies on %s", a.Properties.Title, b.Properties.Title)
				}
			}
		}
	})
	t.Run("its address is the page in the console", func(t *testing.T) {
		record.Equal(t, rec.Get(t, "aws:cloudwatch/dashboard:Dashboard", "shop"), "dashboardName", "shop")
		record.Equal(t, rec.Get(t, "aws:ec2/eip:Eip", "url"), "instance",
			"https://console.aws.amazon.com/cloudwatch/home?region=eu-west-1#dashboards/dashboard/shop")
	})
	t.Run("wrong arguments are refused", func(t *testing.T) {
		record.Refused(t, func(ctx *pulumi.Context) error {
			_, err := monitoring.NewDashboard(ctx, "shop", &monitoring.DashboardArgs{})
			return err
		}, "dashboard shop: missing Region")
	})
}

// lines are all series, each with its graph's title and its statistic.
func (b body) lines() (lines []string) {
	for _, w := range b.Widgets {
		for _, metric := range w.Properties.Metrics {
			line := w.Properties.Title + ":"
			for _, part := range metric[:len(metric)-1] {
				line += fmt.Sprintf(" %v", part)
			}
			lines = append(lines, fmt.Sprintf("%s %v", line, metric[len(metric)-1].(map[string]any)["stat"]))
		}
	}
	return lines
}
