package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// member is one of those that the chain of security groups connects.
type member struct {
	name   string
	groups []string
	ports  []int32 // that the one before may reach
}

func judgeGroups(f *Facts) Finding {
	chain := chainOf(f)
	var problems []problem
	broken := func(format string, args ...any) {
		problems = append(problems, problem{what: fmt.Sprintf(format, args...), todo: redeploy})
	}
	if f.Outputs.REST && f.LoadBalancer != nil && len(f.LoadBalancer.SecurityGroups) > 0 && aws.ToString(f.LoadBalancer.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic) != "off" {
		broken("the rules of the load balancer's group hold for PrivateLink too, by which the VPC link comes, and they admit nobody")
	}
	for i, m := range chain {
		if len(m.groups) == 0 {
			broken("the %s has no security group", m.name)
		}
		var before member
		if i > 0 {
			before = chain[i-1]
		}
		admitted := false
		for _, r := range f.Rules {
			if aws.ToBool(r.IsEgress) || !slices.Contains(m.groups, aws.ToString(r.GroupId)) {
				continue
			}
			if slices.Contains(before.groups, source(r)) && isPort(r, m.ports) {
				admitted = true
				continue
			}
			problems = append(problems, problem{
				what: fmt.Sprintf("%s of the %s admits %s on %s", aws.ToString(r.GroupId), m.name, source(r), ports(r)),
				todo: fmt.Sprintf("Delete that rule, which Pulumi doesn't see where it was made by hand: `aws ec2 revoke-security-group-ingress --group-id %s --security-group-rule-ids %s`.",
					aws.ToString(r.GroupId), aws.ToString(r.SecurityGroupRuleId)),
			})
		}
		if i == 0 {
			continue
		}
		if !admitted {
			broken("nothing admits the %s to the %s", before.name, m.name)
		}
		if !slices.ContainsFunc(f.Rules, func(r ec2types.SecurityGroupRule) bool {
			return aws.ToBool(r.IsEgress) && slices.Contains(before.groups, aws.ToString(r.GroupId)) && slices.Contains(m.groups, source(r)) && covers(r, m.ports)
		}) {
			broken("nothing lets the %s out to the %s", before.name, m.name)
		}
	}
	for _, t := range f.Tasks {
		for _, n := range f.Interfaces {
			if id := detail(t, "networkInterfaceId"); id == "" || aws.ToString(n.NetworkInterfaceId) != id {
				continue
			}
			for _, g := range n.Groups {
				if !slices.Contains(chain[len(chain)-1].groups, aws.ToString(g.GroupId)) {
					broken("task %s is in %s, which is not the service's", tail(t.TaskArn), aws.ToString(g.GroupId))
				}
			}
		}
	}
	return verdict(problems, chainText(chain))
}

// chainText says what a chain that is whole lets through. One of two begins with the load balancer, which the VPC link
// reaches by PrivateLink.
func chainText(chain []member) string {
	hop := func(m member) string { return strings.Join(m.groups, ", ") + " on " + portList(m.ports) }
	first := strings.Join(chain[0].groups, ", ")
	if len(chain) == 2 {
		return fmt.Sprintf("%s admits nobody but PrivateLink, by which the VPC link comes, may reach %s, and no other source is admitted", first, hop(chain[1]))
	}
	return fmt.Sprintf("%s may reach %s, that may reach %s, and no other source is admitted", first, hop(chain[1]), hop(chain[2]))
}

// chainOf is link, load balancer and service, each of which the one before may reach. The link of a REST API has no group:
// it comes to the load balancer by PrivateLink, past the load balancer's group, which admits nobody.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html
func chainOf(f *Facts) []member {
	link, balancer, service := member{name: "VPC link"}, member{name: "load balancer"}, member{name: "service"}
	for _, l := range f.Links {
		link.groups = append(link.groups, l.SecurityGroupIds...)
	}
	if f.LoadBalancer != nil {
		balancer.groups = f.LoadBalancer.SecurityGroups
	}
	for _, l := range f.Listeners {
		balancer.ports = append(balancer.ports, aws.ToInt32(l.Port))
	}
	if network := f.network(); network != nil {
		service.groups = network.SecurityGroups
	}
	if served := f.served(); served != nil {
		service.ports = []int32{aws.ToInt32(served.ContainerPort)}
	}
	if f.Outputs.REST {
		return []member{balancer, service}
	}
	return []member{link, balancer, service}
}

// source is what a rule lets in, or out to.
func source(r ec2types.SecurityGroupRule) string {
	if r.ReferencedGroupInfo != nil && aws.ToString(r.ReferencedGroupInfo.GroupId) != "" {
		return *r.ReferencedGroupInfo.GroupId
	}
	for _, s := range []*string{r.CidrIpv4, r.CidrIpv6, r.PrefixListId} {
		if aws.ToString(s) != "" {
			return *s
		}
	}
	return "an unknown source"
}

// isPort says whether a rule is for one of these ports and for no other.
func isPort(r ec2types.SecurityGroupRule, ports []int32) bool {
	return aws.ToString(r.IpProtocol) == "tcp" && r.FromPort != nil && r.ToPort != nil && *r.FromPort == *r.ToPort && slices.Contains(ports, *r.FromPort)
}

// covers says whether a rule is for one of these ports, and maybe for others.
func covers(r ec2types.SecurityGroupRule, ports []int32) bool {
	return slices.ContainsFunc(ports, func(p int32) bool {
		return aws.ToString(r.IpProtocol) == "-1" ||
			aws.ToString(r.IpProtocol) == "tcp" && r.FromPort != nil && r.ToPort != nil && *r.FromPort <= p && p <= *r.ToPort
	})
}

func ports(r ec2types.SecurityGroupRule) string {
	switch protocol := aws.ToString(r.IpProtocol); {
	case protocol == "-1":
		return "all ports"
	case r.FromPort == nil || r.ToPort == nil:
		return protocol
	case *r.FromPort == *r.ToPort:
		return fmt.Sprintf("%s port %d", protocol, *r.FromPort)
	default:
		return fmt.Sprintf("%s ports %d to %d", protocol, *r.FromPort, *r.ToPort)
	}
}

func portList(ports []int32) string {
	texts := make([]string, len(ports))
	for i, p := range ports {
		texts[i] = fmt.Sprint(p)
	}
	return "port " + strings.Join(texts, ", ")
}
