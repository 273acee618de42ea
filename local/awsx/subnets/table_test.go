package subnets

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"testing"
)

type row struct {
	Strategy string      `json:"strategy"`
	CIDR     string      `json:"cidr"`
	Zones    int         `json:"azs"`
	NAT      string      `json:"nat"`
	Specs    []rowSpec   `json:"specs"`
	Subnets  [][4]string `json:"subnets"`
	Error    string      `json:"error"`
}

type rowSpec struct {
	Type     string `json:"type"`
	Name     string `json:"name"`
	CIDRMask int    `json:"cidrMask"`
	Size     int    `json:"size"`
}

func TestEveryRowRecordedFromTheOfficialPlugin(t *testing.T) {
	data, err := os.ReadFile("../testdata/cidr-table.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) != 264 {
		t.Fatalf("the table has %d rows, want 264", len(rows))
	}
	for i, r := range rows {
		t.Run(fmt.Sprintf("row %d: %s in %d zones with NAT %s", i, r.CIDR, r.Zones, r.NAT), func(t *testing.T) {
			request := Request{VPCName: "net", CIDRBlock: r.CIDR, Strategy: r.Strategy, NATGateways: r.NAT}
			for z := range r.Zones {
				request.Zones = append(request.Zones, "us-east-1"+string(rune('a'+z)))
			}
			for _, s := range r.Specs {
				request.Specs = append(request.Specs, Spec{Type: s.Type, Name: s.Name, CIDRMask: s.CIDRMask, Size: s.Size})
			}
			plan, err := Decide(request)
			if got := fmt.Sprint(err); r.Error != "" && got != r.Error {
				t.Fatalf("error:\n got %q\nwant %q", got, r.Error)
			}
			if r.Error != "" {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got [][4]string
			for _, s := range plan.Subnets {
				if s.Type != Unused {
					got = append(got, [4]string{s.Name, s.Type, s.Zone, s.CIDRBlock})
				}
			}
			if !reflect.DeepEqual(got, r.Subnets) {
				t.Errorf("subnets:\n got %v\nwant %v", got, r.Subnets)
			}
		})
	}
}
