package e2e

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestVerify breaks a stack that is up, each time in one way, behind Pulumi's back, and sees that `make verify` reports
// it by the check for it and by no other one.
func TestVerify(t *testing.T) {
	deployed(t)
	exported := outputs(t)
	service := describedService(t, exported["clusterName"], exported["serviceName"])
	network := service.NetworkConfiguration.AwsvpcConfiguration
	link, listener := behind(t, exported)
	vpc := elements(query(t, "elasticloadbalancing", "DescribeLoadBalancers", "LoadBalancerArns.member.1", exported["loadBalancerArn"]), "VpcId")[0]

	t.Run("a stack that is up and private passes every check", func(t *testing.T) {
		if broken := verified(t); len(broken) > 0 {
			t.Errorf("it reports %v", broken)
		}
	})
	if t.Failed() {
		t.FailNow()
	}

	api := "/v2/apis/" + exported["apiId"]
	broken := func(name string, want []string, spoil, mend func(t *testing.T)) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			defer func() {
				mend(t)
				eventually(t, "it is mended", func() bool { return len(verified(t)) == 0 })
			}()
			spoil(t)
			if got := verified(t); !slices.Equal(got, want) {
				t.Errorf("it reports %v, want %v", got, want)
			}
		})
	}

	t.Run("a path that does not answer 200", func(t *testing.T) {
		// This integration asks the app for a page that there is none of.
		integration := post(t, api+"/integrations", map[string]any{
			"integrationType": "HTTP_PROXY", "integrationMethod": "ANY", "integrationUri": listener,
			"connectionType": "VPC_LINK", "connectionId": link, "payloadFormatVersion": "1.0",
			"requestParameters": map[string]string{"overwrite:path": "/no/such/page"},
		})["integrationId"].(string)
		for _, probe := range []string{"GET /", "GET /api/echo/a/deep/path", "GET /api/health", "POST /api/echo"} {
			var route string
			broken(probe, []string{probe}, func(t *testing.T) {
				route = post(t, api+"/routes", map[string]any{"routeKey": probe, "target": "integrations/" + integration})["routeId"].(string)
			}, func(t *testing.T) { aws(t, "apigateway", http.MethodDelete, api+"/routes/"+route, nil, nil) })
		}
		aws(t, "apigateway", http.MethodDelete, api+"/integrations/"+integration, nil, nil)
	})

	var integration string
	broken("an integration whose VPC link is gone", []string{"vpc-link"}, func(t *testing.T) {
		other := post(t, "/v2/vpclinks", map[string]any{"name": "other", "subnetIds": network.Subnets, "securityGroupIds": network.SecurityGroups})["vpcLinkId"].(string)
		integration = post(t, api+"/integrations", map[string]any{
			"integrationType": "HTTP_PROXY", "integrationMethod": "ANY", "integrationUri": listener,
			"connectionType": "VPC_LINK", "connectionId": other, "payloadFormatVersion": "1.0",
		})["integrationId"].(string)
		aws(t, "apigateway", http.MethodDelete, "/v2/vpclinks/"+other, nil, nil)
	}, func(t *testing.T) {
		aws(t, "apigateway", http.MethodDelete, api+"/integrations/"+integration, nil, nil)
	})

	stage := api + "/stages/$default"
	var declared map[string]any
	if err := json.Unmarshal(aws(t, "apigateway", http.MethodGet, stage, nil, nil), &declared); err != nil {
		t.Fatal(err)
	}
	log := declared["accessLogSettings"].(map[string]any)
	mendLog := func(t *testing.T) { patch(t, stage, map[string]any{"accessLogSettings": log}) }
	broken("an access log that goes nowhere", []string{"access-log", "gateway-overhead"}, func(t *testing.T) {
		patch(t, stage, map[string]any{"accessLogSettings": map[string]any{
			"destinationArn": log["destinationArn"].(string) + "-gone", "format": log["format"]}})
	}, mendLog)
	broken("an access log without the latencies", []string{"gateway-overhead"}, func(t *testing.T) {
		patch(t, stage, map[string]any{"accessLogSettings": map[string]any{
			"destinationArn": log["destinationArn"], "format": `{"requestId":"$context.requestId","status":"$context.status"}`}})
	}, mendLog)

	broken("a target that is no task", []string{"targets"}, func(t *testing.T) {
		query(t, "elasticloadbalancing", "RegisterTargets", "TargetGroupArn", exported["targetGroupArn"], "Targets.member.1.Id", stranger(t, network.Subnets[0]))
	}, func(t *testing.T) {
		query(t, "elasticloadbalancing", "DeregisterTargets", "TargetGroupArn", exported["targetGroupArn"], "Targets.member.1.Id", stranger(t, network.Subnets[0]))
	})

	broken("a service that anyone's address may reach", []string{"security-groups"}, func(t *testing.T) {
		query(t, "ec2", "AuthorizeSecurityGroupIngress", worldRule(network.SecurityGroups[0])...)
	}, func(t *testing.T) {
		query(t, "ec2", "RevokeSecurityGroupIngress", worldRule(network.SecurityGroups[0])...)
	})

	table := elements(query(t, "ec2", "DescribeRouteTables", "Filter.1.Name", "association.subnet-id", "Filter.1.Value.1", network.Subnets[0]), "routeTableId")[0]
	gateway := elements(query(t, "ec2", "DescribeInternetGateways", "Filter.1.Name", "attachment.vpc-id", "Filter.1.Value.1", vpc), "internetGatewayId")[0]
	// A range of its own, so that the way out stays.
	broken("a route from a task's subnet to the internet gateway", []string{"private-subnets"}, func(t *testing.T) {
		query(t, "ec2", "CreateRoute", "RouteTableId", table, "DestinationCidrBlock", "192.0.2.0/24", "GatewayId", gateway)
	}, func(t *testing.T) {
		query(t, "ec2", "DeleteRoute", "RouteTableId", table, "DestinationCidrBlock", "192.0.2.0/24")
	})

	var second string
	broken("another load balancer that faces the internet", []string{"public-names"}, func(t *testing.T) {
		parameters := []string{"Name", "second", "Scheme", "internet-facing", "SecurityGroups.member.1", network.SecurityGroups[0]}
		for i, subnet := range network.Subnets {
			parameters = append(parameters, "Subnets.member."+string(rune('1'+i)), subnet)
		}
		second = elements(query(t, "elasticloadbalancing", "CreateLoadBalancer", parameters...), "LoadBalancerArn")[0]
	}, func(t *testing.T) { query(t, "elasticloadbalancing", "DeleteLoadBalancer", "LoadBalancerArn", second) })

	broken("a task with a public address", []string{"task-addresses"},
		func(t *testing.T) { publicAddress(t, exported, network, "ENABLED") },
		func(t *testing.T) { publicAddress(t, exported, network, "DISABLED") })

	t.Run("an up that is green though its deployment is rolled back afterwards", func(t *testing.T) {
		edit(t, "webapp/Dockerfile", replace(startsApp, crashes))
		// The up ends when the deployment begins, and the provider sees nothing wrong.
		edit(t, "Pulumi.local.yaml", replace("config:\n", "config:\n  sallyport:app.waitForSteadyState: \"false\"\n"))
		up := start(t, "up").wait()
		up.failed("FAIL  build: Every running task runs the image just pushed")
		if changed := up.broken(); len(changed) > 0 {
			t.Errorf("to the provider, failed: %v", changed)
		}
		if broken := verified(t); !slices.Equal(broken, []string{"build"}) {
			t.Errorf("it reports %v", broken)
		}
	})

	t.Run("a load balancer that faces the internet", func(t *testing.T) {
		edit(t, "network/loadbalancer.go", replace("Internal:                 pulumi.Bool(true)", "Internal:                 pulumi.Bool(false)"))
		run(t, "up", "-verify=false")
		if broken := verified(t); !slices.Equal(broken, []string{"internal-balancer"}) {
			t.Errorf("it reports %v", broken)
		}
	})

	t.Run("a destroy tells what is left, what costs money first, and nothing where nothing is", func(t *testing.T) {
		tags := []string{"TagSpecification.1.ResourceType", "elastic-ip",
			"TagSpecification.1.Tag.1.Key", "project", "TagSpecification.1.Tag.1.Value", "sallyport",
			"TagSpecification.1.Tag.2.Key", "stack", "TagSpecification.1.Tag.2.Value", "local"}
		address := elements(query(t, "ec2", "AllocateAddress", append(tags, "Domain", "vpc")...), "allocationId")[0]
		logGroup := func(action, more string) { // both answer with nothing
			aws(t, "logs", http.MethodPost, "/", map[string]string{"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": targets["logs"] + "." + action},
				[]byte(`{"logGroupName":"sallyport-local-left"`+more+`}`))
		}
		logGroup("CreateLogGroup", `,"tags":{"project":"sallyport","stack":"local"}`)
		destroy := start(t, "destroy").wait()
		destroy.failed("2 resources are left of stack local", "aws ec2 release-address --allocation-id "+address)
		said := destroy.output()
		if strings.Index(said, address) > strings.Index(said, "sallyport-local-left") {
			t.Errorf("what costs money does not come first:\n%s", destroy.tail())
		}
		query(t, "ec2", "ReleaseAddress", "AllocationId", address)
		logGroup("DeleteLogGroup", "")
		run(t, "destroy").says("nothing is left of stack local")
	})

	t.Run("what it needs is printed, and reading alone", func(t *testing.T) {
		policy := run(t, "verify", "--", "-policy").stdout.String()
		if !strings.Contains(policy, "ecs:DescribeTasks") || strings.Contains(policy, "Create") {
			t.Errorf("the policy is %s", policy)
		}
	})
}

// verified runs `make verify` and returns the names of the checks that fail.
func verified(t *testing.T) []string {
	t.Helper()
	c := start(t, "verify", "--", "-json", "-limit", "20s").wait()
	var report struct {
		OK      bool
		Results []struct {
			Name, Evidence, Todo string
			OK                   bool
		}
	}
	if err := json.Unmarshal(c.stdout.Bytes(), &report); err != nil {
		t.Fatalf("verify ended with %d and printed no report: %v", c.code, err)
	}
	failed := []string{}
	for _, r := range report.Results {
		if !r.OK {
			failed = append(failed, r.Name)
			t.Logf("%s: %s. %s", r.Name, r.Evidence, r.Todo)
		}
		if r.Evidence == "" || !r.OK && r.Todo == "" {
			t.Errorf("check %s has no evidence, or no advice: %+v", r.Name, r)
		}
	}
	if report.OK != (len(failed) == 0) || (c.code == 0) != report.OK || len(report.Results) < 15 {
		t.Errorf("verify ended with %d, says ok %v, and has %d results of which %v fail", c.code, report.OK, len(report.Results), failed)
	}
	return failed
}

type awsvpc struct {
	Subnets, SecurityGroups []string
	AssignPublicIP          string `json:"assignPublicIp"`
}

type described struct {
	NetworkConfiguration struct{ AwsvpcConfiguration awsvpc }
	Deployments          []struct{ RolloutState string }
}

// describedService describes a service.
func describedService(t *testing.T, cluster, name string) described {
	t.Helper()
	return ask[struct{ Services []described }](t, "ecs", "DescribeServices", map[string]any{"cluster": cluster, "services": []string{name}}).Services[0]
}

// behind are the VPC link and the listener of the API's integration.
func behind(t *testing.T, exported map[string]string) (link, listener string) {
	t.Helper()
	var answer struct {
		Items []struct{ ConnectionID, IntegrationURI string }
	}
	if err := json.Unmarshal(aws(t, "apigateway", http.MethodGet, "/v2/apis/"+exported["apiId"]+"/integrations", nil, nil), &answer); err != nil || len(answer.Items) != 1 {
		t.Fatalf("the integrations are %+v, %v", answer, err)
	}
	return answer.Items[0].ConnectionID, answer.Items[0].IntegrationURI
}

func post(t *testing.T, path string, input map[string]any) map[string]any {
	t.Helper()
	return send(t, http.MethodPost, path, input)
}

func patch(t *testing.T, path string, input map[string]any) map[string]any {
	t.Helper()
	return send(t, http.MethodPatch, path, input)
}

func send(t *testing.T, method, path string, input map[string]any) (answer map[string]any) {
	t.Helper()
	body, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(aws(t, "apigateway", method, path, map[string]string{"Content-Type": "application/json"}, body), &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// stranger is the last address of a subnet that AWS gives away, which no task has.
func stranger(t *testing.T, subnet string) string {
	t.Helper()
	block := elements(query(t, "ec2", "DescribeSubnets", "SubnetId.1", subnet), "cidrBlock")[0]
	first, _, _ := strings.Cut(block, "/")
	return first[:strings.LastIndex(first, ".")] + ".250"
}

func worldRule(group string) []string {
	return []string{"GroupId", group, "IpPermissions.1.IpProtocol", "tcp", "IpPermissions.1.FromPort", "3000",
		"IpPermissions.1.ToPort", "3000", "IpPermissions.1.IpRanges.1.CidrIp", "0.0.0.0/0"}
}

// publicAddress deploys the service anew, with or without public addresses, and waits for the new tasks.
func publicAddress(t *testing.T, exported map[string]string, network awsvpc, assign string) {
	t.Helper()
	network.AssignPublicIP = assign
	ask[map[string]any](t, "ecs", "UpdateService", map[string]any{
		"cluster": exported["clusterName"], "service": exported["serviceName"],
		"networkConfiguration": map[string]any{"awsvpcConfiguration": map[string]any{
			"subnets": network.Subnets, "securityGroups": network.SecurityGroups, "assignPublicIp": assign}},
	})
	eventually(t, "the new task runs alone", func() bool {
		deployments := describedService(t, exported["clusterName"], exported["serviceName"]).Deployments
		return len(deployments) == 1 && deployments[0].RolloutState == "COMPLETED"
	})
}
