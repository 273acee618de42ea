package e2e

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// seen reads a setting back from the cloud, in the notation of its value: from the AWS API, from an answer of the stack,
// from a container, or from Pulumi's state where it is about Pulumi alone.
var seen = map[string]func(d *describedStack, want string) string{
	"aws:region": func(d *describedStack, want string) string {
		return strings.Split(d.export("loadBalancerArn"), ":")[3]
	},
	"aws:maxRetries": func(d *describedStack, want string) string {
		return text(at(d.resource("pulumi:providers:aws"), "inputs", "maxRetries"))
	},
	"aws:allowedAccountIds": func(d *describedStack, want string) string {
		return text(at(d.resource("pulumi:providers:aws"), "inputs", "allowedAccountIds"))
	},
	"name": func(d *describedStack, want string) string {
		return text(at(d.taskDefinition, "family"))
	},
	"protected": func(d *describedStack, want string) string {
		return d.balancerAttribute("deletion_protection.enabled")
	},
	"tags": func(d *describedStack, want string) string {
		tags := d.query("elasticloadbalancing", "DescribeTags", "ResourceArns.member.1", d.export("targetGroupArn"))
		return whether(attribute(tags, "team") == "web", want)
	},

	"network.cidr": func(d *describedStack, want string) string {
		return elements(d.query("ec2", "DescribeVpcs", "VpcId.1", d.vpc), "cidrBlock")[0]
	},
	"network.zones": func(d *describedStack, want string) string {
		return fmt.Sprint(len(elements(d.balancer, "ZoneName")))
	},
	"network.egress": func(d *describedStack, want string) string {
		var answer struct {
			Endpoints []struct {
				Service string `xml:"serviceName"`
				State   string `xml:"state"`
			} `xml:"vpcEndpointSet>item"`
		}
		if err := xml.Unmarshal([]byte(d.inVPC("DescribeVpcEndpoints")), &answer); err != nil {
			return err.Error()
		}
		for _, one := range answer.Endpoints {
			if strings.HasSuffix(one.Service, ".ecr.dkr") && one.State != "deleted" {
				return "endpoints"
			}
		}
		return "nat"
	},
	"network.flowLogs": func(d *describedStack, want string) string {
		return strings.Join(elements(d.query("ec2", "DescribeFlowLogs", "Filter.1.Name", "resource-id", "Filter.1.Value.1", d.vpc), "trafficType"), " ")
	},
	"network.vpcId": func(d *describedStack, want string) string { return d.vpc },
	"network.privateSubnetIds": func(d *describedStack, want string) string {
		var ids []string
		for _, id := range list(at(d.service, "networkConfiguration", "awsvpcConfiguration", "subnets")) {
			ids = append(ids, text(id))
		}
		var wanted []string
		_ = json.Unmarshal([]byte(want), &wanted)
		slices.Sort(ids)
		slices.Sort(wanted)
		return whether(slices.Equal(ids, wanted), want)
	},

	"loadBalancer.idleTimeout": func(d *describedStack, want string) string {
		return d.balancerAttribute("idle_timeout.timeout_seconds")
	},
	"loadBalancer.deregistrationDelay": func(d *describedStack, want string) string {
		return d.targetAttribute("deregistration_delay.timeout_seconds")
	},
	"loadBalancer.certificateArn": func(d *describedStack, want string) string {
		listeners := d.query("elasticloadbalancing", "DescribeListeners", "LoadBalancerArn", d.export("loadBalancerArn"))
		return strings.Join(elements(listeners, "CertificateArn"), " ")
	},
	"loadBalancer.serverName": func(d *describedStack, want string) string {
		return text(at(d.integration, "tlsConfig", "serverNameToVerify"))
	},
	"loadBalancer.webAclArn": func(d *describedStack, want string) string {
		return text(at(d.ask("wafv2", "GetWebACLForResource", "ResourceArn", d.export("loadBalancerArn")), "WebACL", "ARN"))
	},

	"gateway.timeout": func(d *describedStack, want string) string {
		return strings.TrimSuffix(text(at(d.integration, "timeoutInMillis")), "000")
	},
	"gateway.throttleBurst": func(d *describedStack, want string) string {
		return text(at(d.stage, "defaultRouteSettings", "throttlingBurstLimit"))
	},
	"gateway.throttleRate": func(d *describedStack, want string) string {
		return text(at(d.stage, "defaultRouteSettings", "throttlingRateLimit"))
	},
	"gateway.vpcLinkId": func(d *describedStack, want string) string { return text(at(d.integration, "connectionId")) },
	"gateway.routes": func(d *describedStack, want string) string {
		response, _ := d.send("GET", "/closed")
		return whether(response.StatusCode == http.StatusForbidden, want)
	},
	"gateway.default": func(d *describedStack, want string) string {
		response, _ := d.send("GET", "/no/route/takes/this")
		return map[int]string{http.StatusNotFound: "deny", http.StatusOK: "container"}[response.StatusCode]
	},
	"gateway.cors": func(d *describedStack, want string) string {
		response, _ := d.send("OPTIONS", "/", "Origin", "https://www.example.com", "Access-Control-Request-Method", "GET")
		return whether(response.Header.Get("Access-Control-Allow-Origin") == "https://www.example.com", want)
	},
	"gateway.publicHostHeader": func(d *describedStack, want string) string {
		if d.row["gateway.default"] && !d.row["gateway.routes"] {
			// Nobody gets an answer of the app.
			_, found := at(d.integration, "requestParameters").(map[string]any)["overwrite:header."+want]
			return whether(found, want)
		}
		_, body := d.send("GET", "/")
		header, _ := decoded(d.t, []byte(body)).(map[string]any)
		return whether(header[http.CanonicalHeaderKey(want)] != nil, want)
	},
	"gateway.keepWarm": func(d *describedStack, want string) string {
		endpoints := named(d.ask("events", "ListApiDestinations"), "InvocationEndpoint")
		return fmt.Sprint(slices.ContainsFunc(endpoints, func(endpoint string) bool { return strings.HasPrefix(endpoint, d.export("url")+"/") }))
	},

	"domain.name": func(d *describedStack, want string) string { return strings.TrimPrefix(d.export("url"), "https://") },
	"domain.zoneId": func(d *describedStack, want string) string {
		return whether(slices.Contains(elements(records(d.t, want), "Type"), "AAAA"), want)
	},

	"app.context": func(d *describedStack, want string) string {
		if d.row["app.image"] {
			return "" // which was built from there too
		}
		return d.has(want, map[string]string{"FOLDER": "elsewhere"})
	},
	"app.buildArgs": func(d *describedStack, want string) string {
		return d.has(want, map[string]string{"GREETING": "hello"})
	},
	"app.buildOnPreview": func(d *describedStack, want string) string {
		return text(at(d.resource("docker:index/image:Image"), "inputs", "buildOnPreview"))
	},
	"app.table": func(d *describedStack, want string) string {
		return fmt.Sprint(slices.ContainsFunc(d.variables, func(variable string) bool { return strings.HasPrefix(variable, "TABLE_NAME=") }))
	},
	"app.cpu":    func(d *describedStack, want string) string { return text(at(d.taskDefinition, "cpu")) },
	"app.memory": func(d *describedStack, want string) string { return text(at(d.taskDefinition, "memory")) },
	"app.count": func(d *describedStack, want string) string {
		if targets := d.scaling("DescribeScalableTargets", "ScalableTargets"); len(targets) > 0 {
			return text(at(targets[0], "MinCapacity"))
		}
		return text(at(d.service, "runningCount"))
	},
	"app.spotPercent":  func(d *describedStack, want string) string { return d.share("FARGATE_SPOT", "weight") },
	"app.onDemandBase": func(d *describedStack, want string) string { return d.share("FARGATE", "base") },
	"app.port": func(d *describedStack, want string) string {
		return text(at(d.container, "portMappings", 0, "containerPort"))
	},
	"app.healthPath": func(d *describedStack, want string) string {
		group := d.query("elasticloadbalancing", "DescribeTargetGroups", "TargetGroupArns.member.1", d.export("targetGroupArn"))
		return elements(group, "HealthCheckPath")[0]
	},
	"app.probes": func(d *describedStack, want string) string {
		return whether(len(list(d.exported["probes"])) == 1, want)
	},
	"app.healthGrace": func(d *describedStack, want string) string {
		return text(at(d.service, "healthCheckGracePeriodSeconds"))
	},
	"app.keepAlive": func(d *describedStack, want string) string {
		return d.has(want, map[string]string{"KEEP_ALIVE_TIMEOUT": want + "000"})
	},
	"app.stopTimeout": func(d *describedStack, want string) string { return text(at(d.container, "stopTimeout")) },
	"app.user":        func(d *describedStack, want string) string { return text(at(d.container, "user")) },
	"app.writablePaths": func(d *describedStack, want string) string {
		var paths []any
		for _, point := range list(at(d.container, "mountPoints")) {
			paths = append(paths, at(point, "containerPath"))
		}
		return sameJSON(want, paths)
	},
	"app.waitForSteadyState": func(d *describedStack, want string) string {
		return text(at(d.resource("aws:ecs/service:Service"), "inputs", "waitForSteadyState"))
	},
	"app.deploymentTimeout": func(d *describedStack, want string) string {
		return text(at(d.resource("aws:ecs/service:Service"), "customTimeouts", "update"))
	},
	"app.image": func(d *describedStack, want string) string { return text(at(d.container, "image")) },
	"app.environment": func(d *describedStack, want string) string {
		return d.has(want, map[string]string{"COLOUR": "green"})
	},
	"app.secrets": func(d *describedStack, want string) string {
		return d.has(want, map[string]string{"PASSWORD": "swordfish", "TOKEN": "s3cr3t"})
	},
	"app.secretsKeyArn": func(d *describedStack, want string) string {
		_, role, _ := strings.Cut(text(at(d.taskDefinition, "executionRoleArn")), ":role/")
		for _, policy := range elements(d.query("iam", "ListAttachedRolePolicies", "RoleName", role), "PolicyArn") {
			version := elements(d.query("iam", "GetPolicy", "PolicyArn", policy), "DefaultVersionId")[0]
			document := d.query("iam", "GetPolicyVersion", "PolicyArn", policy, "VersionId", version)
			if strings.Contains(document, want) || strings.Contains(document, url.QueryEscape(want)) {
				return want
			}
		}
		return ""
	},
	"app.exec": func(d *describedStack, want string) string { return text(at(d.service, "enableExecuteCommand")) },

	"scaling.max": func(d *describedStack, want string) string {
		return text(at(d.scaling("DescribeScalableTargets", "ScalableTargets"), 0, "MaxCapacity"))
	},
	"scaling.targetCpu":      func(d *describedStack, want string) string { return d.target("ECSServiceAverageCPUUtilization") },
	"scaling.targetMemory":   func(d *describedStack, want string) string { return d.target("ECSServiceAverageMemoryUtilization") },
	"scaling.targetRequests": func(d *describedStack, want string) string { return d.target("ALBRequestCountPerTarget") },
	"scaling.park":           func(d *describedStack, want string) string { return d.scheduled("Schedule", true) },
	"scaling.wake":           func(d *describedStack, want string) string { return d.scheduled("Schedule", false) },
	"scaling.timezone":       func(d *describedStack, want string) string { return d.scheduled("Timezone", true) },

	"logs.retention": func(d *describedStack, want string) string {
		return text(at(d.ask("logs", "DescribeLogGroups", "logGroupNamePrefix", d.export("logGroupName")), "logGroups", 0, "retentionInDays"))
	},
	"cluster.containerInsights": func(d *describedStack, want string) string {
		cluster := at(d.ask("ecs", "DescribeClusters", "clusters", []string{d.export("clusterName")}, "include", []string{"SETTINGS"}), "clusters", 0)
		return fmt.Sprint(text(at(cluster, "settings", 0, "value")) == "enabled")
	},
	"cluster.name": func(d *describedStack, want string) string { return d.export("clusterName") },

	"alarms.enabled": func(d *describedStack, want string) string {
		return fmt.Sprint(len(elements(d.alarms(), "AlarmName")) > 0)
	},
	"alarms.topicArn": func(d *describedStack, want string) string {
		return whether(strings.Contains(d.alarms(), "<member>"+want+"</member>"), want)
	},
	"alarms.email": func(d *describedStack, want string) string {
		topic := regexp.MustCompile(`arn:aws:sns:[^<]+`).FindString(d.alarms())
		if topic == "" {
			return ""
		}
		return strings.Join(elements(d.query("sns", "ListSubscriptionsByTopic", "TopicArn", topic), "Endpoint"), " ")
	},
	"alarms.latencyMs": func(d *describedStack, want string) string {
		return whether(strings.Contains(d.alarms(), "takes longer than "+want+" ms"), want)
	},
	"alarms.rollback": func(d *describedStack, want string) string {
		return text(at(d.service, "deploymentConfiguration", "alarms", "rollback"))
	},
	"dashboard.enabled": func(d *describedStack, want string) string {
		return fmt.Sprint(slices.Contains(elements(d.query("monitoring", "ListDashboards"), "DashboardName"), d.name))
	},
}
