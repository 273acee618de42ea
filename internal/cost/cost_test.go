package cost

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"sallyport/internal/settings"
)

// standard is a stack that sets nothing but the Region; with changes it by a function.
func standard() *settings.Settings {
	return &settings.Settings{
		AWS:     settings.AWS{Region: Region},
		Network: settings.Network{Zones: 2, Egress: settings.EgressNAT},
		App:     settings.App{Architecture: "X86_64", CPU: 256, Memory: 512, Count: 1, OnDemandBase: 1},
	}
}

func with(change func(s *settings.Settings)) *settings.Settings {
	s := standard()
	change(s)
	return s
}

func TestMonthly(t *testing.T) {
	for name, c := range map[string]struct {
		settings *settings.Settings
		want     []string
		cents    int
	}{
		"the default stack is a task, a balancer and a NAT gateway with its address": {standard(),
			[]string{"1 Fargate task, 0.25 vCPU and 0.5 GB 9.01", "1 load balancer 16.43", "1 NAT gateway 32.85",
				"1 public IPv4 address of a NAT gateway 3.65"}, 6194},
		"a NAT gateway in each of three zones": {with(func(s *settings.Settings) {
			s.Network.Egress, s.Network.Zones = settings.EgressNATPerZone, 3
		}), []string{"3 NAT gateway 98.55", "3 public IPv4 address of a NAT gateway 10.95"}, 901 + 1643 + 9855 + 1095},
		"an endpoint costs in each of its zones": {with(func(s *settings.Settings) { s.Network.Egress = settings.EgressEndpoints }),
			[]string{"6 interface endpoint in one zone 43.80"}, 901 + 1643 + 4380},
		"endpoints are as many as the settings need": {with(func(s *settings.Settings) {
			s.Network.Egress, s.App.Exec = settings.EgressEndpoints, true
		}), []string{"8 interface endpoint in one zone 58.40"}, 901 + 1643 + 5840},
		"no way out costs nothing":                      {with(func(s *settings.Settings) { s.Network.Egress = settings.EgressNone }), nil, 901 + 1643},
		"the way out of an existing VPC is its owner's": {with(func(s *settings.Settings) { s.Network.VpcID = "vpc-1" }), nil, 901 + 1643},
		"ARM64 has prices of its own": {with(func(s *settings.Settings) { s.App.Architecture = "ARM64" }),
			[]string{"1 Fargate task on ARM64, 0.25 vCPU and 0.5 GB 7.21"}, 6194 - 901 + 721},
		"two large tasks": {with(func(s *settings.Settings) { s.App.Count, s.App.CPU, s.App.Memory = 2, 2048, 4096 }),
			[]string{"2 Fargate task, 2 vCPU and 4 GB 144.16"}, 6194 - 901 + 14416},
		"Spot takes its percentage of what is beyond the base": {with(func(s *settings.Settings) { s.App.Count, s.App.SpotPercent = 5, 75 }),
			[]string{"2 Fargate task, 0.25 vCPU and 0.5 GB 18.02", "3 Fargate task at the lowest price of Spot, 0.25 vCPU and 0.5 GB 8.11"},
			6194 - 901 + 1802 + 811},
		"all on Spot": {with(func(s *settings.Settings) { s.App.OnDemandBase, s.App.SpotPercent = 0, 100 }),
			[]string{"1 Fargate task at the lowest price of Spot, 0.25 vCPU and 0.5 GB 2.70"}, 6194 - 901 + 270},
		"Container Insights": {with(func(s *settings.Settings) { s.Cluster.ContainerInsights = true }),
			[]string{"31 metric of Container Insights 9.30"}, 6194 + 930},
		"alarms and a dashboard": {with(func(s *settings.Settings) { s.Alarms.Enabled, s.Dashboard.Enabled = true, true }),
			[]string{"13 metric of an alarm 1.30", "1 dashboard 3.00"}, 6194 + 130 + 300},
		"a Network Load Balancer costs as much an hour, and the alarms of a REST API watch less": {with(func(s *settings.Settings) { s.Gateway.Kind, s.Alarms.Enabled = "rest", true }),
			[]string{"1 load balancer 16.43", "9 metric of an alarm 0.90"}, 6194 + 90},
		"scaling has two alarms for each target": {with(func(s *settings.Settings) { s.Scaling = settings.Scaling{Max: 4, TargetCPU: 50, TargetRequests: 600} }),
			[]string{"4 metric of an alarm 0.40"}, 6194 + 40},
	} {
		t.Run(name, func(t *testing.T) {
			items := Monthly(c.settings)
			got := lines(items)
			for _, want := range c.want {
				if !slices.Contains(got, want) {
					t.Errorf("%q is not in %q", want, got)
				}
			}
			if Sum(items) != c.cents {
				t.Errorf("together %s, want %s: %q", USD(Sum(items)), USD(c.cents), got)
			}
		})
	}
}

func TestMillion(t *testing.T) {
	t.Run("a million requests are counted, carried, logged and sent out", func(t *testing.T) {
		want := []string{"1 requests to the HTTP API 1.00", "1 capacity of the load balancer 0.08", "1 access log 0.18", "1 data to the internet 0.90"}
		if got := lines(Million(standard())); !slices.Equal(got, want) {
			t.Errorf("got %q", got)
		}
	})
	t.Run("a REST API has a price of its own, and so has its balancer", func(t *testing.T) {
		want := []string{"1 requests to the REST API 3.50", "1 capacity of the load balancer 0.06", "1 access log 0.18", "1 data to the internet 0.90", "1 requests to the web ACL 0.60"}
		rest := with(func(s *settings.Settings) { s.Gateway.Kind, s.Gateway.WebACLARN = "rest", "arn" })
		if got := lines(Million(rest)); !slices.Equal(got, want) {
			t.Errorf("got %q", got)
		}
	})
	t.Run("a web ACL looks at each of them", func(t *testing.T) {
		guarded := with(func(s *settings.Settings) { s.LoadBalancer.WebACLARN = "arn" })
		if got := lines(Million(guarded)); got[len(got)-1] != "1 requests to the web ACL 0.60" {
			t.Errorf("got %q", got)
		}
	})
}

func lines(items []Item) (lines []string) {
	for _, item := range items {
		lines = append(lines, strings.Join([]string{strconv.Itoa(item.Count), item.What, USD(item.Cents)}, " "))
	}
	return lines
}

func TestChoices(t *testing.T) {
	t.Run("every way out and the other architecture", func(t *testing.T) {
		want := map[string]int{
			"network.egress nat": 6194, "network.egress nat-per-zone": 9844, "network.egress endpoints": 6924, "network.egress none": 2544, "app.architecture ARM64": 6014,
		}
		got := Choices(standard())
		for _, choice := range got {
			if key := choice.Setting + " " + choice.Value; want[key] != choice.Cents {
				t.Errorf("%s costs %s, want %s", key, USD(choice.Cents), USD(want[key]))
			}
		}
		if len(got) != len(want) {
			t.Errorf("got %v", got)
		}
	})
	t.Run("an existing VPC has the way out that it has", func(t *testing.T) {
		existing := with(func(s *settings.Settings) { s.Network.VpcID, s.App.Architecture = "vpc-1", "ARM64" })
		if got := Choices(existing); len(got) != 1 || got[0].Value != "X86_64" || got[0].Cents != 2544 {
			t.Errorf("got %v", got)
		}
	})
}

func TestScaledAndParked(t *testing.T) {
	scaled := with(func(s *settings.Settings) { s.Scaling = settings.Scaling{Max: 4, Park: "cron(0 20 ? * MON-FRI *)"} })
	t.Run("at most there are scaling.max tasks", func(t *testing.T) {
		if got, want := Most(scaled), 6194+20-901+3604; got != want {
			t.Errorf("got %s, want %s", USD(got), USD(want))
		}
	})
	t.Run("without scaling the most is what there always is", func(t *testing.T) {
		if got := Most(standard()); got != 6194 {
			t.Errorf("got %s", USD(got))
		}
	})
	t.Run("parked, all but the tasks go on costing", func(t *testing.T) {
		if got := Parked(standard()); got != 5293 {
			t.Errorf("got %s", USD(got))
		}
	})
	t.Run("a preview tells the range", func(t *testing.T) {
		const want = "On AWS about 62.14 to 89.17 USD a month without traffic, at list prices of us-east-1 (make cost)"
		if got := Line(scaled); got != want {
			t.Errorf("got %q", got)
		}
	})
}

func TestWhatIsNotCounted(t *testing.T) {
	names := func(notes []Note) (names []string) {
		for _, note := range notes {
			names = append(names, note.What)
		}
		return names
	}
	t.Run("what depends on use is named", func(t *testing.T) {
		endpoints := with(func(s *settings.Settings) { s.Network.Egress, s.App.Image = settings.EgressEndpoints, "app@sha256:0" })
		if got, want := names(ByUse(endpoints)), []string{"data through an interface endpoint", "logs: app, access, flow"}; !slices.Equal(got, want) {
			t.Errorf("got %q", got)
		}
	})
	t.Run("a table costs by what is in it and what is done with it, and a protected one has a backup", func(t *testing.T) {
		want := []string{"items in the table", "writes to the table", "reads from the table", "the table's backup", "logs: app, access, flow"}
		s := with(func(s *settings.Settings) { s.App.Table, s.Protected = true, true })
		if got := names(ByUse(s)); !slices.Equal(got[2:], want) {
			t.Errorf("got %q", got)
		}
		if got := Sum(Monthly(s)); got != 6194 {
			t.Errorf("it costs %s while nobody uses it", USD(got))
		}
	})
	t.Run("what others have made is named", func(t *testing.T) {
		s := with(func(s *settings.Settings) {
			s.Domain.ZoneID, s.LoadBalancer.WebACLARN, s.App.SecretsKeyARN = "Z1", "arn", "arn"
			s.App.Secrets = map[string]string{"A": "arn:aws:secretsmanager:us-east-1:123456789012:secret:a-Ab12Cd"}
		})
		want := []string{"the hosted zone", "the web ACL", "the secrets, in Secrets Manager", "the key of the secrets"}
		if got := names(Elsewhere(s)); !slices.Equal(got, want) {
			t.Errorf("got %q", got)
		}
	})
	t.Run("a parameter of SSM costs nothing", func(t *testing.T) {
		s := with(func(s *settings.Settings) {
			s.App.Secrets = map[string]string{"A": "arn:aws:ssm:us-east-1:123456789012:parameter/a"}
		})
		if got := names(Elsewhere(s)); len(got) > 0 {
			t.Errorf("got %q", got)
		}
	})
}

func TestEveryPriceHasAPageOfAWS(t *testing.T) {
	for p, row := range table {
		if row.usd <= 0 || row.unit == "" || !strings.HasPrefix(row.page, "https://aws.amazon.com/") {
			t.Errorf("row %d is %v", p, row)
		}
	}
}

func TestReportNamesAnotherRegion(t *testing.T) {
	abroad := with(func(s *settings.Settings) { s.AWS.Region = "eu-central-1" })
	if got := Report("dev", abroad); !strings.Contains(got, "The stack is in eu-central-1, whose prices differ") {
		t.Error(got)
	}
}
