package subnets

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

func zones(n int) (names []string) {
	for z := range n {
		names = append(names, "us-east-1"+string(rune('a'+z)))
	}
	return names
}

func blocksOf(p Plan) (blocks []string) {
	for _, s := range p.Subnets {
		blocks = append(blocks, s.Name+" "+s.CIDRBlock)
	}
	return blocks
}

func TestSubnetsAndLayout(t *testing.T) {
	for _, c := range []struct {
		name    string
		request Request
		blocks  []string
		layout  []Spec
	}{
		{
			"Auto keeps the layout as asked for, sizes completed",
			Request{Strategy: Auto, CIDRBlock: "10.0.0.0/22", Zones: zones(1), Specs: []Spec{{Type: Public, CIDRMask: 24}, {Type: Private, Size: 512, Name: "app"}}},
			[]string{"net-public-1 10.0.0.0/24", "net-app-1 10.0.2.0/23"},
			[]Spec{{Type: Public, CIDRMask: 24, Size: 256}, {Type: Private, CIDRMask: 23, Size: 512, Name: "app"}},
		},
		{
			"Auto leaves room behind the range of each zone if the zone's mask says so",
			Request{Strategy: Auto, CIDRBlock: "10.0.0.0/16", Zones: zones(2), ZoneMask: 20, Specs: []Spec{{Type: Public}, {Type: Private}}},
			[]string{"net-public-1 10.0.0.0/21", "net-private-1 10.0.8.0/21", "net-public-2 10.0.16.0/21", "net-private-2 10.0.24.0/21"},
			[]Spec{{Type: Public}, {Type: Private}},
		},
		{
			"Exact takes a range that is accounted for",
			Request{Strategy: Exact, CIDRBlock: "10.0.0.0/24", Zones: zones(2), Specs: []Spec{{Type: Public, CIDRMask: 26}, {Type: Unused, CIDRMask: 26}}},
			[]string{"net-public-1 10.0.0.0/26", "net-unused-1 10.0.0.64/26", "net-public-2 10.0.0.128/26", "net-unused-2 10.0.0.192/26"},
			[]Spec{{Type: Public, CIDRMask: 26, Size: 64}, {Type: Unused, CIDRMask: 26, Size: 64}},
		},
		{
			"CIDR blocks given for each zone are taken as they are",
			Request{Strategy: Auto, CIDRBlock: "10.0.0.0/16", Zones: zones(2), Specs: []Spec{{Type: Private, CIDRBlocks: []string{"10.0.7.0/24", "10.0.9.0/25"}}}},
			[]string{"net-private-1 10.0.7.0/24", "net-private-2 10.0.9.0/25"},
			[]Spec{{Type: Private, CIDRBlocks: []string{"10.0.7.0/24", "10.0.9.0/25"}}},
		},
		{
			"Legacy places private before public before isolated and forgets names in the layout",
			Request{Strategy: Legacy, CIDRBlock: "10.0.0.0/16", Zones: zones(2), Specs: []Spec{{Type: Isolated}, {Type: Public}, {Type: Private, Name: "app"}}},
			[]string{
				"net-app-1 10.0.0.0/19", "net-public-1 10.0.32.0/20", "net-isolated-1 10.0.48.0/24",
				"net-app-2 10.0.128.0/19", "net-public-2 10.0.160.0/20", "net-isolated-2 10.0.176.0/24",
			},
			[]Spec{{Type: Private, CIDRMask: 19}, {Type: Public, CIDRMask: 20}, {Type: Isolated, CIDRMask: 24}},
		},
		{
			"Legacy without specs halves each zone, and describes the gap between zones as Unused",
			Request{Strategy: Legacy, CIDRBlock: "10.0.0.0/16", Zones: zones(2)},
			[]string{"net-private-1 10.0.0.0/18", "net-private-2 10.0.128.0/18", "net-public-1 10.0.64.0/19", "net-public-2 10.0.192.0/19"},
			[]Spec{{Type: Private, CIDRMask: 18}, {Type: Unused, CIDRMask: 18}, {Type: Private, CIDRMask: 18}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.request.VPCName, c.request.NATGateways = "net", "None"
			plan, err := Decide(c.request)
			if err != nil {
				t.Fatal(err)
			}
			if got := blocksOf(plan); !reflect.DeepEqual(got, c.blocks) {
				t.Errorf("subnets:\n got %q\nwant %q", got, c.blocks)
			}
			if !reflect.DeepEqual(plan.Layout, c.layout) {
				t.Errorf("layout:\n got %v\nwant %v", plan.Layout, c.layout)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name    string
		request Request
		want    string
	}{
		{
			"every contradiction in the specs at once",
			Request{Strategy: Auto, CIDRBlock: "10.0.0.0/16", Specs: []Spec{{Type: Public, CIDRMask: 24, Size: 512}, {Type: Private, Size: 1000}}},
			"Invalid subnet specifications:\n - The following subnet sizes are invalid: 1000. Valid sizes are: 4294967296, ",
		},
		{
			"a size that is not the mask's",
			Request{Strategy: Auto, CIDRBlock: "10.0.0.0/16", Specs: []Spec{{Type: Public, CIDRMask: 24, Size: 512}}},
			"Invalid subnet specifications:\n - Subnet size 512 does not match the expected size for a /24 subnet (256).",
		},
		{
			"CIDR blocks for some specs only",
			Request{Strategy: Auto, CIDRBlock: "10.0.0.0/16", Specs: []Spec{{Type: Public, CIDRBlocks: []string{"10.0.0.0/24", "10.0.1.0/24"}}, {Type: Private}}},
			"Invalid subnet specifications:\n - If any subnet spec has explicit cidrBlocks, all subnets must have explicit cidrBlocks.",
		},
		{
			"fewer CIDR blocks than zones",
			Request{Strategy: Auto, CIDRBlock: "10.0.0.0/16", Specs: []Spec{{Type: Public, CIDRBlocks: []string{"10.0.0.0/24"}}}},
			"Invalid subnet specifications:\n - The number of CIDR blocks in subnetSpecs[0] must match the number of availability zones (2).",
		},
		{
			"a gap under Exact",
			Request{Strategy: Exact, CIDRBlock: "10.0.0.0/24", Specs: []Spec{{Type: Public, CIDRMask: 26}}},
			"There are gaps in the subnet ranges. Please fix the following gaps: net-public-1 (10.0.0.0/26) <=> net-public-2 (10.0.0.128/26), " +
				"net-public-2 (ending 10.0.0.190) ends before VPC ends (at 10.0.0.254})",
		},
		{"no specs at all", Request{Strategy: Auto, CIDRBlock: "10.0.0.0/16", Specs: []Spec{}}, "No subnets specified"},
		{"a CIDR block that is none", Request{Strategy: Auto, CIDRBlock: "ten/16"}, "Invalid net address: ten"},
		{"a prefix length that is none", Request{Strategy: Auto, CIDRBlock: "10.0.0.0/b"}, "Invalid mask for ip4: b"},
		{"a prefix length that is too long", Request{Strategy: Auto, CIDRBlock: "10.0.0.0/33", Specs: []Spec{{Type: Public}}}, "Invalid mask for ip4: 33"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.request.VPCName, c.request.NATGateways, c.request.Zones = "net", "None", zones(2)
			_, err := Decide(c.request)
			if !strings.HasPrefix(fmt.Sprint(err), c.want) {
				t.Errorf("\n got %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestGapsAreFilledWithTheWidestBlocksThatFit(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"10.0.0.0/26", "10.0.0.64/26", "[]"},
		{"10.0.0.0/26", "10.0.0.192/26", "[10.0.0.64/26 10.0.0.128/26]"},
		{"10.0.0.0/26", "10.0.1.0/26", "[10.0.0.64/26 10.0.0.128/25]"},
	} {
		t.Run(c.from+" to "+c.to, func(t *testing.T) {
			from, _ := parseBlock(c.from)
			to, _ := parseBlock(c.to)
			if got := fmt.Sprint(gaps(from, to)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// Subnets of different sizes can leave the VPC, here as in the official plugin;
// AWS refuses them. So only an even division is promised to stay inside.
func FuzzSubnetsNeverOverlapAndAnEvenDivisionStaysInsideTheVPC(f *testing.F) {
	f.Add(uint32(0x0a000000), uint8(16), uint8(3), []byte{0, 1, 2})
	f.Add(uint32(0x0a010203), uint8(16), uint8(2), []byte{0, 1 | 24<<2, 2 | 26<<2})
	f.Add(uint32(0xac140000), uint8(20), uint8(2), []byte{0 | 24<<2, 1 | 22<<2, 2 | 24<<2})
	f.Fuzz(func(t *testing.T, base uint32, prefix, count uint8, kinds []byte) {
		bits := int(prefix%25) + 8
		vpc := netip.MustParsePrefix(fmt.Sprintf("%s/%d", address(base), bits)).Masked()
		r := Request{VPCName: "net", CIDRBlock: fmt.Sprintf("%s/%d", address(base), bits), Strategy: Auto, NATGateways: "None", Zones: zones(int(count%6) + 1)}
		even := true
		for _, kind := range kinds[:min(len(kinds), 8)] {
			s := Spec{Type: []string{Public, Private, Isolated, Unused}[kind&3], CIDRMask: int(kind >> 2 & 31)}
			even = even && s.CIDRMask == 0
			r.Specs = append(r.Specs, s)
		}
		plan, err := Decide(r)
		if err != nil {
			return
		}
		for i, s := range plan.Subnets {
			p := netip.MustParsePrefix(s.CIDRBlock)
			if p != p.Masked() {
				t.Errorf("%s is not aligned", p)
			}
			if even && (!vpc.Contains(p.Addr()) || p.Bits() < vpc.Bits()) {
				t.Errorf("%s is outside %s", p, vpc)
			}
			for _, other := range plan.Subnets[:i] {
				if p.Overlaps(netip.MustParsePrefix(other.CIDRBlock)) {
					t.Errorf("%s overlaps %s", p, other.CIDRBlock)
				}
			}
		}
	})
}
