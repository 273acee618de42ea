// Package cost tells what a stack costs by its settings, at the list prices of its table, without a free tier, discounts
// and taxes. What the settings don't decide, such as the size of the logs, is named with its price and not counted.
package cost

import (
	"fmt"

	"sallyport/internal/settings"
)

// Item is one line of a bill.
type Item struct {
	What  string // of which there are Count
	Count int
	Cents int // of a US dollar, for all of them
	// Prices that Cents is made of.
	Prices []price
}

// Page is where AWS tells the item's prices.
func (i Item) Page() string { return i.Prices[0].Page() }

// Sum is what items cost together, in cents.
func Sum(items []Item) (cents int) {
	for _, item := range items {
		cents += item.Cents
	}
	return cents
}

// Monthly is what the stack costs in a month in which nobody comes: each item runs all the time, and there are no more
// tasks than app.count.
func Monthly(s *settings.Settings) []Item {
	items := tasks(s, s.App.Count)
	add := func(what string, count int, quantity float64, p price) {
		if count > 0 {
			items = append(items, Item{what, count, p.cents(float64(count) * quantity), []price{p}})
		}
	}
	if s.Gateway.REST() {
		add("load balancer", 1, Hours, networkLoadBalancer)
	} else {
		add("load balancer", 1, Hours, loadBalancer)
	}
	add("NAT gateway", natGateways(s), Hours, natGateway)
	add("public IPv4 address of a NAT gateway", natGateways(s), Hours, publicIPv4)
	add("interface endpoint in one zone", len(s.Endpoints())*s.Network.Zones, Hours, interfaceEndpoint)
	add("metric of Container Insights", insightsMetrics(s), 1, metric)
	add("metric of an alarm", alarmMetrics(s), 1, alarm)
	add("dashboard", oneIf(s.Dashboard.Enabled), 1, dashboard)
	return items
}

// Most is what the stack costs in a month in which load keeps scaling.max tasks running, in cents.
func Most(s *settings.Settings) int {
	return Sum(Monthly(s)) - Sum(tasks(s, s.App.Count)) + Sum(tasks(s, max(s.App.Count, s.Scaling.Max)))
}

// Parked is what is left of the monthly price at the rate of the hours in which scaling.park has stopped all tasks, in
// cents.
func Parked(s *settings.Settings) int { return Sum(Monthly(s)) - Sum(tasks(s, s.App.Count)) }

// tasks are that many tasks, as app.spotPercent shares them out.
func tasks(s *settings.Settings, count int) []Item {
	what, cpu, memory := "Fargate task", x86CPU, x86Memory
	if s.App.Architecture == "ARM64" {
		what, cpu, memory = "Fargate task on ARM64", arm64CPU, arm64Memory
	}
	vCPU, gb := float64(s.App.CPU)/1024, float64(s.App.Memory)/1024
	item := func(what string, count int, share float64) Item {
		each := share * Hours * (vCPU*table[cpu].usd + gb*table[memory].usd)
		return Item{
			fmt.Sprintf("%s, %g vCPU and %g GB", what, vCPU, gb),
			count, round(float64(count) * each), []price{cpu, memory},
		}
	}
	beyond := max(0, count-s.App.OnDemandBase)
	onSpot := beyond * s.App.SpotPercent / 100
	var items []Item
	if count > onSpot {
		items = append(items, item(what, count-onSpot, 1))
	}
	if onSpot > 0 {
		items = append(items, item(what+" at the lowest price of Spot", onSpot, spotLeft))
	}
	return items
}

func natGateways(s *settings.Settings) int {
	switch {
	case s.Network.Existing():
		return 0
	case s.Network.Egress == settings.EgressNATPerZone:
		return s.Network.Zones
	default:
		return oneIf(s.Network.Egress == settings.EgressNAT)
	}
}

// insightsMetrics are 8 of the task definition's family, 13 of the service and 10 of the cluster, each of them a custom
// metric, by the table of
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-ECS.html
// without those of EC2 instances.
func insightsMetrics(s *settings.Settings) int {
	if !s.Cluster.ContainerInsights {
		return 0
	}
	return 8 + 13 + 10
}

// alarmMetrics are those of the alarms that package monitoring makes, where each metric of an expression counts, and of
// the two that Application Auto Scaling makes for each target:
// https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking.html
func alarmMetrics(s *settings.Settings) (count int) {
	if s.Alarms.Enabled {
		const path, restPath, cpu, memory = 10, 6, 1, 1
		count = path + cpu + memory
		if s.Gateway.REST() {
			count += restPath - path
		}
		switch {
		case s.Cluster.ContainerInsights:
			count += 2 // the desired tasks and those that run
		case s.Scaling.Park == "":
			count++ // the healthy targets, which there are to be at any time of the day
		}
	}
	if s.Scaling.Max > 0 {
		cpu, memory, requests := s.Scaling.Targets()
		count += 2 * (oneIf(cpu > 0) + oneIf(memory > 0) + oneIf(requests > 0))
	}
	return count
}

const (
	// exchange is the size of a request and its answer in KB, an assumption.
	exchange = 10
	// logLine is the size of a line of the access log in bytes: 338 as network/accesslog.go has it, with a path of 20
	// characters, and the 26 that CloudWatch Logs counts for every event.
	// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
	logLine = 364
)

// Exchange tells what a request of Million is taken to be.
var Exchange = fmt.Sprintf("%d KB each with its answer", exchange)

// Million is what a million requests add, each as Exchange tells.
func Million(s *settings.Settings) []Item {
	const gb = 1e6 * exchange / 1e6
	requests, api, unit := "requests to the HTTP API", httpRequest, capacityUnit
	if s.Gateway.REST() {
		requests, api, unit = "requests to the REST API", restRequest, networkCapacityUnit
	}
	items := []Item{
		{requests, 1, api.cents(1), []price{api}},
		// One unit is a GB an hour: https://aws.amazon.com/elasticloadbalancing/pricing/
		{"capacity of the load balancer", 1, unit.cents(gb), []price{unit}},
		{"access log", 1, logs.cents(1e6 * logLine / 1e9), []price{logs}},
		{"data to the internet", 1, dataOut.cents(gb), []price{dataOut}},
	}
	if s.LoadBalancer.WebACLARN != "" || s.Gateway.WebACLARN != "" {
		items = append(items, Item{"requests to the web ACL", 1, webACLRequest.cents(1), []price{webACLRequest}})
	}
	return items
}

// Choice is a value of a setting and the price with it.
type Choice struct {
	Setting, Value string
	Own            bool   // the stack has it
	Cents          int    // a month, in place of what Monthly says
	But            string // what to know of it
}

// Choices are the ways out of a VPC of the stack's own, and the architecture that it does not have.
func Choices(s *settings.Settings) []Choice {
	var choices []Choice
	for _, egress := range []settings.Egress{settings.EgressNAT, settings.EgressNATPerZone, settings.EgressEndpoints, settings.EgressNone} {
		if other := *s; !s.Network.Existing() {
			other.Network.Egress = egress
			but := map[settings.Egress]string{
				settings.EgressEndpoints: ", and tasks reach no other address than these services",
				settings.EgressNone:      ", and no task starts without endpoints of your own",
			}[egress]
			choices = append(choices, Choice{"network.egress", string(egress), egress == s.Network.Egress, Sum(Monthly(&other)), but})
		}
	}
	other := *s
	other.App.Architecture = map[string]string{"X86_64": "ARM64", "ARM64": "X86_64"}[s.App.Architecture]
	return append(choices, Choice{"app.architecture", other.App.Architecture, false, Sum(Monthly(&other)), ""})
}

// Note is a price that is not counted.
type Note struct {
	What  string
	Price price
}

// ByUse are prices of the stack that its settings say no quantity of.
func ByUse(s *settings.Settings) []Note {
	var notes []Note
	if natGateways(s) > 0 {
		notes = append(notes, Note{"data through a NAT gateway", natData})
	}
	if len(s.Endpoints()) > 0 {
		notes = append(notes, Note{"data through an interface endpoint", endpointData})
	}
	if s.App.Image == "" {
		notes = append(notes, Note{"images in ECR", images})
	}
	if s.App.Table {
		// In a transaction each counts twice, and a read that need not be consistent half: https://aws.amazon.com/dynamodb/pricing/on-demand/
		notes = append(notes, Note{"items in the table", tableItems}, Note{"writes to the table", tableWrite}, Note{"reads from the table", tableRead})
		if s.Protected {
			notes = append(notes, Note{"the table's backup", tableBackup})
		}
	}
	if s.Gateway.Tracing {
		notes = append(notes, Note{"traces of X-Ray", traces})
	}
	return append(notes, Note{"logs: app, access, flow", logs})
}

// Elsewhere are prices of what the stack uses and does not make.
func Elsewhere(s *settings.Settings) []Note {
	var notes []Note
	for _, used := range []struct {
		used bool
		Note
	}{
		{s.Domain.ZoneID != "", Note{"the hosted zone", hostedZone}},
		{s.LoadBalancer.WebACLARN != "" || s.Gateway.WebACLARN != "", Note{"the web ACL", webACL}},
		// A standard parameter of SSM costs nothing.
		{s.App.Reads("secretsmanager"), Note{"the secrets, in Secrets Manager", secret}},
		{s.App.SecretsKeyARN != "", Note{"the key of the secrets", key}},
	} {
		if used.used {
			notes = append(notes, used.Note)
		}
	}
	return notes
}

// Line is the price of a stack in one line, for a preview.
func Line(s *settings.Settings) string {
	monthly := Sum(Monthly(s))
	price := USD(monthly)
	if most := Most(s); most > monthly {
		price += " to " + USD(most)
	}
	return fmt.Sprintf("On AWS about %s USD a month without traffic, at list prices of %s (make cost)", price, Region)
}

func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}
