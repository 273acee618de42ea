package subnets

import (
	"fmt"
	"slices"
	"strings"
)

func check(r Request, planned []Subnet) error {
	blocks := make([]block, len(planned))
	for i, s := range planned {
		b, err := parseBlock(s.CIDRBlock)
		if err != nil {
			return err
		}
		blocks[i] = b
	}
	if err := checkOverlap(planned, blocks); err != nil {
		return err
	}
	if r.Strategy == Exact {
		if err := checkGaps(r.CIDRBlock, planned, blocks); err != nil {
			return err
		}
	}
	return checkNATGateways(r.NATGateways, planned)
}

func checkOverlap(planned []Subnet, blocks []block) error {
	var list strings.Builder
	n := 0
	for i, s := range planned {
		overlapping := false
		for j := range planned {
			overlapping = overlapping || i != j && blocks[i].overlaps(blocks[j])
		}
		if overlapping {
			n++
			fmt.Fprintf(&list, "%d. %s: %s\n", n, s.Name, s.CIDRBlock)
		}
	}
	if n == 0 {
		return nil
	}
	return Refused("The following subnets overlap with at least one other subnet. Make the CIDR for the VPC larger, " +
		"reduce the size of the subnets per AZ, or use less Availability Zones:\n\n" + list.String())
}

func checkGaps(cidr string, planned []Subnet, blocks []block) error {
	vpc, err := parseBlock(cidr)
	if err != nil {
		return err
	}
	if len(planned) == 0 {
		return nil
	}
	var found []string
	if blocks[0].base != vpc.base {
		found = append(found, fmt.Sprintf("%s (%s) does not start at the beginning of the VPC (%s)",
			planned[0].Name, planned[0].CIDRBlock, cidr))
	}
	for i := 1; i < len(blocks); i++ {
		if blocks[i].base != blocks[i-1].next().base {
			found = append(found, fmt.Sprintf("%s (%s) <=> %s (%s)",
				planned[i-1].Name, planned[i-1].CIDRBlock, planned[i].Name, planned[i].CIDRBlock))
		}
	}
	end := len(blocks) - 1
	if blocks[end].last() != vpc.last() {
		// The stray brace is the official plugin's.
		found = append(found, fmt.Sprintf("%s (ending %s) ends before VPC ends (at %s})",
			planned[end].Name, address(blocks[end].last()), address(vpc.last())))
	}
	if len(found) == 0 {
		return nil
	}
	return Refused("There are gaps in the subnet ranges. Please fix the following gaps: " + strings.Join(found, ", "))
}

func checkNATGateways(strategy string, planned []Subnet) error {
	has := func(subnetType string) bool {
		return slices.ContainsFunc(planned, func(s Subnet) bool { return s.Type == subnetType })
	}
	if strings.EqualFold(strategy, "None") || has(Public) && has(Private) {
		return nil
	}
	return Refused("If NAT Gateway strategy is 'OnePerAz' or 'Single', both private and public subnets must be declared. " +
		"The private subnet creates the need for a NAT Gateway, and the public subnet is required to host the NAT Gateway resource.")
}
