package dataplane

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"

	"sallyport/local/cloud/declared"
)

// targets answers the calls of Elastic Load Balancing that concern registered targets. moto sees none of them: it
// knows nothing of health, and forgets a target at once that should still drain.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html
func (r *region) targets(action string, input []byte) ([]byte, error) {
	form, err := url.ParseQuery(string(input))
	if err != nil {
		return nil, validation("the form can't be read: %s", err)
	}
	arn := form.Get("TargetGroupArn")
	group, ok := r.watcher.Current().TargetGroups[arn]
	if !ok {
		return nil, &smithy.GenericAPIError{Code: "TargetGroupNotFound", Message: "One or more target groups not found"}
	}
	asked, err := formTargets(form, group)
	if err != nil {
		return nil, err
	}
	switch action {
	case "RegisterTargets":
		if len(asked) == 0 {
			return nil, validation("no targets are given")
		}
		for _, target := range asked {
			subnet, ok := subnetOf(r.watcher.Current(), aws.ToString(group.VpcId), target.Addr())
			if !ok {
				return nil, &smithy.GenericAPIError{Code: "InvalidTarget", Message: fmt.Sprintf("The IP address '%s' is not within the VPC '%s' of the target group", target.Addr(), aws.ToString(group.VpcId))}
			}
			if err := r.balancer.Register(arn, subnet, target); err != nil {
				return nil, validation("%s", err)
			}
		}
	case "DeregisterTargets":
		if err := r.balancer.Deregister(arn, asked...); err != nil {
			return nil, validation("%s", err)
		}
	default:
		return describeTargetHealth(asked, r.balancer.Health(arn))
	}
	return answer(action, struct{}{})
}

// formTargets reads Targets.member.N of a form.
func formTargets(form url.Values, group declared.TargetGroup) ([]netip.AddrPort, error) {
	var targets []netip.AddrPort
	for n := 1; form.Has(fmt.Sprintf("Targets.member.%d.Id", n)); n++ {
		prefix := fmt.Sprintf("Targets.member.%d.", n)
		address, err := netip.ParseAddr(form.Get(prefix + "Id"))
		if err != nil {
			return nil, &smithy.GenericAPIError{Code: "InvalidTarget", Message: fmt.Sprintf("The target '%s' is not a valid IP address", form.Get(prefix+"Id"))}
		}
		port, err := strconv.ParseUint(cmp.Or(form.Get(prefix+"Port"), strconv.Itoa(int(aws.ToInt32(group.Port)))), 10, 16)
		if err != nil || port == 0 {
			return nil, validation("port %q of target %s is not between 1 and 65535", form.Get(prefix+"Port"), address)
		}
		targets = append(targets, netip.AddrPortFrom(address, uint16(port)))
	}
	return targets, nil
}

// subnetOf returns the subnet of a VPC that an address is in.
func subnetOf(s *declared.Snapshot, vpcID string, address netip.Addr) (string, bool) {
	for id, subnet := range s.Subnets {
		block, err := netip.ParsePrefix(aws.ToString(subnet.CidrBlock))
		if err == nil && aws.ToString(subnet.VpcId) == vpcID && block.Contains(address) {
			return id, true
		}
	}
	return "", false
}

type targetHealth struct {
	HealthCheckPort string `xml:",omitempty"`
	TargetHealth    struct {
		State       elbtypes.TargetHealthStateEnum
		Reason      elbtypes.TargetHealthReasonEnum `xml:",omitempty"`
		Description string                          `xml:",omitempty"`
	}
	Target struct {
		ID               string `xml:"Id"`
		Port             int32
		AvailabilityZone string `xml:",omitempty"`
	}
}

func describeTargetHealth(asked []netip.AddrPort, known []elbtypes.TargetHealthDescription) ([]byte, error) {
	described := make([]targetHealth, 0, len(known))
	for _, one := range known {
		var d targetHealth
		d.HealthCheckPort = aws.ToString(one.HealthCheckPort)
		d.Target.ID, d.Target.Port = aws.ToString(one.Target.Id), aws.ToInt32(one.Target.Port)
		d.Target.AvailabilityZone = aws.ToString(one.Target.AvailabilityZone)
		if one.TargetHealth != nil {
			d.TargetHealth.State, d.TargetHealth.Reason = one.TargetHealth.State, one.TargetHealth.Reason
			d.TargetHealth.Description = aws.ToString(one.TargetHealth.Description)
		}
		if len(asked) == 0 || slices.ContainsFunc(asked, d.is) {
			described = append(described, d)
		}
	}
	for _, target := range asked {
		if slices.ContainsFunc(described, func(d targetHealth) bool { return d.is(target) }) {
			continue
		}
		var d targetHealth
		d.Target.ID, d.Target.Port = target.Addr().String(), int32(target.Port())
		d.TargetHealth.State, d.TargetHealth.Reason = elbtypes.TargetHealthStateEnumUnused, elbtypes.TargetHealthReasonEnumNotRegistered
		d.TargetHealth.Description = "Target is not registered to the target group"
		described = append(described, d)
	}
	return answer("DescribeTargetHealth", struct {
		Members []targetHealth `xml:"TargetHealthDescriptions>member"`
	}{described})
}

func (d targetHealth) is(target netip.AddrPort) bool {
	return d.Target.ID == target.Addr().String() && d.Target.Port == int32(target.Port())
}

// answer wraps the result of an action as Elastic Load Balancing does.
func answer(action string, result any) ([]byte, error) {
	var inner bytes.Buffer
	if err := xml.NewEncoder(&inner).EncodeElement(result, xml.StartElement{Name: xml.Name{Local: action + "Result"}}); err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, `<%[1]sResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/">%[2]s<ResponseMetadata><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ResponseMetadata></%[1]sResponse>`, action, inner.Bytes()), nil
}

func validation(format string, args ...any) error {
	return &smithy.GenericAPIError{Code: "ValidationError", Message: fmt.Sprintf(format, args...)}
}
