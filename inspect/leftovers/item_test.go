package leftovers

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSortItems(t *testing.T) {
	t.Run("what costs most comes first, then by kind and id, and what costs nothing in the order of deletion", func(t *testing.T) {
		want := []Item{
			{Kind: natGateway, ID: "nat-1", Costs: "x"}, {Kind: natGateway, ID: "nat-2", Costs: "x"},
			{Kind: loadBalancer, ID: "a", Costs: "x"}, {Kind: vpcEndpoint, ID: "vpce-2", Costs: "x"},
			{Kind: ecsService, ID: "z", Costs: "x"}, {Kind: ecsTask, ID: "a", Costs: "x"}, {Kind: elasticIP, ID: "a", Costs: "x"},
			{Kind: ecrRepository, ID: "b", Costs: "x"}, {Kind: logGroup, ID: "b", Costs: "x"},
			{Kind: vpcEndpoint, ID: "vpce-1"}, {Kind: ecrRepository, ID: "a"}, {Kind: logGroup, ID: "a"}, {Kind: vpcLink, ID: "a"},
			{Kind: networkInterface, ID: "eni-1"}, {Kind: securityGroup, ID: "sg-1"}, {Kind: subnet, ID: "subnet-1"}, {Kind: vpc, ID: "vpc-1"},
			{Kind: iamPolicy, ID: "z"}, {Kind: iamRole, ID: "a"},
		}
		got := slices.Clone(want)
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
		if slices.Equal(got, want) {
			t.Fatal("nothing was shuffled")
		}
		sortItems(got)
		compare(t, got, want)
	})
}

func TestPrices(t *testing.T) {
	t.Run("an hourly price has no zeros at its end", func(t *testing.T) {
		for price, want := range map[float64]string{
			natGatewayHour: "0.045 USD an hour", loadBalancerHour: "0.0225 USD an hour", publicIPv4Hour: "0.005 USD an hour",
			endpointZoneHour: "0.01 USD an hour", 3 * endpointZoneHour: "0.03 USD an hour", 1: "1 USD an hour",
		} {
			if got := hourly(price); got != want {
				t.Errorf("%v is %s, not %s", price, got, want)
			}
		}
	})
	t.Run("a task costs by its vCPUs and memory, less on ARM", func(t *testing.T) {
		for _, c := range []struct {
			cpu, memory string
			arm         bool
			want        string
		}{
			{"256", "512", false, "0.0123 USD an hour"}, // 0.25 × 0.04048 + 0.5 × 0.004445
			{"256", "512", true, "0.0099 USD an hour"},  // 0.25 × 0.03238 + 0.5 × 0.00356
			{"4096", "8192", false, "0.1975 USD an hour"},
			{"", "", false, "by its CPU and memory"},
			{"256", "", true, "by its CPU and memory"},
		} {
			if got := taskHour(c.cpu, c.memory, c.arm); got != c.want {
				t.Errorf("%s and %s, ARM %v: %s, not %s", c.cpu, c.memory, c.arm, got, c.want)
			}
		}
	})
}

func TestAmounts(t *testing.T) {
	for bytes, want := range map[int64]string{1: "1 B", 999: "999 B", 1000: "1.0 KB", 1_250_000: "1.2 MB", 3_000_000_000: "3.0 GB", 5e15: "5000.0 TB"} {
		if got := size(bytes); got != want {
			t.Errorf("%d bytes are %s, not %s", bytes, got, want)
		}
	}
	for n, want := range map[int]string{0: "0 images", 1: "1 image", 2: "2 images"} {
		if got := count(n, "image"); got != want {
			t.Errorf("%d are %s, not %s", n, got, want)
		}
	}
}
