package monitoring

import (
	"encoding/json"

	"sallyport/internal/httpapi"
)

// page is what a dashboard shows of a stack.
type page struct {
	region           string
	rest             bool
	api              string // the id of an HTTP API, or the name of a REST API
	balancer, target string // as resourceName has them
	cluster, service string
	insights         bool
	alarms           []string // ARNs
}

// widget is a part of a dashboard: graphs, or the states of alarms.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
type widget struct {
	Type       string     `json:"type"`
	X          int        `json:"x"`
	Y          int        `json:"y"`
	Width      int        `json:"width"`
	Height     int        `json:"height"`
	Properties properties `json:"properties"`
}

type properties struct {
	Title   string   `json:"title"`
	Region  string   `json:"region,omitempty"`
	View    string   `json:"view,omitempty"`
	Stacked *bool    `json:"stacked,omitempty"`
	Period  int      `json:"period,omitempty"`
	Metrics []series `json:"metrics,omitempty"`
	YAxis   *yAxis   `json:"yAxis,omitempty"`
	Alarms  []string `json:"alarms,omitempty"`
}

type yAxis struct {
	Left axis `json:"left"`
}

type axis struct {
	Min   float64 `json:"min"`
	Label string  `json:"label"`
	// ShowUnits is off where Label says what is counted.
	ShowUnits bool `json:"showUnits"`
}

// series is a line of a graph. CloudWatch has it as an array of the namespace, the metric's name, each dimension and its
// value, and an object with the rest.
type series struct {
	namespace, name string
	dimensions      []string
	rendering       rendering
}

type rendering struct {
	Stat  string `json:"stat"`
	Label string `json:"label"`
}

func (s series) MarshalJSON() ([]byte, error) {
	line := []any{s.namespace, s.name}
	for _, d := range s.dimensions {
		line = append(line, d)
	}
	return json.Marshal(append(line, s.rendering))
}

// The width of a dashboard is 24.
const (
	graphWidth  = 12
	graphHeight = 6
)

// body is the dashboard as PutDashboard takes it: alarms first, then from the door inwards, two graphs a row.
func (p page) body() (string, error) {
	var widgets []widget
	top := 0
	if len(p.alarms) > 0 {
		const height = 3
		widgets = append(widgets, widget{
			Type: "alarm", Width: 2 * graphWidth, Height: height,
			Properties: properties{Title: "Alarms", Alarms: p.alarms},
		})
		top = height
	}
	for i, g := range p.graphs() {
		stacked := false
		widgets = append(widgets, widget{
			Type: "metric", X: i % 2 * graphWidth, Y: top + i/2*graphHeight, Width: graphWidth, Height: graphHeight,
			Properties: properties{
				Title: g.title, Region: p.region, View: "timeSeries", Stacked: &stacked, Period: period, Metrics: g.lines,
				YAxis: &yAxis{Left: axis{Label: g.unit}},
			},
		})
	}
	text, err := json.Marshal(struct {
		Widgets []widget `json:"widgets"`
	}{widgets})
	return string(text), err
}

type graph struct {
	title, unit string
	lines       []series
}

func (p page) graphs() []graph {
	of := func(namespace string, dimensions ...string) func(name, stat, label string) series {
		return func(name, stat, label string) series {
			return series{namespace, name, dimensions, rendering{stat, label}}
		}
	}
	way, api := wayOf(p.rest), of(gatewayNamespace, "ApiId", p.api)
	if p.rest {
		api = of(gatewayNamespace, "ApiName", p.api, "Stage", httpapi.Stage)
	}
	balancer := of(way.balancer, "LoadBalancer", p.balancer)
	target := of(way.balancer, "LoadBalancer", p.balancer, "TargetGroup", p.target)
	service := of(serviceNamespace, "ClusterName", p.cluster, "ServiceName", p.service)
	insights := of(insightsNamespace, "ClusterName", p.cluster, "ServiceName", p.service)

	tasks := []series{target("HealthyHostCount", "Minimum", "healthy"), target("UnHealthyHostCount", "Maximum", "unhealthy")}
	if p.insights {
		tasks = append(tasks, insights("DesiredTaskCount", "Average", "desired"), insights("RunningTaskCount", "Average", "running"))
	}
	failed := graph{"Server errors", "a minute", []series{api(way.serverErrors, "Sum", "all")}}
	if way.requests {
		failed = graph{"Server errors, by who made them", "a minute", []series{
			api(way.serverErrors, "Sum", "all"),
			balancer("HTTPCode_ELB_5XX_Count", "Sum", "load balancer"),
			target("HTTPCode_Target_5XX_Count", "Sum", "app"),
		}}
	}
	return []graph{
		{"Requests", "a minute", []series{
			api("Count", way.count, "all"), api(way.clientErrors, "Sum", "4xx"), api(way.serverErrors, "Sum", "5xx"),
		}},
		{"Latency", "ms", []series{
			api("Latency", "p50", "median"), api("Latency", "p99", "p99"), api("IntegrationLatency", "p99", "p99 behind the gateway"),
		}},
		failed,
		{"Tasks", "tasks", tasks},
		{"CPU", "% of what the tasks have", []series{
			service("CPUUtilization", "Average", "average"), service("CPUUtilization", "Maximum", "busiest task"),
		}},
		{"Memory", "% of what the tasks have", []series{
			service("MemoryUtilization", "Average", "average"), service("MemoryUtilization", "Maximum", "fullest task"),
		}},
	}
}
