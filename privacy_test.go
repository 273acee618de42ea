package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sallyport/internal/record"
)

// TestPrivacy holds the program against the claims of inspect/verify about privacy, under the same names, before there
// is anything to look at. What it does not prove: which routes and addresses awsx and AWS make of the program.
func TestPrivacy(t *testing.T) {
	for _, stack := range []struct {
		name string
		rec  *record.Recording
	}{
		{"the default stack", byDefault(t)}, {"prod", prod(t)}, {"a stack with a domain, HTTPS inside and a web ACL", withDomain(t)},
		{"a stack with a REST API", withREST(t, nil)}, {"a stack with a REST API and a domain", withREST(t, domainConfig())},
	} {
		t.Run(stack.name, func(t *testing.T) {
			for _, c := range privacy {
				t.Run(c.name, func(t *testing.T) { c.check(t, stack.rec) })
			}
		})
	}
}

var privacy = []control{
	{"task-addresses: No task has a public address", taskAddresses},
	{"private-subnets: No subnet of a task routes to an internet gateway", privateSubnets},
	{"internal-balancer: The load balancer is internal", internalBalancer},
	{"security-groups: Only the VPC link reaches the load balancer, and only the load balancer the tasks", securityGroups},
	{"public-names: The API is the only way in from the internet", publicNames},
}

func taskAddresses(t *testing.T, rec *record.Recording) {
	record.Equal(t, one(t, rec, "aws:ecs/service:Service"), "networkConfiguration.assignPublicIp", false)
}

// privateSubnets follows the subnets to their route tables, and these to their routes.
func privateSubnets(t *testing.T, rec *record.Recording) {
	subnets := list(t, one(t, rec, "aws:ecs/service:Service"), "networkConfiguration.subnets")
	if len(subnets) == 0 {
		t.Error("there is no subnet")
	}
	for _, id := range subnets {
		tables := tablesOf(t, rec, id)
		if len(tables) == 0 {
			t.Errorf("%s has no route table of its own", id)
		}
		for _, table := range tables {
			record.Equal(t, table, "routes", nil) // each is a resource of its own
			for _, route := range routesOf(rec, table) {
				if gateway, _ := route.Input("gatewayId").(string); strings.HasPrefix(gateway, "internetgateway-") {
					t.Errorf("%s leads from %s to %s", route, id, gateway)
				}
			}
		}
	}
}

func internalBalancer(t *testing.T, rec *record.Recording) {
	record.Equal(t, one(t, rec, "aws:lb/loadBalancer:LoadBalancer"), "internal", true)
}

// tablesOf are the route tables of a subnet: its child, by which awsx associates them, and whatever else is associated
// with it.
func tablesOf(t *testing.T, rec *record.Recording, subnetID any) []record.Resource {
	t.Helper()
	name := strings.TrimPrefix(subnetID.(string), "subnet-")
	subnet := rec.Get(t, "aws:ec2/subnet:Subnet", name)
	return slices.DeleteFunc(some(t, rec, "aws:ec2/routeTable:RouteTable"), func(table record.Resource) bool {
		associated := slices.ContainsFunc(rec.OfType("aws:ec2/routeTableAssociation:RouteTableAssociation"), func(a record.Resource) bool {
			return a.Input("subnetId") == subnetID && a.Input("routeTableId") == "routetable-"+table.Name
		})
		return table.Parent != subnet.String() && !associated
	})
}

// securityGroups holds the chain from the VPC link to the tasks. To a Network Load Balancer the link comes by PrivateLink,
// past the balancer's group, which lets in nobody.
func securityGroups(t *testing.T, rec *record.Recording) {
	link := any("sg-shared") // see theirs
	if links := rec.OfType("aws:apigatewayv2/vpcLink:VpcLink"); len(links) > 0 {
		link = groupOf(t, one(t, rec, "aws:apigatewayv2/vpcLink:VpcLink"), "securityGroupIds")
	}
	balancerGroup := groupOf(t, one(t, rec, balancer), "securityGroups")
	service := groupOf(t, one(t, rec, "aws:ecs/service:Service"), "networkConfiguration.securityGroups")
	listener := one(t, rec, "aws:lb/listener:Listener").Input("port")
	container := one(t, rec, "aws:ecs/service:Service").Input("loadBalancers.0.containerPort")

	groupSources(t, rec)
	type hop struct{ from, to, firstPort, lastPort, protocol any }
	toBalancer := hop{link, balancerGroup, listener, listener, "tcp"}
	toService := hop{balancerGroup, service, container, container, "tcp"}
	wantOut := []hop{toBalancer, toService}
	if network := one(t, rec, balancer); network.Input("loadBalancerType") == "network" {
		wantOut = []hop{toService}
		record.Equal(t, network, "enforceSecurityGroupInboundRulesOnPrivateLinkTraffic", "off")
		record.Equal(t, one(t, rec, restVpcLink), "targetArn", arn("LoadBalancer", network.Name))
	}
	wantIn := slices.Clip(wantOut)
	for _, endpoint := range rec.OfType(vpcEndpoint) {
		if endpoint.Input("vpcEndpointType") == "Interface" {
			wantIn = append(slices.Clip(wantOut), hop{service, groupOf(t, endpoint, "securityGroupIds"), 443.0, 443.0, "tcp"})
		}
	}

	var in, out []hop
	for _, r := range some(t, rec, ingressRule) {
		in = append(in, hop{r.Input("referencedSecurityGroupId"), r.Input("securityGroupId"), r.Input("fromPort"), r.Input("toPort"), r.Input("ipProtocol")})
	}
	for _, r := range some(t, rec, egressRule) {
		// Where the tasks may go is not about who reaches them.
		if r.Input("securityGroupId") != service {
			out = append(out, hop{r.Input("securityGroupId"), r.Input("referencedSecurityGroupId"), r.Input("fromPort"), r.Input("toPort"), r.Input("ipProtocol")})
		}
	}
	for direction, hops := range map[string]struct{ got, want []hop }{"ingress": {in, wantIn}, "egress": {out, wantOut}} {
		missing := slices.ContainsFunc(hops.want, func(h hop) bool { return !slices.Contains(hops.got, h) })
		if missing || len(hops.got) != len(hops.want) {
			t.Errorf("the %s rules allow %v, want %v", direction, hops.got, hops.want)
		}
	}
}

// groupOf is the one security group of a resource.
func groupOf(t *testing.T, r record.Resource, path string) any {
	t.Helper()
	groups := list(t, r, path)
	if len(groups) != 1 {
		t.Fatalf("%s: %s is %v, want one", r, path, groups)
	}
	return groups[0]
}

// groupSources holds that whoever is let in is named as a security group, never as a range of addresses.
func groupSources(t *testing.T, rec *record.Recording) {
	for _, rule := range some(t, rec, ingressRule) {
		record.Equal(t, rule, "cidrIpv4", nil)
		record.Equal(t, rule, "cidrIpv6", nil)
		record.Equal(t, rule, "prefixListId", nil)
		if rule.Input("referencedSecurityGroupId") == nil {
			t.Errorf("%s has no source", rule)
		}
	}
	for _, group := range some(t, rec, securityGroup) {
		record.Equal(t, group, "ingress", nil)
	}
	none(t, rec, "aws:ec2/securityGroupRule:")
}

func publicNames(t *testing.T, rec *record.Recording) {
	oneName(t, rec)
	natAddresses(t, rec)
	noLaunchAddresses(t, rec)
	onlyKnownTypes(t, rec)
}

// oneName holds that there is one API, with the domain's name or its own and not both.
func oneName(t *testing.T, rec *record.Recording) {
	apis := slices.Concat(rec.OfType("aws:apigatewayv2/api:Api"), rec.OfType(restAPI))
	if len(apis) != 1 {
		t.Fatalf("there are %v", apis)
	}
	api := apis[0]
	if names := rec.OfType(domainName); len(names) == 0 {
		if off := api.Input("disableExecuteApiEndpoint"); off != nil && off != false {
			t.Errorf("%s answers nowhere", api)
		}
		none(t, rec, "aws:route53/")
	} else {
		// One way in, not two.
		record.Equal(t, api, "disableExecuteApiEndpoint", true)
		if url := "https://" + fmt.Sprint(one(t, rec, domainName).Input("domainName")); rec.Exports["url"] != url {
			t.Errorf("the URL is %v, and the domain's %s", rec.Exports["url"], url)
		}
		for _, mapping := range some(t, rec, "aws:apigatewayv2/apiMapping:ApiMapping") {
			kind := strings.ToLower(api.Type[strings.LastIndex(api.Type, ":")+1:])
			record.Equal(t, mapping, "apiId", kind+"-"+api.Name)
		}
		for _, dns := range some(t, rec, "aws:route53/record:Record") {
			if dns.Name != name(rec)+"-validation" {
				record.Equal(t, dns, "aliases.0.name", "d-"+name(rec)+".execute-api.us-east-1.amazonaws.com")
			}
		}
	}
}

func onlyKnownTypes(t *testing.T, rec *record.Recording) {
	for _, r := range rec.Resources {
		if r.Custom && !strings.HasPrefix(r.Type, "pulumi:providers:") && !slices.Contains(knownTypes, r.Type) {
			t.Errorf("%s may have a public name or address: if it can't, or a test sees to it, add the type to knownTypes", r)
		}
	}
}

// knownTypes are those of which none can be asked for from the internet, or only as a test above or in controls_test.go
// says.
var knownTypes = []string{
	"aws:acm/certificate:Certificate",
	"aws:acm/certificateValidation:CertificateValidation",
	"aws:apigateway/account:Account",
	"aws:apigateway/apiKey:ApiKey",
	"aws:apigateway/deployment:Deployment",
	"aws:apigateway/methodSettings:MethodSettings",
	restAPI, // just one, and no other API
	"aws:apigateway/stage:Stage",
	"aws:apigateway/usagePlan:UsagePlan",
	"aws:apigateway/usagePlanKey:UsagePlanKey",
	restVpcLink,
	"aws:apigatewayv2/apiMapping:ApiMapping", // of the one API
	domainName,                               // just one, instead of the API's own
	"aws:apigatewayv2/api:Api",               // just one
	"aws:apigatewayv2/authorizer:Authorizer",
	"aws:apigatewayv2/integration:Integration",
	"aws:apigatewayv2/route:Route",
	"aws:apigatewayv2/stage:Stage",
	"aws:apigatewayv2/vpcLink:VpcLink",
	scalingPolicy,
	scheduledAction,
	"aws:appautoscaling/target:Target",
	"aws:cloudwatch/dashboard:Dashboard",
	"aws:cloudwatch/eventApiDestination:EventApiDestination", // which calls, and is not called
	"aws:cloudwatch/eventConnection:EventConnection",
	"aws:cloudwatch/eventRule:EventRule", // of the account's own bus
	"aws:cloudwatch/eventTarget:EventTarget",
	logGroup,
	"aws:cloudwatch/metricAlarm:MetricAlarm",
	table, // asked for by those whom IAM allows it, and without a policy of its own
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
	"aws:ec2/eip:Eip", // of NAT gateways, which let nothing in
	"aws:ec2/flowLog:FlowLog",
	"aws:ec2/internetGateway:InternetGateway",
	natGateway,
	"aws:ec2/route:Route",
	"aws:ec2/routeTable:RouteTable",
	"aws:ec2/routeTableAssociation:RouteTableAssociation",
	securityGroup,
	"aws:ec2/subnet:Subnet", // that gives no public address
	"aws:ec2/vpc:Vpc",
	"aws:ec2/vpcEndpoint:VpcEndpoint",
	"aws:ecr/lifecyclePolicy:LifecyclePolicy",
	repository, // without a policy, for this account alone
	"aws:ecs/cluster:Cluster",
	"aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
	"aws:ecs/service:Service", // without public addresses
	taskDefinition,
	"aws:iam/policy:Policy",
	"aws:iam/role:Role",
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment",
	"aws:lambda/permission:Permission", // for one API
	"aws:lb/listener:Listener",
	"aws:lb/loadBalancer:LoadBalancer", // internal
	"aws:lb/targetGroup:TargetGroup",
	"aws:route53/record:Record", // of the domain, to API Gateway
	"aws:sns/topic:Topic",       // with SNS's own policy, for this account alone
	"aws:sns/topicSubscription:TopicSubscription",
	egressRule,
	ingressRule,
	"aws:wafv2/webAclAssociation:WebAclAssociation",
	"docker:index/image:Image",
}

// natAddresses holds that every public address is a NAT gateway's.
func natAddresses(t *testing.T, rec *record.Recording) {
	for _, address := range some(t, rec, "aws:ec2/eip:Eip") {
		if !slices.ContainsFunc(rec.OfType(natGateway), func(gateway record.Resource) bool {
			return gateway.Input("allocationId") == "eip-"+address.Name
		}) {
			t.Errorf("%s belongs to no NAT gateway", address)
		}
		record.Equal(t, address, "instance", nil)
		record.Equal(t, address, "networkInterface", nil)
	}
}

func noLaunchAddresses(t *testing.T, rec *record.Recording) {
	for _, subnet := range some(t, rec, "aws:ec2/subnet:Subnet") {
		record.Equal(t, subnet, "mapPublicIpOnLaunch", false)
	}
}
