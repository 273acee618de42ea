package settings

import (
	"fmt"
	"strings"
	"testing"
)

// A problem's first two lines are exact; the other three are the table's unless the case says otherwise.
func TestEveryMistakeIsToldInItsOwnWords(t *testing.T) {
	long := strings.Repeat("x", 257)
	many := `{"t0":""`
	for i := 1; i <= 40; i++ {
		many += fmt.Sprintf(`,"t%d":""`, i)
	}
	many += "}"
	const certificate = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
	relation := func(key, problem, allowed string) string {
		return key + "\n  Problem: " + problem + "\n  Allowed: " + allowed + "\n"
	}
	inVPC := func(key, value string) map[string]string {
		return map[string]string{
			"sallyport:network.vpcId": "vpc-12345678", "sallyport:network.privateSubnetIds": `["subnet-12345678","subnet-12345679"]`, key: value,
		}
	}
	for _, c := range []struct {
		name   string
		stack  string
		config map[string]string
		want   string // the paragraph begins with it
	}{
		{
			name:   "a region that is none",
			config: map[string]string{"aws:region": "Virginia"},
			want:   "aws:region = Virginia\n  Problem: it doesn't look like a region\n",
		},
		{
			name:   "an empty region",
			config: map[string]string{"aws:region": ""},
			want:   "aws:region is not set\n  Problem: it has no default\n",
		},
		{
			name:   "no retries",
			config: map[string]string{"aws:maxRetries": "0"},
			want:   "aws:maxRetries = 0\n  Problem: it is less than 1\n",
		},
		{
			name:   "an account id of eleven digits",
			config: map[string]string{"aws:allowedAccountIds": `["123456789012","12345678901"]`},
			want:   "aws:allowedAccountIds = [\"123456789012\",\"12345678901\"]\n  Problem: \"12345678901\" doesn't have twelve digits\n",
		},
		{
			name:   "account ids that are no list",
			config: map[string]string{"aws:allowedAccountIds": "123456789012"},
			want:   "aws:allowedAccountIds = 123456789012\n  Problem: it is not a list\n",
		},
		{
			name:   "a stack name that makes the resources' names too long",
			stack:  "feature-1234567",
			config: nil,
			want:   "sallyport:name = sallyport-feature-1234567 (from the project's and the stack's name)\n  Problem: it has 25 characters\n",
		},
		{
			name:   "a stack name that AWS wouldn't take",
			stack:  "My_Stack",
			config: nil,
			want:   "sallyport:name = sallyport-My_Stack (from the project's and the stack's name)\n  Problem: it is not made of lower-case letters, digits and single hyphens between them, with a letter first\n",
		},
		{
			name:   "a name of 25 characters",
			config: map[string]string{"sallyport:name": strings.Repeat("a", 25)},
			want:   "sallyport:name = aaaaaaaaaaaaaaaaaaaaaaaaa\n  Problem: it has 25 characters\n",
		},
		{
			name:   "a domain without its zone",
			config: map[string]string{"sallyport:domain.name": "shop.example.com"},
			want:   "sallyport:domain.name = shop.example.com\n  Problem: domain.zoneId is not set: set both, or neither\n",
		},
		{
			name:   "a zone without a domain",
			config: map[string]string{"sallyport:domain.zoneId": "Z0123456789ABCDEFGHIJ"},
			want:   "sallyport:domain.zoneId = Z0123456789ABCDEFGHIJ\n  Problem: domain.name is not set: set both, or neither\n",
		},
		{
			name:   "a zone's name for its id",
			config: map[string]string{"sallyport:domain.name": "shop.example.com", "sallyport:domain.zoneId": "example.com"},
			want:   "sallyport:domain.zoneId = example.com\n  Problem: it is not the id of a hosted zone\n",
		},
		{
			name:   "a wildcard for a domain",
			config: map[string]string{"sallyport:domain.name": "*.example.com", "sallyport:domain.zoneId": "Z1"},
			want:   "sallyport:domain.name = *.example.com\n  Problem: it is a wildcard\n",
		},
		{
			name:   "a URL for a domain",
			config: map[string]string{"sallyport:domain.name": "https://Shop.example.com/", "sallyport:domain.zoneId": "Z1"},
			want: "sallyport:domain.name = https://Shop.example.com/\n  Problem: \"com/\" is not 1 to 63 lower-case letters, digits and hyphens, none of these first or last; " +
				"\"https://Shop\" is not 1 to 63 lower-case letters, digits and hyphens, none of these first or last\n",
		},
		{
			name:   "a domain of one label, with a dot behind it",
			config: map[string]string{"sallyport:domain.name": "example.", "sallyport:domain.zoneId": "Z1"},
			want:   "sallyport:domain.name = example.\n  Problem: it has nothing before, between or after two dots\n",
		},
		{
			name:   "a domain longer than a certificate's first name",
			config: map[string]string{"sallyport:domain.name": strings.Repeat("a", 53) + ".example.com", "sallyport:domain.zoneId": "Z1"},
			want:   "sallyport:domain.name = " + strings.Repeat("a", 53) + ".example.com\n  Problem: it has 65 characters\n",
		},
		{
			name:   "a label of 64 characters",
			config: map[string]string{"sallyport:loadBalancer.serverName": strings.Repeat("a", 64) + ".example.com", "sallyport:loadBalancer.certificateArn": certificate},
			want: "sallyport:loadBalancer.serverName = " + strings.Repeat("a", 64) + ".example.com\n  Problem: \"" + strings.Repeat("a", 64) +
				"\" is not 1 to 63 lower-case letters, digits and hyphens, none of these first or last\n",
		},
		{
			name:   "a certificate without the name to look for in it",
			config: map[string]string{"sallyport:loadBalancer.certificateArn": certificate},
			want:   "sallyport:loadBalancer.certificateArn = " + certificate + "\n  Problem: loadBalancer.serverName is not set: set both, or neither\n",
		},
		{
			name: "a certificate of another region",
			config: map[string]string{"sallyport:loadBalancer.serverName": "inside.example.com",
				"sallyport:loadBalancer.certificateArn": strings.Replace(certificate, "us-east-1", "eu-west-1", 1)},
			want: "sallyport:loadBalancer.certificateArn = " + strings.Replace(certificate, "us-east-1", "eu-west-1", 1) +
				"\n  Problem: it is in eu-west-1, and the stack in us-east-1\n",
		},
		{
			name:   "a web ACL for CloudFront",
			config: map[string]string{"sallyport:loadBalancer.webAclArn": "arn:aws:wafv2:us-east-1:123456789012:global/webacl/shop/12345678-1234-1234-1234-123456789012"},
			want: "sallyport:loadBalancer.webAclArn = arn:aws:wafv2:us-east-1:123456789012:global/webacl/shop/12345678-1234-1234-1234-123456789012\n" +
				"  Problem: it is not the ARN of a regional web ACL\n",
		},
		{
			name:   "a web ACL of another region",
			config: map[string]string{"sallyport:loadBalancer.webAclArn": "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/shop/12345678-1234-1234-1234-123456789012"},
			want: "sallyport:loadBalancer.webAclArn = arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/shop/12345678-1234-1234-1234-123456789012\n" +
				"  Problem: it is in eu-west-1, and the stack in us-east-1\n",
		},
		{
			name:   "a name of one character",
			config: map[string]string{"sallyport:name": "a"},
			want:   "sallyport:name = a\n  Problem: it has less than two characters\n",
		},
		{
			name:   "a name that the load balancer keeps for itself",
			config: map[string]string{"sallyport:name": "internal-app"},
			want:   "sallyport:name = internal-app\n  Problem: it starts with internal-\n",
		},
		{
			name:   "a name that security groups keep for themselves",
			config: map[string]string{"sallyport:name": "sg-app"},
			want:   "sallyport:name = sg-app\n  Problem: it starts with sg-\n",
		},
		{
			name:   "a name that starts with a digit",
			config: map[string]string{"sallyport:name": "1app"},
			want:   "sallyport:name = 1app\n  Problem: it is not made of lower-case letters, digits and single hyphens between them, with a letter first\n",
		},
		{
			name:   "a name that ends in a hyphen",
			config: map[string]string{"sallyport:name": "app-"},
			want:   "sallyport:name = app-\n  Problem: it is not made of lower-case letters, digits and single hyphens between them, with a letter first\n",
		},
		{
			name:   "a doubled hyphen, which ECR refuses",
			config: map[string]string{"sallyport:name": "a--b"},
			want:   "sallyport:name = a--b\n  Problem: it is not made of lower-case letters, digits and single hyphens between them, with a letter first\n",
		},
		{
			name:   "a switch that is neither on nor off",
			config: map[string]string{"sallyport:protected": "yes"},
			want:   "sallyport:protected = yes\n  Problem: it is neither true nor false\n",
		},
		{
			name:   "tags that are no object",
			config: map[string]string{"sallyport:tags": "team=web"},
			want:   "sallyport:tags = team=web\n  Problem: it is not an object of names and values\n",
		},
		{
			name:   "every wrong tag",
			config: map[string]string{"sallyport:tags": `{"aws:a":"","":"","b":1.10,"c!":"","d":"?","e":null}`},
			want: "sallyport:tags = {\"aws:a\":\"\",\"\":\"\",\"b\":1.10,\"c!\":\"\",\"d\":\"?\",\"e\":null}\n" +
				"  Problem: the value of \"b\" is not text: write it in quotes; the value of \"e\" is not text: write it in quotes; " +
				"the key \"\" has 0 characters; the key \"aws:a\" starts with aws:; the key \"c!\" has characters that AWS refuses; " +
				"the value of \"d\" has characters that AWS refuses\n",
		},
		{
			name:   "tags that differ by case alone, from each other and from a default one",
			config: map[string]string{"sallyport:tags": `{"Team":"a","team":"b","STACK":"c"}`},
			want: "sallyport:tags = {\"Team\":\"a\",\"team\":\"b\",\"STACK\":\"c\"}\n" +
				"  Problem: the keys \"STACK\" and \"stack\" differ by case alone, which IAM takes for one key; " +
				"the keys \"Team\" and \"team\" differ by case alone, which IAM takes for one key\n",
		},
		{
			name:   "a tag that is too long, cut in the error",
			config: map[string]string{"sallyport:tags": `{"a":"` + long + `","` + long[:129] + `":""}`},
			want: "sallyport:tags = {\"a\":\"" + long[:94] + "…\n" +
				"  Problem: the key \"" + long[:129] + "\" has 129 characters; the value of \"a\" has 257 characters\n",
		},
		{
			name:   "more tags than there is room for",
			config: map[string]string{"sallyport:tags": many},
			want:   "sallyport:tags = " + many[:100] + "…\n  Problem: there are 41\n",
		},
		{
			name:   "a network that is none",
			config: map[string]string{"sallyport:network.cidr": "10.0.0.0"},
			want:   "sallyport:network.cidr = 10.0.0.0\n  Problem: it is not an IPv4 network in CIDR notation, such as 10.0.0.0/16\n",
		},
		{
			name:   "an IPv6 network",
			config: map[string]string{"sallyport:network.cidr": "fd00::/20"},
			want:   "sallyport:network.cidr = fd00::/20\n  Problem: it is not an IPv4 network in CIDR notation, such as 10.0.0.0/16\n",
		},
		{
			name:   "an address instead of its network",
			config: map[string]string{"sallyport:network.cidr": "10.1.2.3/16"},
			want:   "sallyport:network.cidr = 10.1.2.3/16\n  Problem: it is an address inside the network 10.1.0.0/16\n",
		},
		{
			name:   "a network that is larger than a VPC",
			config: map[string]string{"sallyport:network.cidr": "10.0.0.0/8"},
			want:   "sallyport:network.cidr = 10.0.0.0/8\n  Problem: it is larger than a VPC can be\n",
		},
		{
			name:   "a network that is smaller than a VPC",
			config: map[string]string{"sallyport:network.cidr": "10.0.0.0/29"},
			want:   "sallyport:network.cidr = 10.0.0.0/29\n  Problem: it is smaller than a VPC can be\n",
		},
		{
			name:   "someone else's addresses",
			config: map[string]string{"sallyport:network.cidr": "172.32.0.0/16"},
			want:   "sallyport:network.cidr = 172.32.0.0/16\n  Problem: it is not private: someone on the internet may own these addresses\n",
		},
		{
			name:   "a network with too little room for two zones",
			config: map[string]string{"sallyport:network.cidr": "10.0.0.0/25"},
			want:   "sallyport:network.cidr = 10.0.0.0/25\n  Problem: cut for a network.zones of 2, it leaves each subnet a /27\n",
		},
		{
			name:   "a network with too little room for three zones",
			config: map[string]string{"sallyport:network.cidr": "10.0.0.0/24", "sallyport:network.zones": "3"},
			want:   "sallyport:network.cidr = 10.0.0.0/24\n  Problem: cut for a network.zones of 3, it leaves each subnet a /27\n",
		},
		{
			name:   "more tasks than the subnets have addresses for",
			config: map[string]string{"sallyport:network.cidr": "10.0.0.0/24", "sallyport:app.count": "51"},
			want: relation("sallyport:app.count = 51", "the private subnets of 10.0.0.0/24 have 100 addresses for tasks, and a deployment needs two for each",
				"1 to 50 with this network.cidr"),
		},
		{
			name:   "one zone",
			config: map[string]string{"sallyport:network.zones": "1"},
			want:   "sallyport:network.zones = 1\n  Problem: it is less than 2\n",
		},
		{
			name:   "seven zones",
			config: map[string]string{"sallyport:network.zones": "7"},
			want:   "sallyport:network.zones = 7\n  Problem: it is more than 6\n",
		},
		{
			name:   "an egress that isn't offered",
			config: map[string]string{"sallyport:network.egress": "instance"},
			want:   "sallyport:network.egress = instance\n  Problem: it is none of the values allowed\n",
		},
		{
			name:   "no way out for tasks that are waited for",
			config: map[string]string{"sallyport:network.egress": "none"},
			want: relation("sallyport:network.egress = none", "no task can pull its image or open its log, so that an update would wait for "+
				"app.deploymentTimeout and fail, as app.waitForSteadyState is on",
				"nat, nat-per-zone, endpoints or none; none goes with app.waitForSteadyState=false alone"),
		},
		{
			name:   "the name of a VPC",
			config: map[string]string{"sallyport:network.vpcId": "main", "sallyport:network.privateSubnetIds": `["subnet-12345678","subnet-12345679"]`},
			want:   "sallyport:network.vpcId = main\n  Problem: it doesn't look like the id of a VPC, such as vpc-0123456789abcdef0\n",
		},
		{
			name:   "a VPC without subnets",
			config: map[string]string{"sallyport:network.vpcId": "vpc-12345678"},
			want:   "sallyport:network.vpcId = vpc-12345678\n  Problem: it needs network.privateSubnetIds, which is not set\n",
		},
		{
			name:   "subnets without a VPC",
			config: map[string]string{"sallyport:network.privateSubnetIds": `["subnet-12345678","subnet-12345679"]`},
			want: "sallyport:network.privateSubnetIds = [\"subnet-12345678\",\"subnet-12345679\"]\n" +
				"  Problem: it needs network.vpcId, which is not set\n",
		},
		{
			name:   "every wrong subnet",
			config: map[string]string{"sallyport:network.vpcId": "vpc-12345678", "sallyport:network.privateSubnetIds": `["subnet-12345678","subnet-12345678","a"]`},
			want: "sallyport:network.privateSubnetIds = [\"subnet-12345678\",\"subnet-12345678\",\"a\"]\n  Problem: " +
				"\"a\" doesn't look like the id of a subnet, such as subnet-0123456789abcdef0; \"subnet-12345678\" is there twice\n",
		},
		{
			name:   "one subnet, which is one zone",
			config: map[string]string{"sallyport:network.vpcId": "vpc-12345678", "sallyport:network.privateSubnetIds": `["subnet-12345678"]`},
			want:   "sallyport:network.privateSubnetIds = [\"subnet-12345678\"]\n  Problem: there are 1\n",
		},
		{
			name:   "addresses for a VPC that has its own",
			config: inVPC("sallyport:network.cidr", "10.1.0.0/16"),
			want:   "sallyport:network.cidr = 10.1.0.0/16\n  Problem: with network.vpcId the addresses are those of the VPC\n",
		},
		{
			name:   "a number of zones beside a list of subnets",
			config: inVPC("sallyport:network.zones", "3"),
			want:   "sallyport:network.zones = 3\n  Problem: with network.vpcId the zones are those of network.privateSubnetIds\n",
		},
		{
			name:   "a way out for a VPC that has its own",
			config: inVPC("sallyport:network.egress", "endpoints"),
			want: "sallyport:network.egress = endpoints\n  Problem: with network.vpcId the way out is what the VPC has: its routes are not this " +
				"stack's to change, and an interface endpoint would take its service's name for everything else in the VPC\n",
		},
		{
			name:   "a flow log for a VPC that has an owner",
			config: inVPC("sallyport:network.flowLogs", "ALL"),
			want:   "sallyport:network.flowLogs = ALL\n  Problem: with network.vpcId the flow log is the VPC owner's business\n",
		},
		{
			name:   "a VPC link to a VPC that is not there yet",
			config: map[string]string{"sallyport:gateway.vpcLinkId": "abcd12"},
			want:   "sallyport:gateway.vpcLinkId = abcd12\n  Problem: it needs network.vpcId, which is not set\n",
		},
		{
			name:   "the ARN of a VPC link",
			config: inVPC("sallyport:gateway.vpcLinkId", "arn:aws:apigateway:us-east-1::/vpclinks/abcd12"),
			want: "sallyport:gateway.vpcLinkId = arn:aws:apigateway:us-east-1::/vpclinks/abcd12\n" +
				"  Problem: it doesn't look like the id of a VPC link, such as abcd12\n",
		},
		{
			name:   "the ARN of a cluster",
			config: map[string]string{"sallyport:cluster.name": "arn:aws:ecs:us-east-1:123456789012:cluster/shared"},
			want: "sallyport:cluster.name = arn:aws:ecs:us-east-1:123456789012:cluster/shared\n" +
				"  Problem: it is not made of at most 255 letters, digits, hyphens and underscores\n",
		},
		{
			name:   "insights into a cluster of others",
			config: map[string]string{"sallyport:cluster.name": "shared", "sallyport:cluster.containerInsights": "true"},
			want:   "sallyport:cluster.containerInsights = true\n  Problem: with cluster.name it is the cluster's own setting\n",
		},
		{
			name:   "a flow log of accepted traffic only",
			config: map[string]string{"sallyport:network.flowLogs": "ACCEPT"},
			want:   "sallyport:network.flowLogs = ACCEPT\n  Problem: it is none of the values allowed\n",
		},
		{
			name:   "an idle timeout that no load balancer has",
			config: map[string]string{"sallyport:loadBalancer.idleTimeout": "4001"},
			want:   "sallyport:loadBalancer.idleTimeout = 4001\n  Problem: it is more than 4000\n",
		},
		{
			name:   "AWS's own deregistration delay, which Fargate doesn't wait for",
			config: map[string]string{"sallyport:loadBalancer.deregistrationDelay": "300"},
			want:   "sallyport:loadBalancer.deregistrationDelay = 300\n  Problem: it is more than 119\n",
		},
		{
			name:   "a gateway timeout beyond the quota",
			config: map[string]string{"sallyport:gateway.timeout": "31"},
			want:   "sallyport:gateway.timeout = 31\n  Problem: it is more than 30\n",
		},
		{
			name:   "a burst of zero, which refuses everything",
			config: map[string]string{"sallyport:gateway.throttleBurst": "0"},
			want:   "sallyport:gateway.throttleBurst = 0\n  Problem: it is less than 1\n",
		},
		{
			name:   "a rate beyond the account's",
			config: map[string]string{"sallyport:gateway.throttleRate": "10001"},
			want:   "sallyport:gateway.throttleRate = 10001\n  Problem: it is more than 10000\n",
		},
		{
			name:   "a context that isn't there",
			config: map[string]string{"sallyport:app.context": "nowhere"},
			want:   "sallyport:app.context = nowhere\n  Problem: there is no such directory\n",
		},
		{
			name:   "a context without a Dockerfile",
			config: map[string]string{"sallyport:app.context": "."},
			want:   "sallyport:app.context = .\n  Problem: it holds no Dockerfile\n",
		},
		{
			name:   "a context that is a file",
			config: map[string]string{"sallyport:app.context": "webapp/Dockerfile"},
			want:   "sallyport:app.context = webapp/Dockerfile\n  Problem: it is not a directory\n",
		},
		{
			name:   "a build argument that a Dockerfile can't declare",
			config: map[string]string{"sallyport:app.buildArgs": `{"BASE-IMAGE":"x"}`},
			want:   "sallyport:app.buildArgs = {\"BASE-IMAGE\":\"x\"}\n  Problem: \"BASE-IMAGE\" can't be the name of an ARG\n",
		},
		{
			name:   "the build argument that is the program's own",
			config: map[string]string{"sallyport:app.buildArgs": `{"BUILD_ID":"1"}`},
			want:   "sallyport:app.buildArgs = {\"BUILD_ID\":\"1\"}\n  Problem: BUILD_ID is set by the program, to the image's tag\n",
		},
		{
			name:   "a processor by its other name",
			config: map[string]string{"sallyport:app.architecture": "amd64"},
			want:   "sallyport:app.architecture = amd64\n  Problem: it is none of the values allowed\n",
		},
		{
			name:   "CPU units with a unit",
			config: map[string]string{"sallyport:app.cpu": "256m"},
			want:   "sallyport:app.cpu = 256m\n  Problem: it is not a whole number\n",
		},
		{
			name:   "CPU units that Fargate doesn't have",
			config: map[string]string{"sallyport:app.cpu": "300"},
			want:   "sallyport:app.cpu = 300\n  Problem: it is none of the values allowed\n",
		},
		{
			name:   "too much memory for the CPU",
			config: map[string]string{"sallyport:app.memory": "4096"},
			want: relation("sallyport:app.memory = 4096", "it doesn't go with an app.cpu of 256",
				"512, 1024 or 2048 MiB with an app.cpu of 256; the cheapest app.cpu for 4096 MiB is 512"),
		},
		{
			name:   "too little memory for the CPU, by default",
			config: map[string]string{"sallyport:app.cpu": "1024"},
			want: relation("sallyport:app.memory = 512 (the default)", "it doesn't go with an app.cpu of 1024",
				"2048 to 8192 MiB in steps of 1024 with an app.cpu of 1024; the cheapest app.cpu for 512 MiB is 256"),
		},
		{
			name:   "memory that goes with no CPU",
			config: map[string]string{"sallyport:app.memory": "3000"},
			want: relation("sallyport:app.memory = 3000", "it doesn't go with an app.cpu of 256",
				"512, 1024 or 2048 MiB with an app.cpu of 256; no app.cpu goes with 3000 MiB"),
		},
		{
			name:   "no task at all",
			config: map[string]string{"sallyport:app.count": "0"},
			want:   "sallyport:app.count = 0\n  Problem: it is less than 1\n",
		},
		{
			name:   "a port that only root may open",
			config: map[string]string{"sallyport:app.port": "80"},
			want:   "sallyport:app.port = 80\n  Problem: it is less than 1024\n",
		},
		{
			name:   "a port that doesn't exist",
			config: map[string]string{"sallyport:app.port": "65536"},
			want:   "sallyport:app.port = 65536\n  Problem: it is more than 65535\n",
		},
		{
			name:   "everything that is wrong with a health path",
			config: map[string]string{"sallyport:app.healthPath": "api health#top" + strings.Repeat("x", 1024)},
			want: "sallyport:app.healthPath = api health#top" + strings.Repeat("x", 86) + "…\n  Problem: it doesn't start with /; " +
				"it has 1038 characters; it has a fragment (#), which no server ever sees; it has spaces or characters that must be percent-encoded\n",
		},
		{
			name: "every wrong probe",
			config: map[string]string{
				"sallyport:app.probes": `["/","get /","PUT /a","GET","GET  /b","POST c#d","POST /e","POST /e","GET /f"]`,
			},
			want: `sallyport:app.probes = ["/","get /","PUT /a","GET","GET  /b","POST c#d","POST /e","POST /e","GET /f"]` + "\n  Problem: " +
				`"/" doesn't start with GET or POST and a space; "POST /e" is there twice; "PUT /a" doesn't start with GET or POST and a space; ` +
				`"get /" doesn't start with GET or POST and a space; ` +
				`the path of "GET  /b": it doesn't start with /; it has spaces or characters that must be percent-encoded; ` +
				`the path of "GET": it doesn't start with /; ` +
				`the path of "POST c#d": it doesn't start with /; it has a fragment (#), which no server ever sees` + "\n",
		},
		{
			name:   "a probe of a long path, which is not repeated in full",
			config: map[string]string{"sallyport:app.probes": `["GET /` + strings.Repeat("x", 1024) + `"]`},
			want: `sallyport:app.probes = ["GET /` + strings.Repeat("x", 93) + "…\n  Problem: " +
				`the path of "GET /` + strings.Repeat("x", 95) + `": it has 1025 characters` + "\n",
		},
		{
			name:   "a negative grace period",
			config: map[string]string{"sallyport:app.healthGrace": "-1"},
			want:   "sallyport:app.healthGrace = -1\n  Problem: it is less than 0\n",
		},
		{
			name:   "a keep-alive beyond Node's timers",
			config: map[string]string{"sallyport:app.keepAlive": "2147484"},
			want:   "sallyport:app.keepAlive = 2147484\n  Problem: it is more than 2147483\n",
		},
		{
			name:   "a stop timeout beyond Fargate's",
			config: map[string]string{"sallyport:app.stopTimeout": "121"},
			want:   "sallyport:app.stopTimeout = 121\n  Problem: it is more than 120\n",
		},
		{
			name:   "root",
			config: map[string]string{"sallyport:app.user": "0"},
			want:   "sallyport:app.user = 0\n  Problem: 0 is root\n",
		},
		{
			name:   "root's group",
			config: map[string]string{"sallyport:app.user": "10001:0"},
			want:   "sallyport:app.user = 10001:0\n  Problem: 0 is root\n",
		},
		{
			name:   "a user by name",
			config: map[string]string{"sallyport:app.user": "node"},
			want:   "sallyport:app.user = node\n  Problem: it is not a number, or two with a colon between them\n",
		},
		{
			name:   "an id that doesn't fit",
			config: map[string]string{"sallyport:app.user": "2147483648"},
			want:   "sallyport:app.user = 2147483648\n  Problem: an id is more than 2147483647\n",
		},
		{
			name:   "every wrong path",
			config: map[string]string{"sallyport:app.writablePaths": `["/","tmp","/a/","/b:ro","/c","/c"]`},
			want: "sallyport:app.writablePaths = [\"/\",\"tmp\",\"/a/\",\"/b:ro\",\"/c\",\"/c\"]\n  Problem: \"/\" would make the whole file system writable; " +
				"\"/a/\" should be written \"/a\"; \"/b:ro\" has characters that a mount point can't have; \"/c\" is there twice; \"tmp\" is not absolute\n",
		},
		{
			name:   "a retention that CloudWatch Logs doesn't know",
			config: map[string]string{"sallyport:logs.retention": "45"},
			want:   "sallyport:logs.retention = 45\n  Problem: it is none of the values allowed\n",
		},
		{
			name:   "a load balancer that gives up before the gateway",
			config: map[string]string{"sallyport:loadBalancer.idleTimeout": "30"},
			want: relation("sallyport:loadBalancer.idleTimeout = 30", "it must be more than gateway.timeout, which is 30",
				"31 seconds or more, or less for gateway.timeout"),
		},
		{
			name:   "an app that hangs up before the load balancer",
			config: map[string]string{"sallyport:app.keepAlive": "60"},
			want: relation("sallyport:app.keepAlive = 60", "it must be more than loadBalancer.idleTimeout, which is 60",
				"61 seconds or more, or less for loadBalancer.idleTimeout"),
		},
		{
			name:   "a deregistration that cuts requests",
			config: map[string]string{"sallyport:loadBalancer.deregistrationDelay": "29"},
			want: relation("sallyport:loadBalancer.deregistrationDelay = 29", "it must be at least gateway.timeout, which is 30",
				"30 seconds or more, or less for gateway.timeout"),
		},
		{
			name:   "a task that is killed before it is deregistered",
			config: map[string]string{"sallyport:app.stopTimeout": "30"},
			want: relation("sallyport:app.stopTimeout = 30", "it must be more than loadBalancer.deregistrationDelay, which is 30",
				"31 seconds or more, or less for loadBalancer.deregistrationDelay"),
		},
		{
			name:   "a maximum that is no more than the count",
			config: map[string]string{"sallyport:scaling.max": "3", "sallyport:app.count": "3"},
			want: relation("sallyport:scaling.max = 3", "it must be more than app.count, which is 3",
				"0, or up to 500 and more than app.count"),
		},
		{
			name:   "a maximum that the network has no room for",
			config: map[string]string{"sallyport:scaling.max": "51", "sallyport:network.cidr": "10.0.0.0/24"},
			want: relation("sallyport:scaling.max = 51", "the private subnets of 10.0.0.0/24 have 100 addresses for tasks, and a deployment needs two for each",
				"1 to 50 with this network.cidr"),
		},
		{
			name:   "a target without a maximum",
			config: map[string]string{"sallyport:scaling.targetRequests": "600"},
			want:   "sallyport:scaling.targetRequests = 600\n  Problem: it has no effect without scaling.max\n",
		},
		{
			name:   "a target that the tasks never get past",
			config: map[string]string{"sallyport:scaling.targetCpu": "91", "sallyport:scaling.max": "2"},
			want:   "sallyport:scaling.targetCpu = 91\n  Problem: it is more than 90\n",
		},
		{
			name:   "a stack that nothing wakes",
			config: map[string]string{"sallyport:scaling.park": "cron(0 20 ? * MON-FRI *)"},
			want:   "sallyport:scaling.wake = \"\" (the default)\n  Problem: nothing would start the tasks that scaling.park stops\n",
		},
		{
			name:   "a stack that nothing parks",
			config: map[string]string{"sallyport:scaling.wake": "cron(0 7 ? * MON-FRI *)"},
			want:   "sallyport:scaling.wake = cron(0 7 ? * MON-FRI *)\n  Problem: it has no effect without scaling.park\n",
		},
		{
			name:   "parked and woken at the same time",
			config: map[string]string{"sallyport:scaling.park": "cron(0 7 ? * MON-FRI *)", "sallyport:scaling.wake": "cron(0 7 ?  * MON-FRI *)"},
			want:   "sallyport:scaling.wake = cron(0 7 ?  * MON-FRI *)\n  Problem: it is the time of scaling.park\n",
		},
		{
			name:   "the five fields of Unix",
			config: map[string]string{"sallyport:scaling.park": "0 20 * * 1-5", "sallyport:scaling.wake": "cron(0 7 ? * MON-FRI *)"},
			want:   "sallyport:scaling.park = 0 20 * * 1-5\n  Problem: it is not cron(…) with six fields\n",
		},
		{
			name:   "every wrong field of a cron expression",
			config: map[string]string{"sallyport:scaling.park": "cron(60 7-24 * FOO MON-FRI 1969)", "sallyport:scaling.wake": "cron(0 7 ? * MON-FRI *)"},
			want: "sallyport:scaling.park = cron(60 7-24 * FOO MON-FRI 1969)\n  Problem: \"1969\" is no year; \"60\" is no minutes; \"7-24\" is no hours; " +
				"\"FOO\" is no month; of the day of the month and the day of the week exactly one must be ?\n",
		},
		{
			name: "a time zone by its abbreviation",
			config: map[string]string{"sallyport:scaling.timezone": "BST", "sallyport:scaling.park": "cron(0 20 ? * MON-FRI *)",
				"sallyport:scaling.wake": "cron(0 7 ? * MON-FRI *)"},
			want: "sallyport:scaling.timezone = BST\n  Problem: there is no such time zone\n",
		},
		{
			name:   "a time zone of nothing",
			config: map[string]string{"sallyport:scaling.timezone": "Europe/Berlin"},
			want:   "sallyport:scaling.timezone = Europe/Berlin\n  Problem: it has no effect without scaling.park\n",
		},
		{
			name:   "a Spot share that no task is of",
			config: map[string]string{"sallyport:app.spotPercent": "50"},
			want: relation("sallyport:app.onDemandBase = 1 (the default)", "there are at most 1 tasks, so none would run on Spot",
				"0 to 0, or more for app.count or scaling.max"),
		},
		{
			name:   "a base without a Spot share",
			config: map[string]string{"sallyport:app.onDemandBase": "2"},
			want:   "sallyport:app.onDemandBase = 2\n  Problem: it has no effect without app.spotPercent\n",
		},
		{
			name:   "all tasks on Spot, and one not",
			config: map[string]string{"sallyport:app.spotPercent": "100", "sallyport:app.count": "2"},
			want: relation("sallyport:app.spotPercent = 100", "it leaves nothing for the app.onDemandBase of 1",
				"0 to 99, or 100 with an app.onDemandBase of 0"),
		},
		{
			name:   "a key with a slip of the pen",
			config: map[string]string{"sallyport:loadbalancer.idletimeout": "61"},
			want:   "sallyport:loadbalancer.idletimeout = 61\n  Problem: there is no such setting\n  Instead: sallyport:loadBalancer.idleTimeout",
		},
		{
			name:   "a key without its group",
			config: map[string]string{"sallyport:memory": "1024"},
			want:   "sallyport:memory = 1024\n  Problem: there is no such setting\n  Instead: sallyport:app.memory",
		},
		{
			name:   "the provider's key in the project's namespace",
			config: map[string]string{"sallyport:region": "us-east-1"},
			want:   "sallyport:region = us-east-1\n  Problem: there is no such setting\n  Instead: aws:region",
		},
		{
			name:   "a key that is near to none",
			config: map[string]string{"sallyport:database": "postgres"},
			want:   "sallyport:database = postgres\n  Problem: there is no such setting\n  Instead: one of the settings in Pulumi.yaml",
		},
		{
			name:   "an object made by pulumi config set --path",
			config: map[string]string{"sallyport:app": `{"cpu":512,"healthPath":"/up"}`},
			want: "sallyport:app = {\"cpu\":512,\"healthPath\":\"/up\"}\n" +
				"  Problem: it is an object, as pulumi config set --path makes it, while every setting has a key of its own with dots in it\n" +
				"  Instead: without --path, or in the stack file: sallyport:app.cpu: 512, sallyport:app.healthPath: \"/up\"",
		},
		{
			name:   "a slip of the pen in a key of the provider",
			config: map[string]string{"aws:regoin": "us-east-1"},
			want:   "aws:regoin = us-east-1\n  Problem: it would be ignored without a word\n",
		},
		{
			name:   "a topic by its name",
			config: map[string]string{"sallyport:alarms.enabled": "true", "sallyport:alarms.topicArn": "alarms"},
			want:   "sallyport:alarms.topicArn = alarms\n  Problem: it is not the ARN of an SNS topic, such as arn:aws:sns:us-east-1:123456789012:alarms\n",
		},
		{
			name:   "a FIFO topic",
			config: map[string]string{"sallyport:alarms.enabled": "true", "sallyport:alarms.topicArn": "arn:aws:sns:us-east-1:123456789012:alarms.fifo"},
			want:   "sallyport:alarms.topicArn = arn:aws:sns:us-east-1:123456789012:alarms.fifo\n  Problem: it is a FIFO topic's\n",
		},
		{
			name:   "a topic in another Region",
			config: map[string]string{"sallyport:alarms.enabled": "true", "sallyport:alarms.topicArn": "arn:aws:sns:us-west-1:123456789012:alarms"},
			want: relation("sallyport:alarms.topicArn = arn:aws:sns:us-west-1:123456789012:alarms",
				"the topic is in us-west-1, and the stack in us-east-1", "the ARN of a standard SNS topic in aws:region"),
		},
		{
			name:   "a topic without alarms",
			config: map[string]string{"sallyport:alarms.topicArn": "arn:aws:sns:us-east-1:123456789012:alarms"},
			want:   "sallyport:alarms.topicArn = arn:aws:sns:us-east-1:123456789012:alarms\n  Problem: there are no alarms: alarms.enabled is false\n",
		},
		{
			name:   "a latency without alarms",
			config: map[string]string{"sallyport:alarms.latencyMs": "800"},
			want:   "sallyport:alarms.latencyMs = 800\n  Problem: there are no alarms: alarms.enabled is false\n",
		},
		{
			name:   "an address that is none",
			config: map[string]string{"sallyport:alarms.enabled": "true", "sallyport:alarms.email": "ops"},
			want:   "sallyport:alarms.email = ops\n  Problem: it doesn't look like an email address\n",
		},
		{
			name:   "an address without alarms",
			config: map[string]string{"sallyport:alarms.email": "ops@example.com"},
			want:   "sallyport:alarms.email = ops@example.com\n  Problem: there are no alarms: alarms.enabled is false\n",
		},
		{
			name: "an address for somebody else's topic",
			config: map[string]string{"sallyport:alarms.enabled": "true", "sallyport:alarms.email": "ops@example.com",
				"sallyport:alarms.topicArn": "arn:aws:sns:us-east-1:123456789012:alarms"},
			want: relation("sallyport:alarms.email = ops@example.com",
				"alarms.topicArn is set too, and who subscribes to that topic is its owner's business",
				"an email address with a topic of the stack's own, else empty"),
		},
		{
			name: "a daily request that no route takes",
			config: map[string]string{"sallyport:gateway.keepWarm": "true", "sallyport:gateway.default": "deny", "sallyport:app.probes": "[]",
				"sallyport:gateway.routes": `[{"path":"/shop"}]`},
			want: relation("sallyport:gateway.keepWarm = true",
				"GET /api/health doesn't go through the VPC link: no route takes it, and gateway.default is deny",
				"true where gateway.routes and gateway.default pass the request to the container for anyone, else false"),
		},
		{
			name: "a daily request that a function answers",
			config: map[string]string{"sallyport:gateway.keepWarm": "true",
				"sallyport:gateway.routes": `[{"path":"/api/health","target":"arn:aws:lambda:us-east-1:123456789012:function:health"}]`},
			want: "sallyport:gateway.keepWarm = true\n  Problem: GET /api/health doesn't go through the VPC link: route 1",
		},
		{
			name:   "no latency at all",
			config: map[string]string{"sallyport:alarms.latencyMs": "0"},
			want:   "sallyport:alarms.latencyMs = 0\n  Problem: it is less than 1\n",
		},
		{
			name:   "a rollback by alarms that are not there",
			config: map[string]string{"sallyport:alarms.rollback": "true"},
			want:   "sallyport:alarms.rollback = true\n  Problem: there are no alarms: alarms.enabled is false\n",
		},
		{
			name:   "a key that only a default provider reads",
			config: map[string]string{"aws:skipMetadataApiCheck": "true"},
			want:   "aws:skipMetadataApiCheck = true\n  Problem: it would be ignored without a word\n",
		},
		{
			name:   "credentials, which no error repeats",
			config: map[string]string{"aws:secretKey": "hush"},
			want:   "aws:secretKey = [hidden]\n  Problem: it would be ignored without a word\n",
		},
		{
			name:   "control characters, which no terminal should see",
			config: map[string]string{"sallyport:name": "a\x1b[2J"},
			want:   "sallyport:name = \"a\\x1b[2J\"\n  Problem: it is not made of lower-case letters, digits and single hyphens between them, with a letter first\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			stack := c.stack
			if stack == "" {
				stack = "dev"
			}
			_, err := load(t, stack, with(c.config))
			problems := problemsOf(t, err)
			if len(problems) != 1 {
				t.Errorf("got %d problems, want 1", len(problems))
			}
			if got := problems[0] + "\n"; !strings.HasPrefix(got, c.want) {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

func TestAProblemTellsWhatIsAllowedAndWhy(t *testing.T) {
	_, err := load(t, "dev", with(map[string]string{"sallyport:app.stopTimeout": "121"}))
	want := `stack dev: 1 setting can't be used

sallyport:app.stopTimeout = 121
  Problem: it is more than 120
  Allowed: 1 to 120 seconds, more than loadBalancer.deregistrationDelay
  Why:     120 seconds are the most that Fargate waits.
           https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html`
	if err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
}

func TestAnIgnoredKeyOfTheProviderTellsWhatToWriteInstead(t *testing.T) {
	for key, want := range map[string]string{
		"aws:accessKey":            "aws:profile, or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN in the environment",
		"aws:defaultTags":          "sallyport:tags",
		"aws:endpoints":            "AWS_ENDPOINT_URL in the environment",
		"aws:maxRetry":             "aws:maxRetries",
		"aws:skipMetadataApiCheck": "an AWS_ variable in the environment, a profile in the shared AWS configuration files, or the provider in main.go",
	} {
		_, err := load(t, "dev", with(map[string]string{key: "x"}))
		if err == nil || !strings.HasSuffix(err.Error(), "\n  Instead: "+want) {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestASecretIsNotRepeated(t *testing.T) {
	t.Setenv("PULUMI_CONFIG_SECRET_KEYS", `["sallyport:app.port"]`)
	_, err := load(t, "dev", with(map[string]string{"sallyport:app.port": "80"}))
	if got := problemsOf(t, err)[0]; !strings.HasPrefix(got, "sallyport:app.port = [secret]\n") {
		t.Error(got)
	}
}

// One stack with a mistake of every kind: a first run tells them all.
func TestAllProblemsComeAtOnce(t *testing.T) {
	_, err := load(t, "a-stack-with-a-long-name", map[string]string{
		"sallyport:app.cpu":                   "256m",
		"sallyport:app.memory":                "4096",
		"sallyport:app.prot":                  "3000",
		"sallyport:logs.retention":            "31",
		"sallyport:network":                   `{"zones":3}`,
		"sallyport:network.cidr":              "8.8.0.0/16",
		"sallyport:app.keepAlive":             "5",
		"sallyport:app.writablePaths":         `{}`,
		"sallyport:cluster.containerInsights": "on",
		"aws:defaultTags":                     `{}`,
		"docker:host":                         "another provider's business",
		"pulumi:tags":                         `{}`,
	})
	var got []string
	for _, p := range problemsOf(t, err) {
		key, _, _ := strings.Cut(p, " ")
		got = append(got, key)
	}
	want := []string{
		"aws:region", "sallyport:network.cidr", "sallyport:app.cpu", "sallyport:app.writablePaths", "sallyport:logs.retention",
		"sallyport:cluster.containerInsights", "sallyport:name", "sallyport:app.keepAlive",
		"aws:defaultTags", "sallyport:app.prot", "sallyport:network",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if first, _, _ := strings.Cut(err.Error(), "\n"); first != "stack a-stack-with-a-long-name: 11 settings can't be used" {
		t.Error(first)
	}
}
