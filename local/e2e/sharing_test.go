package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// secondStack deploys a stack into what the local one has made: it shares VPC, link and cluster, and nothing else.
func secondStack(t *testing.T) {
	deployed(t)
	first := &site{exported: outputs(t)}
	first.settled(t)
	subnets := ask[struct {
		Services []struct {
			NetworkConfiguration struct {
				AwsvpcConfiguration struct{ Subnets []string }
			}
		}
	}](t, "ecs", "DescribeServices", map[string]any{
		"cluster": first.exported["clusterName"], "services": []string{first.exported["serviceName"]},
	}).Services[0].NetworkConfiguration.AwsvpcConfiguration.Subnets
	vpcs := elements(query(t, "ec2", "DescribeSubnets", "SubnetId.1", subnets[0]), "vpcId")
	var links map[string]any
	if err := json.Unmarshal(aws(t, "apigateway", http.MethodGet, "/v2/vpclinks", nil, nil), &links); err != nil {
		t.Fatal(err)
	}
	link := named(links, "vpcLinkId")
	if len(vpcs) != 1 || len(link) != 1 {
		t.Fatalf("the first stack has the VPCs %v and the links %v", vpcs, link)
	}
	settings := func(vpc, subnets, cluster string) string {
		local, err := os.ReadFile(filepath.Join(here.project, "Pulumi.local.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Replace(string(local), "config:\n", strings.Join([]string{
			"config:",
			"  sallyport:network.vpcId: " + vpc,
			"  sallyport:network.privateSubnetIds: [" + subnets + "]",
			"  sallyport:gateway.vpcLinkId: " + link[0],
			"  sallyport:cluster.name: " + cluster,
			"",
		}, "\n"), 1)
	}
	stackFile := filepath.Join(here.project, "Pulumi.second.yaml")
	t.Cleanup(func() { _ = os.Remove(stackFile) })
	write := func(content string) {
		t.Helper()
		if err := os.WriteFile(stackFile, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(settings(vpcs[0], "subnet-00000001, "+subnets[0]+", "+subnets[0][:len(subnets[0])-1]+"x", "nowhere"))
	t.Run("ids that are none of AWS's are refused by their form", func(t *testing.T) {
		fails(t, []string{"network.privateSubnetIds", "doesn't look like the id of a subnet"}, "up", "-stack", "second")
	})
	before := inventory(t)
	public := slices.DeleteFunc(elements(query(t, "ec2", "DescribeSubnets", "Filter.1.Name", "vpc-id", "Filter.1.Value.1", vpcs[0]), "subnetId"),
		func(id string) bool { return slices.Contains(subnets, id) })
	t.Run("what is not there or does not fit is told at once, before anything is made", func(t *testing.T) {
		write(settings(vpcs[0], strings.Join([]string{"subnet-00000001", subnets[0], public[0]}, ", "), "nowhere"))
		fails(t, []string{
			"VPC " + vpcs[0] + " can't be used", "subnet subnet-00000001: ", "subnet " + public[0] + " is not private: route table rtb-", " leads from it to igw-",
			"cluster nowhere",
		}, "up", "-stack", "second")
		if made := more(before, inventory(t)); len(made) > 0 {
			t.Errorf("it made %v", made)
		}
	})
	write(settings(vpcs[0], strings.Join(subnets, ", "), first.exported["clusterName"]))
	run(t, "up", "-stack", "second")
	t.Run("it makes no VPC, subnet, NAT gateway, link or cluster, and answers", func(t *testing.T) {
		got := kinds(more(before, inventory(t)))
		for _, kind := range []string{"vpcId", "subnetId", "routeTableId", "internetGatewayId", "natGatewayId", "allocationId", "vpcEndpointId", "flowLogId", "vpcLinkId", "clusterName"} {
			if got[kind] != 0 {
				t.Errorf("it made %d of %s", got[kind], kind)
			}
		}
		second := &site{exported: outputsOf(t, "second")}
		second.settled(t)
		if second.exported["url"] == first.exported["url"] || second.exported["clusterName"] != first.exported["clusterName"] {
			t.Errorf("it exports %v", second.exported)
		}
	})
	t.Run("another up changes nothing", func(t *testing.T) {
		run(t, "up", "-stack", "second", "--", "--expect-no-changes")
	})
	t.Run("its end takes away what it has made and leaves the first one whole", func(t *testing.T) {
		run(t, "destroy", "-stack", "second")
		after := inventory(t)
		if left, gone := more(before, after), more(after, before); len(left)+len(gone) > 0 {
			t.Errorf("left: %v, gone: %v", left, gone)
		}
		first.settled(t)
	})
}

// egressByEndpoints moves the local stack from its NAT gateway to interface endpoints.
func egressByEndpoints(t *testing.T) {
	deployed(t)
	edit(t, "Pulumi.local.yaml", replace("config:\n", "config:\n  sallyport:network.egress: endpoints\n"))
	s := &site{exported: outputs(t)}
	build := buildAt(t, s.exported["url"])
	// A setting of the task, so that a new one starts.
	edit(t, "Pulumi.local.yaml", replace(`app.stopTimeout: "10"`, `app.stopTimeout: "11"`))
	run(t, "up")
	s.settled(t)
	t.Run("a new task pulls its image and logs without a NAT gateway", func(t *testing.T) {
		if count := kinds(inventory(t))["natGatewayId"]; count != 0 {
			t.Errorf("there are %d NAT gateways", count)
		}
		if got, want := elements(query(t, "ec2", "DescribeVpcEndpoints"), "serviceName"), []string{
			"com.amazonaws.us-east-1.dynamodb", "com.amazonaws.us-east-1.ecr.api", "com.amazonaws.us-east-1.ecr.dkr", "com.amazonaws.us-east-1.logs", "com.amazonaws.us-east-1.s3",
		}; !slices.Equal(got, want) {
			t.Errorf("there are endpoints for %v, want %v", got, want)
		}
	})
	t.Run("another up changes nothing", func(t *testing.T) {
		run(t, "up", "--", "--expect-no-changes")
		run(t, "preview", "--", "--refresh", "--expect-no-changes")
	})
	// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
	t.Run("without the endpoint for ecr.dkr no new task starts, and what runs goes on", func(t *testing.T) {
		edit(t, "internal/settings/endpoints.go", replace(`{"ecr.dkr", true}`, `{"ecr.dkr", false}`))
		run(t, "up") // it changes no task, so it starts none
		s.settled(t)
		edit(t, "Pulumi.local.yaml", replace(`app.stopTimeout: "11"`, `app.stopTimeout: "12"`))
		edit(t, "Pulumi.local.yaml", impatient)
		people := visit(t, s.exported["url"])
		fails(t, []string{
			"timeout while waiting for state to become 'tfSTABLE'", "CannotPullContainerError: The task cannot pull '",
			"There is a connection issue between the task and Amazon ECR", " for ecr.dkr is deleted",
		}, "up")
		people.saw(t, build)
	})
	run(t, "up")
	s.settled(t)
}
