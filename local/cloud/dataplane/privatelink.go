package dataplane

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"fmt"
	"net/url"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/restapi"
)

// privateLink remembers which Network Load Balancers enforce their inbound rules on PrivateLink traffic, by ARN: moto
// takes the setting and forgets it. It is on unless something else was set, and there is none without groups.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetSecurityGroups.html
type privateLink struct {
	mu    sync.Mutex
	modes map[string]string
}

func (p *privateLink) mode(arn string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return cmp.Or(p.modes[arn], "on")
}

const enforceField = "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"

// before refuses what AWS does: another value than on and off, and groups of a Network Load Balancer that was made
// without.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html
func (p *privateLink) before(form url.Values, s *declared.Snapshot) error {
	lb, known := s.LoadBalancers[form.Get("LoadBalancerArn")]
	mode, network := form.Get(enforceField), lb.Type == elbtypes.LoadBalancerTypeEnumNetwork
	switch {
	case mode != "" && mode != "on" && mode != "off":
		return validation("%s is %q, and must be on or off", enforceField, mode)
	case !known:
		return nil // moto says so
	case mode != "" && !network:
		return &smithy.GenericAPIError{Code: "InvalidConfigurationRequest", Message: enforceField + " is for Network Load Balancers alone"}
	case network && len(lb.SecurityGroups) == 0 && form.Has("SecurityGroups.member.1"):
		return &smithy.GenericAPIError{Code: "InvalidConfigurationRequest", Message: "You cannot set security groups on a Network Load Balancer that was created without any. Make it anew, with groups."}
	}
	return nil
}

// after remembers what SetSecurityGroups set, and adds it to an answer about load balancers.
func (p *privateLink) after(action string, form url.Values, answer []byte) ([]byte, error) {
	if action == "SetSecurityGroups" {
		arn := form.Get("LoadBalancerArn")
		if mode := form.Get(enforceField); mode != "" {
			p.mu.Lock()
			if p.modes == nil {
				p.modes = map[string]string{}
			}
			p.modes[arn] = mode
			p.mu.Unlock()
			return bytes.Replace(answer, []byte("</SetSecurityGroupsResult>"), fmt.Appendf(nil, "<%[1]s>%[2]s</%[1]s></SetSecurityGroupsResult>", enforceField, mode), 1), nil
		}
		return answer, nil
	}
	var told struct {
		Result struct {
			LoadBalancers []struct {
				LoadBalancerArn, Type string
				SecurityGroups        []string `xml:"SecurityGroups>member"`
			} `xml:"LoadBalancers>member"`
		} `xml:",any"`
	}
	if err := xml.Unmarshal(answer, &told); err != nil {
		return nil, fmt.Errorf("load balancers: moto's answer: %w", err)
	}
	for _, lb := range told.Result.LoadBalancers {
		if lb.Type != "network" || len(lb.SecurityGroups) == 0 {
			continue
		}
		element := "<LoadBalancerArn>" + lb.LoadBalancerArn + "</LoadBalancerArn>"
		answer = bytes.Replace(answer, []byte(element), fmt.Appendf(nil, "%[1]s<%[2]s>%[3]s</%[2]s>", element, enforceField, p.mode(lb.LoadBalancerArn)), 1)
	}
	return answer, nil
}

// completeLoadBalancers adds what moto forgets to the answers that tell of load balancers.
func (r *region) completeLoadBalancers(action string, input, answer []byte) ([]byte, error) {
	switch action {
	case "CreateLoadBalancer", "DescribeLoadBalancers", "SetSecurityGroups":
		form, err := url.ParseQuery(string(input))
		if err != nil {
			return nil, validation("the form can't be read: %s", err)
		}
		return r.links.after(action, form, answer)
	}
	return answer, nil
}

// source reads what is declared from moto, and adds what moto forgets.
type source struct {
	declared.Reader
	privateLink *privateLink
	rest        *restapi.Store
}

func (s source) LoadBalancing(ctx context.Context, region string) (declared.LoadBalancing, error) {
	read, err := s.Reader.LoadBalancing(ctx, region)
	for arn, lb := range read.LoadBalancers {
		if lb.Type == elbtypes.LoadBalancerTypeEnumNetwork && len(lb.SecurityGroups) > 0 {
			lb.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic = aws.String(s.privateLink.mode(arn))
			read.LoadBalancers[arn] = lb
		}
	}
	return read, err
}
