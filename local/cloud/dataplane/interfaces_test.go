package dataplane

import (
	"context"
	"encoding/xml"
	"errors"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/ecs"
	"sallyport/local/cloud/front"
	"sallyport/local/cloud/moto/mototest"
	"sallyport/local/cloud/vpc"
)

func codeOf(err error) string {
	var known smithy.APIError
	if errors.As(err, &known) {
		return known.ErrorCode()
	}
	return ""
}

var (
	drawn = &declared.Snapshot{Region: "eu-west-1", VPC: declared.VPC{
		Subnets: map[string]ec2types.Subnet{
			"subnet-1": {VpcId: aws.String("vpc-1"), AvailabilityZone: aws.String("eu-west-1a")},
		},
		SecurityGroups: map[string]ec2types.SecurityGroup{"sg-1": {GroupName: aws.String("service")}},
	}}
	publicTask = ecs.Attachment{
		InterfaceID: "eni-0123456789abcdef0", MAC: "0a:01:23:45:67:89", ARN: "arn:aws:ecs:eu-west-1:123456789012:attachment/01234567-89ab",
		Interface: vpc.Interface{
			Address: netip.MustParseAddr("10.0.1.5"), SubnetID: "subnet-1", GroupIDs: []string{"sg-1", "sg-gone"}, PublicAddress: netip.MustParseAddr("203.0.113.1"),
		},
		At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}
)

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html and
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html
func TestTheInterfaceOfATaskIsTold(t *testing.T) {
	t.Run("with a public address", func(t *testing.T) {
		got, err := xml.Marshal(describeAttachment(drawn, publicTask))
		const public = "<association><ipOwnerId>amazon</ipOwnerId><publicIp>203.0.113.1</publicIp></association>"
		const private = "<privateDnsName>ip-10-0-1-5.eu-west-1.compute.internal</privateDnsName><privateIpAddress>10.0.1.5</privateIpAddress>"
		want := "<item>" + public + "<attachment><attachTime>2026-01-02T03:04:05Z</attachTime><attachmentId>eni-attach-0123456789abcdef0</attachmentId>" +
			"<deleteOnTermination>false</deleteOnTermination><deviceIndex>1</deviceIndex><networkCardIndex>0</networkCardIndex><status>attached</status></attachment>" +
			"<availabilityZone>eu-west-1a</availabilityZone><description>arn:aws:ecs:eu-west-1:123456789012:attachment/01234567-89ab</description>" +
			"<groupSet><item><groupId>sg-1</groupId><groupName>service</groupName></item><item><groupId>sg-gone</groupId><groupName></groupName></item></groupSet>" +
			"<interfaceType>interface</interfaceType><macAddress>0a:01:23:45:67:89</macAddress><networkInterfaceId>eni-0123456789abcdef0</networkInterfaceId>" +
			"<ownerId>123456789012</ownerId>" + private + "<privateIpAddressesSet><item>" + public + "<primary>true</primary>" + private + "</item></privateIpAddressesSet>" +
			"<requesterManaged>true</requesterManaged><sourceDestCheck>true</sourceDestCheck><status>in-use</status><subnetId>subnet-1</subnetId><tagSet></tagSet><vpcId>vpc-1</vpcId></item>"
		if err != nil || string(got) != want {
			t.Errorf("%v\n%s, want\n%s", err, got, want)
		}
	})
	t.Run("without one it has no association", func(t *testing.T) {
		private := publicTask
		private.Interface.PublicAddress = netip.Addr{}
		if got, err := xml.Marshal(describeAttachment(drawn, private)); err != nil || strings.Contains(string(got), "association") {
			t.Errorf("%s, %v", got, err)
		}
	})
	t.Run("in us-east-1 private names are those of the oldest Region", func(t *testing.T) {
		if got := privateName(netip.MustParseAddr("10.0.1.5"), "us-east-1"); got != "ip-10-0-1-5.ec2.internal" {
			t.Error(got)
		}
	})
}

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html and
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
func TestInterfaceFilters(t *testing.T) {
	i := describeAttachment(drawn, publicTask)
	i.Tags = []tag{{"stack", "dev"}}
	for _, c := range []struct {
		filters string // NAME=VALUE,VALUE NAME=VALUE
		want    bool
	}{
		{"", true},
		{"vpc-id=vpc-1", true},
		{"vpc-id=vpc-2", false},
		{"subnet-id=subnet-1", true},
		{"subnet-id=subnet", false},
		{"group-id=sg-gone", true},
		{"group-id=sg-2", false},
		{"group-name=service", true},
		{"network-interface-id=eni-0123456789abcdef0", true},
		{"network-interface-id=eni-1", false},
		{"private-ip-address=10.0.1.5", true},
		{"private-ip-address=10.0.1.55", false},
		{"addresses.private-ip-address=10.0.1.5", true},
		{"addresses.association.public-ip=203.0.113.1", true},
		{"association.public-ip=203.0.113.1", true},
		{"association.public-ip=203.0.113.10", false},
		{"association.public-ip=*", true},
		{"association.ip-owner-id=amazon", true},
		{"status=in-use", true},
		{"status=available", false},
		{"interface-type=interface", true},
		{"interface-type=lambda", false},
		{"requester-managed=true", true},
		{"requester-managed=false", false},
		{"attachment.status=attached", true},
		{"attachment.instance-id=*", false},
		{"availability-zone=eu-west-1a", true},
		{"mac-address=0a:01:23:45:67:89", true},
		{"owner-id=123456789012", true},
		{"tag:stack=dev", true},
		{"tag:stack=prod", false},
		{"tag:other=dev", false},
		{"tag-key=stack", true},
		{"status=available,in-use", true},
		{"vpc-id=vpc-1 status=available", false},
		{"vpc-id=vpc-1 status=in-use", true},
		{"status=", false},
		// What the provider asks before it deletes a group or a subnet, so that it takes away nobody else's interfaces.
		{"group-id=sg-1 description=AWS-Lambda-VPC-ENI*", false},
		{"description=arn:aws:ecs:*", true},
		{"description=*:attachment/????????-*", true},
		{"description=*:attachment/???????-*", false},
		{`description=arn:aws:ecs:\*`, false},
		{"description=arn.aws.ecs.*", false},
	} {
		t.Run(c.filters, func(t *testing.T) {
			form := url.Values{}
			for n, filter := range strings.Fields(c.filters) {
				name, values, _ := strings.Cut(filter, "=")
				prefix := "Filter." + strconv.Itoa(n+1) + "."
				form.Set(prefix+"Name", name)
				for m, value := range strings.Split(values, ",") {
					form.Set(prefix+"Value."+strconv.Itoa(m+1), value)
				}
			}
			matches, err := interfaceFilters(form)
			if err != nil || matches(i) != c.want {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
	t.Run("an escaped wildcard stands for itself", func(t *testing.T) {
		pattern, err := anyOf([]string{`a\*b\?c\\d`})
		if err != nil || !pattern.MatchString(`a*b?c\d`) || pattern.MatchString(`axb?c\d`) {
			t.Errorf("%v, %v", pattern, err)
		}
	})
	t.Run("a filter without values matches nothing", func(t *testing.T) {
		if matches, err := interfaceFilters(url.Values{"Filter.1.Name": {"vpc-id"}}); err != nil || matches(i) {
			t.Error(err)
		}
	})
	t.Run("a filter that is not known is refused by its name", func(t *testing.T) {
		_, err := interfaceFilters(url.Values{"Filter.1.Name": {"colour"}, "Filter.1.Value.1": {"red"}})
		if codeOf(err) != "InvalidParameterValue" || !strings.Contains(err.Error(), "The filter 'colour' is invalid") {
			t.Error(err)
		}
	})
}

// idle is a Runtime whose tasks do nothing. That real ones have the same interfaces is not proved here.
type idle struct{}

func (idle) Run(context.Context, ecs.Task) (ecs.Running, error) { return idle{}, nil }
func (idle) Exited() <-chan ecs.Exit                            { return nil }
func (idle) Stop(context.Context) error                         { return nil }
func (idle) Containers() []ecs.Container {
	return []ecs.Container{{Name: "app", Status: "RUNNING", Health: "UNKNOWN"}}
}

// Calls go by the front and moto here, as a client's do.
func TestNetworkInterfacesThroughMoto(t *testing.T) {
	p := &Plane{Upstream: mototest.Start(t), Log: slog.New(slog.DiscardHandler)}
	defer p.Close(t.Context())
	r, err := p.region("us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	r.scheduler.Runtime = idle{}
	server := httptest.NewServer(&front.Handler{Upstream: p.Upstream, DataPlane: p, Log: p.Log})
	defer server.Close()
	config, err := declared.Config(func() (string, bool) { return strings.TrimPrefix(server.URL, "http://"), true }, "us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	ctx, network, cluster := t.Context(), ec2.NewFromConfig(config), awsecs.NewFromConfig(config)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(r.settle(ctx))
	subnets, err := network.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
	must(err)
	subnet := subnets.Subnets[0]
	groups, err := network.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{})
	must(err)
	group := groups.SecurityGroups[0]
	own, err := network.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: subnet.SubnetId, Description: aws.String("a <b> & c")})
	must(err)
	ownID := aws.ToString(own.NetworkInterface.NetworkInterfaceId)

	_, err = cluster.CreateCluster(ctx, &awsecs.CreateClusterInput{ClusterName: aws.String("c")})
	must(err)
	_, err = cluster.RegisterTaskDefinition(ctx, &awsecs.RegisterTaskDefinitionInput{
		Family: aws.String("app"), NetworkMode: "awsvpc", RequiresCompatibilities: []ecstypes.Compatibility{"FARGATE"}, Cpu: aws.String("256"), Memory: aws.String("512"),
		ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: aws.String("app"), Image: aws.String("image")}},
	})
	must(err)
	_, err = cluster.CreateService(ctx, &awsecs.CreateServiceInput{
		Cluster: aws.String("c"), ServiceName: aws.String("app"), TaskDefinition: aws.String("app"), DesiredCount: aws.Int32(1), LaunchType: "FARGATE",
		NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{
			Subnets: []string{*subnet.SubnetId}, SecurityGroups: []string{*group.GroupId}, AssignPublicIp: "ENABLED",
		}},
	})
	must(err)
	interfaceOf := func(task ecstypes.Task) string {
		for _, a := range task.Attachments {
			for _, d := range a.Details {
				if aws.ToString(d.Name) == "networkInterfaceId" {
					return aws.ToString(d.Value)
				}
			}
		}
		return ""
	}
	taskID := ""
	for end := time.Now().Add(30 * time.Second); taskID == ""; time.Sleep(20 * time.Millisecond) {
		tasks, err := cluster.ListTasks(ctx, &awsecs.ListTasksInput{Cluster: aws.String("c")})
		must(err)
		if len(tasks.TaskArns) > 0 {
			described, err := cluster.DescribeTasks(ctx, &awsecs.DescribeTasksInput{Cluster: aws.String("c"), Tasks: tasks.TaskArns})
			must(err)
			taskID = interfaceOf(described.Tasks[0])
		}
		if time.Now().After(end) {
			t.Fatal("no task has an interface after 30 seconds")
		}
	}
	describe := func(in ec2.DescribeNetworkInterfacesInput) ([]ec2types.NetworkInterface, []string, error) {
		out, err := network.DescribeNetworkInterfaces(ctx, &in)
		if err != nil {
			return nil, nil, err
		}
		var ids []string
		for _, one := range out.NetworkInterfaces {
			ids = append(ids, aws.ToString(one.NetworkInterfaceId))
		}
		return out.NetworkInterfaces, ids, nil
	}
	by := func(name, value string) ec2.DescribeNetworkInterfacesInput {
		return ec2.DescribeNetworkInterfacesInput{Filters: []ec2types.Filter{{Name: &name, Values: []string{value}}}}
	}

	t.Run("the interface that a task names is there, with its public address", func(t *testing.T) {
		all, _, err := describe(ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{taskID}})
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		one := all[0]
		if one.Association == nil || aws.ToString(one.Association.PublicIp) != "203.0.113.1" || aws.ToString(one.VpcId) != *subnet.VpcId ||
			aws.ToString(one.SubnetId) != *subnet.SubnetId || len(one.Groups) != 1 || aws.ToString(one.Groups[0].GroupId) != *group.GroupId ||
			aws.ToString(one.Groups[0].GroupName) != *group.GroupName || one.Attachment == nil || one.Attachment.Status != "attached" ||
			one.Status != ec2types.NetworkInterfaceStatusInUse || !aws.ToBool(one.RequesterManaged) || len(one.PrivateIpAddresses) != 1 {
			t.Errorf("%+v", one)
		}
	})
	t.Run("among all of them are moto's, as moto tells them", func(t *testing.T) {
		all, ids, err := describe(ec2.DescribeNetworkInterfacesInput{})
		if err != nil || !slices.Equal(ids, []string{ownID, taskID}) || aws.ToString(all[0].Description) != "a <b> & c" {
			t.Errorf("%v, %v", ids, err)
		}
	})
	t.Run("a filter counts for both", func(t *testing.T) {
		for _, c := range []struct {
			name, value string
			want        []string
		}{
			{"subnet-id", *subnet.SubnetId, []string{ownID, taskID}},
			{"requester-managed", "false", []string{ownID}},
			{"association.public-ip", "203.0.113.1", []string{taskID}},
			{"vpc-id", "vpc-0", nil},
		} {
			if _, ids, err := describe(by(c.name, c.value)); err != nil || !slices.Equal(ids, c.want) {
				t.Errorf("%s %s: %v, %v, want %v", c.name, c.value, ids, err, c.want)
			}
		}
	})
	t.Run("an id that nobody has is not found, and one of each kind is", func(t *testing.T) {
		if _, ids, err := describe(ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{taskID, ownID}}); err != nil || len(ids) != 2 {
			t.Errorf("%v, %v", ids, err)
		}
		_, _, err := describe(ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{taskID, "eni-0"}})
		if codeOf(err) != "InvalidNetworkInterfaceID.NotFound" || !strings.Contains(err.Error(), "'eni-0'") {
			t.Error(err)
		}
		if _, _, err := describe(by("colour", "red")); codeOf(err) != "InvalidParameterValue" {
			t.Error(err)
		}
		_, err = network.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{DryRun: aws.Bool(true)})
		if codeOf(err) != "DryRunOperation" {
			t.Error(err)
		}
	})
	t.Run("that of a NAT gateway says that it is, and goes with it", func(t *testing.T) {
		nat, err := network.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{SubnetId: subnet.SubnetId, ConnectivityType: "private"})
		must(err)
		id := aws.ToString(nat.NatGateway.NatGatewayAddresses[0].NetworkInterfaceId)
		must(r.settle(ctx))
		if _, ids, err := describe(ec2.DescribeNetworkInterfacesInput{}); err != nil || !slices.Contains(ids, id) {
			t.Errorf("%s is not among %v, %v", id, ids, err)
		}
		told, _, err := describe(by("interface-type", "nat_gateway"))
		must(err)
		if len(told) != 1 || aws.ToString(told[0].NetworkInterfaceId) != id || told[0].InterfaceType != "nat_gateway" || told[0].Status != "in-use" ||
			aws.ToString(told[0].Description) != "Interface for NAT Gateway "+aws.ToString(nat.NatGateway.NatGatewayId) {
			t.Errorf("its interface is %+v", told)
		}
		_, err = network.DeleteNatGateway(ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: nat.NatGateway.NatGatewayId})
		must(err)
		must(r.settle(ctx))
		if _, ids, err := describe(ec2.DescribeNetworkInterfacesInput{}); err != nil || slices.Contains(ids, id) || len(ids) != 2 {
			t.Errorf("%s is among %v, %v", id, ids, err)
		}
	})
}
