package settings

var networkTable = []setting{
	{
		// A new one replaces the VPC, under a load balancer that can't move to another.
		key:         "network.cidr",
		description: "The address range of the VPC. Fixed once the stack is deployed: a change needs a destroy first.",
		allowed: "a private IPv4 network (in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10), " +
			"of /16 to /24 with 2 zones, /23 with 3 or 4, /22 with 5 or 6",
		why: "A VPC takes /16 to /28, and each private subnet needs a /26: an ALB asks for a /27 with 8 free addresses, the tasks come on top. " +
			aws + "vpc/latest/userguide/vpc-cidr-blocks.html " + aws + "elasticloadbalancing/latest/application/application-load-balancers.html",
		value: of[string]{in: func(s *Settings) *string { return &s.Network.CIDR }, value: "10.0.0.0/16", check: checkCIDR},
	},
	{
		// The VPC is divided by their number, so each subnet would move onto addresses that another one still has:
		// https://github.com/pulumi/pulumi-awsx/issues/910
		key:         "network.zones",
		description: "Availability zones, each with a public and a private subnet. Fixed once the stack is deployed: a change needs a destroy first.",
		allowed:     "2 to 6",
		why: "An ALB needs subnets in at least two zones, and no region has more than six. " +
			aws + "elasticloadbalancing/latest/application/application-load-balancers.html",
		value: of[int]{in: func(s *Settings) *int { return &s.Network.Zones }, value: 2, check: between(2, 6)},
	},
	{
		key:         "network.egress",
		description: "The way out of the private subnets: one NAT gateway, one in each zone, interface endpoints for what starts the tasks, or none.",
		allowed:     "nat, nat-per-zone, endpoints or none; none goes with app.waitForSteadyState=false alone",
		why: "A task pulls its image from ECR and writes to CloudWatch Logs before it serves, so without a way there none starts. " +
			aws + "AmazonECS/latest/developerguide/vpc-endpoints.html",
		value: of[Egress]{in: func(s *Settings) *Egress { return &s.Network.Egress }, value: EgressNAT,
			check: oneOf(EgressNAT, EgressNATPerZone, EgressEndpoints, EgressNone)},
	},
	{
		key:         "network.flowLogs",
		description: "Which traffic the VPC's flow log records.",
		allowed:     "REJECT or ALL",
		why:         "A VPC without a flow log fails CIS 3.7 and Security Hub's EC2.6. " + aws + "vpc/latest/userguide/flow-logs.html",
		value:       of[string]{in: func(s *Settings) *string { return &s.Network.FlowLogs }, value: "REJECT", check: oneOf("REJECT", "ALL")},
	},
	{
		key:         "network.vpcId",
		description: "A VPC to use instead of a new one; empty for a new one. Fixed once the stack is deployed: a change needs a destroy first.",
		allowed:     "empty, or the id of a VPC of this Region, together with network.privateSubnetIds",
		why:         aws + "vpc/latest/userguide/how-it-works.html",
		value: of[string]{in: func(s *Settings) *string { return &s.Network.VpcID },
			check: matching(`^(vpc-([0-9a-f]{8}|[0-9a-f]{17}))?$`, "it doesn't look like the id of a VPC, such as vpc-0123456789abcdef0")},
	},
	{
		key:         "network.privateSubnetIds",
		description: "The private subnets of network.vpcId for the load balancer, the VPC link and the tasks, one a zone.",
		allowed:     "a list of two to six ids of subnets in as many zones, together with network.vpcId",
		why: "An ALB takes one subnet a zone, of two zones or more. " +
			aws + "elasticloadbalancing/latest/application/application-load-balancers.html",
		value: of[[]string]{in: func(s *Settings) *[]string { return &s.Network.PrivateSubnetIDs }, value: []string{}, check: checkSubnetIDs},
	},
	{
		key:         "loadBalancer.idleTimeout",
		description: "Seconds without a byte after which the load balancer closes a connection.",
		allowed:     "1 to 4000 seconds, more than gateway.timeout and less than app.keepAlive; 60 with gateway.kind rest, where it has no meaning",
		why:         aws + "elasticloadbalancing/latest/application/edit-load-balancer-attributes.html",
		value:       of[int]{in: func(s *Settings) *int { return &s.LoadBalancer.IdleTimeout }, value: 60, check: between(1, 4000)},
	},
	{
		key:         "loadBalancer.deregistrationDelay",
		description: "Seconds that a task which leaves has to answer what it was asked before.",
		allowed:     "0 to 119 seconds, at least gateway.timeout and less than app.stopTimeout",
		why: "A target group takes up to 3600, but the delay must end before the task is killed, and Fargate waits at most 120. " +
			aws + "AmazonECS/latest/developerguide/load-balancer-types.html",
		value: of[int]{in: func(s *Settings) *int { return &s.LoadBalancer.DeregistrationDelay }, value: 30, check: between(0, 119)},
	},
	{
		key:         "loadBalancer.certificateArn",
		description: "The ACM certificate of the load balancer's listener, which then takes HTTPS on port 443 and nothing else; empty for plain HTTP inside the VPC.",
		allowed:     "the ARN of a certificate of AWS Certificate Manager in aws:region, together with loadBalancer.serverName",
		why:         "A load balancer takes certificates of its own Region alone. " + aws + "elasticloadbalancing/latest/application/https-listener-certificates.html",
		value: of[string]{in: func(s *Settings) *string { return &s.LoadBalancer.CertificateARN },
			check: matching(`^(arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[a-f0-9-]+)?$`, "it is not the ARN of a certificate")},
	},
	{
		key:         "loadBalancer.serverName",
		description: "The name that API Gateway must find in the listener's certificate; where it does not, the load balancer gets no request.",
		allowed:     "a name that loadBalancer.certificateArn is for, together with it: lower-case letters, digits and hyphens between dots, no wildcard",
		why:         aws + "AWSCloudFormation/latest/UserGuide/aws-properties-apigatewayv2-integration-tlsconfig.html",
		value:       of[string]{in: func(s *Settings) *string { return &s.LoadBalancer.ServerName }, check: checkHostName(253)},
	},
	{
		key:         "loadBalancer.webAclArn",
		description: "The AWS WAF web ACL that looks at every request before the load balancer takes it; empty for none.",
		allowed:     "the ARN of a regional web ACL (AWS WAF v2) in aws:region, with gateway.kind http",
		why:         "An HTTP API takes no web ACL, an Application Load Balancer does; with rest it is gateway.webAclArn. " + aws + "waf/latest/developerguide/how-aws-waf-works-resources.html",
		value: of[string]{in: func(s *Settings) *string { return &s.LoadBalancer.WebACLARN },
			check: checkWebACL},
	},
}
