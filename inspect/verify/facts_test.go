package verify

import (
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

const (
	ecsARN      = "arn:aws:ecs:eu-west-1:123456789012:"
	elbARN      = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:"
	balancerARN = elbARN + "loadbalancer/app/web/aaaa"
	listenerARN = elbARN + "listener/app/web/aaaa/bbbb"
	groupARN    = elbARN + "targetgroup/web/cccc"
	oldRevision = ecsARN + "task-definition/web:6"
	newRevision = ecsARN + "task-definition/web:7"
	repository  = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web"
	oldDigest   = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	newDigest   = "sha256:fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
	dnsName     = "abc.execute-api.eu-west-1.amazonaws.com"
)

// good is a healthy stack: two tasks in two zones, behind one load balancer, one VPC link and one API.
func good() *Facts {
	probes := []Probe{{"GET", "/"}, {"POST", "/echo"}}
	return &Facts{
		Outputs: Outputs{
			URL: "https://" + dnsName, APIID: "abc", ImageRef: repository + "@" + newDigest, ClusterName: "web", ServiceName: "web",
			LoadBalancerARN: balancerARN, TargetGroupARN: groupARN, LogGroupName: "web-app", Probes: probes,
		},
		Answers: []Answer{
			{Probe: probes[0], Status: 200, Header: http.Header{}, Took: 34 * time.Millisecond, RequestID: "r1="},
			{Probe: probes[1], Status: 200, Header: http.Header{}, Took: 21 * time.Millisecond, RequestID: "r2="},
		},
		Access: map[string]AccessLine{
			"r1=": {RequestID: "r1=", Status: "200", ResponseLatency: "30", IntegrationLatency: "27"},
			"r2=": {RequestID: "r2=", Status: "200", ResponseLatency: "20", IntegrationLatency: "12"},
		},
		API:          &apigatewayv2.GetApiOutput{ApiId: aws.String("abc"), ApiEndpoint: aws.String("https://" + dnsName), DisableExecuteApiEndpoint: aws.Bool(false)},
		Routes:       []apitypes.Route{{RouteKey: aws.String("$default"), Target: aws.String("integrations/int1")}},
		Integrations: []apitypes.Integration{{IntegrationId: aws.String("int1"), ConnectionType: "VPC_LINK", ConnectionId: aws.String("link1"), IntegrationUri: aws.String(listenerARN)}},
		Stages: []apitypes.Stage{{StageName: aws.String("$default"), AccessLogSettings: &apitypes.AccessLogSettings{
			DestinationArn: aws.String("arn:aws:logs:eu-west-1:123456789012:log-group:web-access"), Format: aws.String(`{"requestId":"$context.requestId"}`),
		}}},
		Links: []apitypes.VpcLink{{VpcLinkId: aws.String("link1"), VpcLinkStatus: "AVAILABLE", SecurityGroupIds: []string{"sg-link"}}},

		LoadBalancer: &elbtypes.LoadBalancer{LoadBalancerArn: aws.String(balancerARN), Scheme: "internal", DNSName: aws.String("internal-web.elb.amazonaws.com"), SecurityGroups: []string{"sg-balancer"}},
		LoadBalancers: []elbtypes.LoadBalancer{
			{LoadBalancerArn: aws.String(balancerARN), Scheme: "internal"},
			{LoadBalancerArn: aws.String(elbARN + "loadbalancer/app/other/dddd"), LoadBalancerName: aws.String("other"), Scheme: "internal"},
		},
		Listeners: []elbtypes.Listener{{ListenerArn: aws.String(listenerARN), Port: aws.Int32(80), DefaultActions: []elbtypes.Action{{
			Type: "forward", TargetGroupArn: aws.String(groupARN),
			ForwardConfig: &elbtypes.ForwardActionConfig{TargetGroups: []elbtypes.TargetGroupTuple{{TargetGroupArn: aws.String(groupARN)}}},
		}}}},
		TargetGroup: &elbtypes.TargetGroup{TargetGroupArn: aws.String(groupARN)},
		Targets:     []elbtypes.TargetHealthDescription{target("10.0.1.5", "healthy"), target("10.0.2.5", "healthy")},

		Service: &ecstypes.Service{
			TaskDefinition: aws.String(newRevision),
			Deployments:    []ecstypes.Deployment{{Status: aws.String("PRIMARY"), TaskDefinition: aws.String(newRevision), RolloutState: "COMPLETED"}},
			LoadBalancers:  []ecstypes.LoadBalancer{{TargetGroupArn: aws.String(groupARN), ContainerName: aws.String("app"), ContainerPort: aws.Int32(3000)}},
			NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
				AssignPublicIp: "DISABLED", Subnets: []string{"subnet-a", "subnet-b"}, SecurityGroups: []string{"sg-service"},
			}},
		},
		Tasks:       []ecstypes.Task{task("t1", "eni-1", "subnet-a", "10.0.1.5"), task("t2", "eni-2", "subnet-b", "10.0.2.5")},
		Definitions: map[string]ecstypes.TaskDefinition{oldRevision: definition(oldDigest), newRevision: definition(newDigest)},
		LoggedBy: map[string]time.Time{
			ecsARN + "task/web/t1": time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), ecsARN + "task/web/t2": time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC),
		},

		// The subnet of the first task has a route table of its own, that of the second has the main one.
		RouteTables: []ec2types.RouteTable{
			{RouteTableId: aws.String("rtb-main"), Associations: []ec2types.RouteTableAssociation{{Main: aws.Bool(true)}}, Routes: privateRoutes()},
			{RouteTableId: aws.String("rtb-a"), Associations: []ec2types.RouteTableAssociation{{SubnetId: aws.String("subnet-a")}}, Routes: privateRoutes()},
			{RouteTableId: aws.String("rtb-public"), Associations: []ec2types.RouteTableAssociation{{SubnetId: aws.String("subnet-public")}},
				Routes: []ec2types.Route{{DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: aws.String("igw-1")}}},
		},
		Interfaces: []ec2types.NetworkInterface{
			{NetworkInterfaceId: aws.String("eni-1"), PrivateIpAddress: aws.String("10.0.1.5"), InterfaceType: "interface", Groups: groupsOf("sg-service")},
			{NetworkInterfaceId: aws.String("eni-2"), PrivateIpAddress: aws.String("10.0.2.5"), InterfaceType: "interface", Groups: groupsOf("sg-service")},
			{NetworkInterfaceId: aws.String("eni-3"), Description: aws.String("ELB app/web/aaaa"), InterfaceType: "interface"},
			// As AWS answers, which is not as its reference has it.
			{NetworkInterfaceId: aws.String("eni-4"), Description: aws.String("Interface for NAT Gateway nat-1"), InterfaceType: "nat_gateway", Association: public("198.51.100.1")},
		},
		Rules: []ec2types.SecurityGroupRule{
			rule("sg-link", true, "sg-balancer", 80), rule("sg-balancer", false, "sg-link", 80),
			rule("sg-balancer", true, "sg-service", 3000), rule("sg-service", false, "sg-balancer", 3000),
			{GroupId: aws.String("sg-service"), IsEgress: aws.Bool(true), IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443), CidrIpv4: aws.String("0.0.0.0/0")},
		},
	}
}

func target(address string, state elbtypes.TargetHealthStateEnum) elbtypes.TargetHealthDescription {
	return elbtypes.TargetHealthDescription{
		Target:       &elbtypes.TargetDescription{Id: aws.String(address), Port: aws.Int32(3000)},
		TargetHealth: &elbtypes.TargetHealth{State: state},
	}
}

// task is a running one of the new revision, with a container of another image beside the app's.
func task(id, eni, subnet, address string) ecstypes.Task {
	return ecstypes.Task{
		TaskArn: aws.String(ecsARN + "task/web/" + id), TaskDefinitionArn: aws.String(newRevision),
		LastStatus: aws.String("RUNNING"), DesiredStatus: aws.String("RUNNING"),
		Containers: []ecstypes.Container{
			{Name: aws.String("agent"), Image: aws.String("agent:1"), ImageDigest: aws.String("sha256:aa")},
			{Name: aws.String("app"), Image: aws.String(repository + "@" + newDigest), ImageDigest: aws.String(newDigest)},
		},
		Attachments: []ecstypes.Attachment{{Type: aws.String("ElasticNetworkInterface"), Status: aws.String("ATTACHED"), Details: []ecstypes.KeyValuePair{
			{Name: aws.String("subnetId"), Value: aws.String(subnet)}, {Name: aws.String("networkInterfaceId"), Value: aws.String(eni)},
			{Name: aws.String("privateIPv4Address"), Value: aws.String(address)},
		}}},
	}
}

func definition(digest string) ecstypes.TaskDefinition {
	return ecstypes.TaskDefinition{ContainerDefinitions: []ecstypes.ContainerDefinition{
		{Name: aws.String("agent"), Image: aws.String("agent:1")}, {Name: aws.String("app"), Image: aws.String(repository + "@" + digest)},
	}}
}

// privateRoutes are all that a private subnet may have: inside, NAT, IPv6 for what was asked from inside, S3's endpoint.
func privateRoutes() []ec2types.Route {
	return []ec2types.Route{
		{DestinationCidrBlock: aws.String("10.0.0.0/16"), GatewayId: aws.String("local")},
		{DestinationCidrBlock: aws.String("0.0.0.0/0"), NatGatewayId: aws.String("nat-1")},
		{DestinationIpv6CidrBlock: aws.String("::/0"), EgressOnlyInternetGatewayId: aws.String("eigw-1")},
		{DestinationPrefixListId: aws.String("pl-s3"), GatewayId: aws.String("vpce-1")},
	}
}

func public(address string) *ec2types.NetworkInterfaceAssociation {
	return &ec2types.NetworkInterfaceAssociation{PublicIp: aws.String(address)}
}

func groupsOf(id string) []ec2types.GroupIdentifier {
	return []ec2types.GroupIdentifier{{GroupId: aws.String(id)}}
}

// rule lets in from another group, or out to it.
func rule(group string, egress bool, other string, port int32) ec2types.SecurityGroupRule {
	return ec2types.SecurityGroupRule{
		SecurityGroupRuleId: aws.String("sgr-of-" + group),
		GroupId:             aws.String(group), IsEgress: aws.Bool(egress), IpProtocol: aws.String("tcp"), FromPort: aws.Int32(port), ToPort: aws.Int32(port),
		ReferencedGroupInfo: &ec2types.ReferencedSecurityGroup{GroupId: aws.String(other)},
	}
}
