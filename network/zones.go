// Package network is the path of a request: the VPC, the public gateway, the internal load balancer, and the way out.
package network

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// linkZones lists, by Region, the ids of the zones that can hold a VPC link. A zone's name differs from account to
// account, its id does not. In a Region that is not listed no zone is rejected.
//
// Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vpc-links.html#http-api-vpc-link-availability
// and …/apigateway-vpc-links-v2.html, as of November 2025.
var linkZones = map[string][]string{
	"us-east-1":      {"use1-az1", "use1-az2", "use1-az4", "use1-az5", "use1-az6"},
	"us-east-2":      {"use2-az1", "use2-az2", "use2-az3"},
	"us-west-1":      {"usw1-az1", "usw1-az3"},
	"us-west-2":      {"usw2-az1", "usw2-az2", "usw2-az3", "usw2-az4"},
	"ap-east-1":      {"ape1-az2", "ape1-az3"},
	"ap-south-1":     {"aps1-az1", "aps1-az2", "aps1-az3"},
	"ap-northeast-1": {"apne1-az1", "apne1-az2", "apne1-az4"},
	"ap-northeast-2": {"apne2-az1", "apne2-az2", "apne2-az3"},
	"ap-southeast-1": {"apse1-az1", "apse1-az2", "apse1-az3"},
	"ap-southeast-2": {"apse2-az1", "apse2-az2", "apse2-az3"},
	"ca-central-1":   {"cac1-az1", "cac1-az2"},
	"eu-central-1":   {"euc1-az1", "euc1-az2", "euc1-az3"},
	"eu-west-1":      {"euw1-az1", "euw1-az2", "euw1-az3"},
	"eu-west-2":      {"euw2-az1", "euw2-az2", "euw2-az3"},
	"eu-west-3":      {"euw3-az1", "euw3-az3"},
	"eu-south-2":     {"eus2-az1", "eus2-az2", "eus2-az3"},
	"eu-north-1":     {"eun1-az1", "eun1-az2", "eun1-az3"},
	"me-south-1":     {"mes1-az1", "mes1-az2", "mes1-az3"},
	"sa-east-1":      {"sae1-az1", "sae1-az2", "sae1-az3"},
	"us-gov-west-1":  {"usgw1-az1", "usgw1-az2", "usgw1-az3"},
}

type zone struct{ id, name string }

// ChooseZones returns the names of count Availability Zones of the Region: the first ones by zone id among those
// that are available and can hold a VPC link. Ordered by id, the choice is the same in every account, so that two
// stacks of one Region share zones. Too few such zones are an error that names every rejected zone with the reason.
func ChooseZones(ctx *pulumi.Context, region string, count int, opts ...pulumi.InvokeOption) ([]string, error) {
	found, err := aws.GetAvailabilityZones(ctx, &aws.GetAvailabilityZonesArgs{
		State: pulumi.StringRef("available"),
		// Without the filter, Local and Wavelength Zones that the account has opted in to would count.
		Filters: []aws.GetAvailabilityZonesFilter{{Name: "zone-type", Values: []string{"availability-zone"}}},
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("availability zones of %s: %w", region, err)
	}
	if len(found.ZoneIds) != len(found.Names) {
		return nil, fmt.Errorf("availability zones of %s: AWS answered %d names but %d ids",
			region, len(found.Names), len(found.ZoneIds))
	}
	zones := make([]zone, len(found.Names))
	for i := range zones {
		zones[i] = zone{id: found.ZoneIds[i], name: found.Names[i]}
	}
	return pick(region, count, zones)
}

func pick(region string, count int, zones []zone) ([]string, error) {
	slices.SortFunc(zones, func(a, b zone) int {
		// Shorter first, or az10 would come before az2.
		return cmp.Or(cmp.Compare(len(a.id), len(b.id)), cmp.Compare(a.id, b.id))
	})
	allowed, listed := linkZones[region]
	var names, usable, rejected []string
	for _, z := range zones {
		if listed && !slices.Contains(allowed, z.id) {
			rejected = append(rejected, fmt.Sprintf("%s (%s)", z.id, z.name))
			continue
		}
		names = append(names, z.name)
		usable = append(usable, z.id)
	}
	if len(names) >= count {
		return names[:count], nil
	}
	msg := fmt.Sprintf("availability zones of %s: network.zones asks for %d, but only %d can be used (%s)",
		region, count, len(names), strings.Join(usable, ", "))
	if len(rejected) > 0 {
		msg += fmt.Sprintf("; rejected, because API Gateway can't place a VPC link there: %s", strings.Join(rejected, ", "))
	}
	return nil, fmt.Errorf("%s. Lower network.zones or choose another Region", msg)
}
