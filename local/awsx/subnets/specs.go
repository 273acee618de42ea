package subnets

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func itoa(n int) string { return strconv.Itoa(n) }

// The sizes that a subnet may have: those of /0 to /30.
var validSizes = func() (sizes []int) {
	for bits := range 31 {
		sizes = append(sizes, int(size(bits)))
	}
	return sizes
}()

// normalize fills in mask and size from one another and reports every
// contradiction at once. The layout is explicit where the specs name their
// CIDR blocks.
func normalize(specs []Spec, zones int) (normalized []Spec, explicit bool, err error) {
	if specs == nil {
		return nil, false, nil
	}
	var issues []string
	var invalid []string
	for _, s := range specs {
		if s.Size != 0 && !slices.Contains(validSizes, s.Size) {
			invalid = append(invalid, itoa(s.Size))
		}
		explicit = explicit || s.CIDRBlocks != nil
	}
	if len(invalid) > 0 {
		valid := make([]string, len(validSizes))
		for i, n := range validSizes {
			valid[i] = itoa(n)
		}
		issues = append(issues, fmt.Sprintf("The following subnet sizes are invalid: %s. Valid sizes are: %s.",
			strings.Join(invalid, ", "), strings.Join(valid, ", ")))
	}
	normalized = slices.Clone(specs)
	for i := range normalized {
		issue := ""
		if explicit {
			if issue, err = explicitIssue(i, normalized[i], zones); err != nil {
				return nil, false, err
			}
		} else {
			issue = complete(&normalized[i])
		}
		if issue != "" {
			issues = append(issues, issue)
		}
	}
	if len(issues) > 0 {
		return nil, false, Refused("Invalid subnet specifications:\n - " + strings.Join(issues, "\n - "))
	}
	return normalized, explicit, nil
}

// complete derives mask from size and size from mask. /31 and /32 have no size.
func complete(s *Spec) (issue string) {
	if s.CIDRMask == 0 && s.Size != 0 {
		s.CIDRMask = max(slices.Index(validSizes, s.Size), 0)
	}
	expected := 0
	if s.CIDRMask > 0 && s.CIDRMask < len(validSizes) {
		expected = validSizes[s.CIDRMask]
	}
	if s.Size != 0 && expected != 0 && s.Size != expected {
		issue = fmt.Sprintf("Subnet size %d does not match the expected size for a /%d subnet (%d).",
			s.Size, s.CIDRMask, expected)
	}
	s.Size = expected
	return issue
}

func explicitIssue(index int, s Spec, zones int) (issue string, err error) {
	if s.CIDRBlocks == nil {
		return "If any subnet spec has explicit cidrBlocks, all subnets must have explicit cidrBlocks.", nil
	}
	if len(s.CIDRBlocks) != zones {
		return fmt.Sprintf("The number of CIDR blocks in subnetSpecs[%d] must match the number of availability zones (%d).",
			index, zones), nil
	}
	maskAgrees, sizeAgrees := true, true
	for _, cidr := range s.CIDRBlocks {
		b, err := parseBlock(cidr)
		if err != nil {
			return "", err
		}
		maskAgrees = maskAgrees && (s.CIDRMask == 0 || b.bits == s.CIDRMask)
		sizeAgrees = sizeAgrees && (s.Size == 0 || size(b.bits) == uint64(s.Size))
	}
	switch {
	case !maskAgrees:
		return fmt.Sprintf("The cidrMask in subnetSpecs[%d] must match all cidrBlocks or be left undefined.", index), nil
	case !sizeAgrees:
		return fmt.Sprintf("The size in subnetSpecs[%d] must match all cidrBlocks or be left undefined.", index), nil
	}
	return "", nil
}
