package e2e

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestFailures(t *testing.T) {
	destroyed(t)
	empty := inventory(t)

	t.Run("without a Docker engine nothing is made, and it says how to start one", func(t *testing.T) {
		up := startWith(t, []string{"DOCKER_HOST=unix:///nonexistent/docker.sock"}, "up").wait()
		up.failed("the Docker engine does not answer at unix:///nonexistent/docker.sock (from DOCKER_HOST)",
			"start it, or unset DOCKER_HOST to use this machine's own")
		if begun := up.begun(); len(begun) > 0 {
			t.Errorf("it began %v", begun)
		}
		if made := more(empty, inventory(t)); len(made) > 0 {
			t.Errorf("it made %v", made)
		}
	})
	t.Run("an AWS API that fails for good ends the up with the resource and the cause", func(t *testing.T) {
		spoil(t, fault{Service: "ecs", Action: "CreateCluster"})
		up := start(t, "up").wait()
		up.failed("aws:ecs:Cluster", "sallyport-local", "InternalFailure", "a fault that a test asked for", "StatusCode: 500")
		if broken := up.broken(); len(broken) != 1 || broken[0].kind != "aws:ecs/cluster:Cluster" {
			t.Errorf("failed: %v, want the cluster alone", broken)
		}
		if url := start(t, "url").wait(); url.code == 0 {
			t.Error("there is a URL")
		}
	})
	t.Run("the next up goes on where it stopped, through throttling, and makes nothing twice", func(t *testing.T) {
		spoil(t, fault{Service: "ecs", Action: "CreateCluster", Times: 2, Code: "throttling"},
			fault{Service: "elasticloadbalancing", Action: "DescribeLoadBalancers", Times: 2, Code: "throttling"},
			fault{Service: "apigateway", Action: "POST /v2/vpclinks", Times: 1, Code: "throttling"})
		run(t, "up")
		if got := hits(t); !slices.Equal(got, []int{2, 2, 1}) {
			t.Errorf("the faults were met %v times, want 2, 2 and 1", got)
		}
		heal(t)
		run(t, "up", "--", "--expect-no-changes")
		want := map[string]int{
			"vpcId": 1, "subnetId": 4, "internetGatewayId": 1, "natGatewayId": 1, "allocationId": 1, "vpcEndpointId": 2, "flowLogId": 1,
			"LoadBalancerArn": 1, "TargetGroupArn": 1, "RoleName": 3, "PolicyName": 3, "repositoryName": 1, "clusterName": 1,
			"taskDefinitionArns": 1, "logGroupName": 3, "apiId": 1, "vpcLinkId": 1, "TableNames": 1,
		}
		got := kinds(more(empty, inventory(t)))
		for kind, count := range want {
			if got[kind] != count {
				t.Errorf("%d of %s, want %d", got[kind], kind, count)
			}
		}
	})
	t.Run("of two ups at once one runs, and the other says so", func(t *testing.T) {
		spoil(t, fault{Service: "ec2", Action: "DescribeAvailabilityZones", Mode: "hang"})
		first := start(t, "up")
		first.until("it asks for the zones", func() bool { return hits(t)[0] > 0 })
		second := start(t, "up").wait()
		second.failed("is at work on stack local; wait for its end, or interrupt it")
		if begun := second.begun(); len(begun) > 0 {
			t.Errorf("the second began %v", begun)
		}
		heal(t)
		if first.wait(); first.code != 0 {
			t.Errorf("the first ended with %d", first.code)
		}
	})
	t.Run("a push that is refused leaves the service as it is", func(t *testing.T) {
		edit(t, "webapp/app/page.tsx", func(page string) string { return page + "\n// A version that is refused at first.\n" })
		exported := outputs(t)
		before := runningContainer(t, exported)
		_, repository, _ := strings.Cut(exported["repositoryUrl"], "/")
		ask[any](t, "ecr", "DeleteRepository", map[string]any{"repositoryName": repository, "force": true})

		up := start(t, "up").wait()
		up.failed("docker:index:Image", "there is no repository "+repository+" at "+here.images, "Nothing that depends on the image was changed")
		if changes := up.changes(); len(changes) > 0 {
			t.Errorf("it changed %v", changes)
		}
		if after := runningContainer(t, exported); after.Image != before.Image {
			t.Errorf("the service ran %s and now %s", before.Image, after.Image)
		}

		ask[any](t, "ecr", "CreateRepository", map[string]any{"repositoryName": repository, "imageTagMutability": "IMMUTABLE"})
		run(t, "up")
		repaired := outputs(t)
		if image := runningContainer(t, repaired).Image; image != repaired["imageRef"] || image == before.Image {
			t.Errorf("the service runs %s, exported is %s, before it was %s", image, repaired["imageRef"], before.Image)
		}
		if got := slices.Sorted(maps.Keys(pushed(t, repaired))); !slices.Equal(got, []string{digest(repaired["imageRef"])}) {
			t.Errorf("the repository holds %v", got)
		}
	})
}
