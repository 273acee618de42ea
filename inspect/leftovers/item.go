// Package leftovers finds what is still there of a stack, by its tags, once it should be gone.
package leftovers

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// Item is one resource that is left.
type Item struct {
	Kind string // AWS's own name in plain words: NAT gateway
	ID   string // what AWS and Pulumi identify it by: an id, an ARN or a name
	Name string // its name, where it has one beside the ID
	// Costs is the list price of us-east-1; empty where it costs nothing by itself.
	Costs string
	Why   string // why it may have been left, where that is known
	// Delete is the command of the AWS CLI that deletes it; empty where that is not to be done by hand.
	Delete string
	// Kept tells that the stack's settings ask for it to stay, so that nobody need wait for it or delete it.
	Kept bool
}

// Unwanted are those that should be gone.
func Unwanted(items []Item) []Item {
	return slices.DeleteFunc(slices.Clone(items), func(i Item) bool { return i.Kept })
}

const (
	natGateway       = "NAT gateway"
	loadBalancer     = "load balancer"
	vpcEndpoint      = "VPC endpoint"
	ecsService       = "ECS service"
	ecsTask          = "ECS task"
	elasticIP        = "elastic IP address"
	ecrRepository    = "ECR repository"
	logGroup         = "log group"
	dynamodbTable    = "DynamoDB table"
	dashboard        = "CloudWatch dashboard"
	alarm            = "CloudWatch alarm"
	httpAPI          = "HTTP API"
	restAPI          = "REST API"
	vpcLink          = "VPC link"
	usagePlan        = "usage plan"
	apiKey           = "API key"
	domainName       = "custom domain name"
	certificate      = "ACM certificate"
	topic            = "SNS topic"
	eventRule        = "EventBridge rule"
	apiDestination   = "EventBridge API destination"
	connection       = "EventBridge connection"
	scalableTarget   = "scalable target"
	targetGroup      = "target group"
	ecsCluster       = "ECS cluster"
	taskDefinition   = "task definition"
	flowLog          = "flow log"
	networkInterface = "network interface"
	securityGroup    = "security group"
	subnet           = "subnet"
	routeTable       = "route table"
	internetGateway  = "internet gateway"
	vpc              = "VPC"
	iamPolicy        = "IAM policy"
	iamRole          = "IAM role"
)

// kinds are in the order of what they cost, the most first; those that cost nothing are in the order in which AWS lets
// them be deleted.
var kinds = []string{
	natGateway, loadBalancer, vpcEndpoint, ecsService, ecsTask, elasticIP, dashboard, dynamodbTable, ecrRepository, alarm, logGroup,
	domainName, certificate, eventRule, apiDestination, connection, topic, scalableTarget, httpAPI, restAPI, usagePlan, apiKey, vpcLink, targetGroup,
	ecsCluster, taskDefinition, flowLog, networkInterface, securityGroup, subnet,
	routeTable, internetGateway, vpc, iamPolicy, iamRole,
}

// sortItems puts what costs most first; then by kind and id.
func sortItems(items []Item) {
	free := func(i Item) int {
		if i.Costs == "" {
			return 1
		}
		return 0
	}
	slices.SortFunc(items, func(a, b Item) int {
		return cmp.Or(
			cmp.Compare(free(a), free(b)),
			cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)),
			cmp.Compare(a.ID, b.ID),
		)
	})
}

// List prices of us-east-1 in US dollars, noted in 2026.
const (
	natGatewayHour   = 0.045  // https://aws.amazon.com/vpc/pricing/
	publicIPv4Hour   = 0.005  // https://aws.amazon.com/vpc/pricing/
	loadBalancerHour = 0.0225 // of either kind: https://aws.amazon.com/elasticloadbalancing/pricing/
	endpointZoneHour = 0.01   // an interface endpoint, in each zone: https://aws.amazon.com/privatelink/pricing/
	tableGBMonth     = "0.25" // of items: https://aws.amazon.com/dynamodb/pricing/on-demand/
	imageGBMonth     = "0.10" // https://aws.amazon.com/ecr/pricing/
	logGBMonth       = "0.03" // stored: https://aws.amazon.com/cloudwatch/pricing/
	// https://aws.amazon.com/cloudwatch/pricing/
	dashboardMonth, alarmMonth = "3 USD a month", "0.10 USD a month for each metric"
	// Fargate on Linux: https://aws.amazon.com/fargate/pricing/
	vcpuHour, gbHour       = 0.04048, 0.004445 // X86_64
	armVCPUHour, armGBHour = 0.03238, 0.00356  // ARM64
)

// hourly says a price to four digits behind the point, since nothing here costs less than a hundredth of a cent.
func hourly(price float64) string {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(price, 'f', 4, 64), 64) // of a number, which never fails
	return strconv.FormatFloat(rounded, 'f', -1, 64) + " USD an hour"
}

// taskHour is the price of a Fargate task by AWS's own units: 1024 CPU units are one vCPU, 1024 MiB one GB.
func taskHour(cpu, memory string, arm bool) string {
	units, errCPU := strconv.ParseFloat(cpu, 64)
	mib, errMemory := strconv.ParseFloat(memory, 64)
	switch {
	case errCPU != nil || errMemory != nil:
		return "by its CPU and memory"
	case arm:
		return hourly(units/1024*armVCPUHour + mib/1024*armGBHour)
	default:
		return hourly(units/1024*vcpuHour + mib/1024*gbHour)
	}
}

// count says how many, such as 1 image or 2 images.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// size says how many bytes, in the largest unit of which there is one at least.
func size(bytes int64) string {
	amount, unit := float64(bytes), 0
	units := []string{"B", "KB", "MB", "GB", "TB"}
	for amount >= 1000 && unit < len(units)-1 {
		amount, unit = amount/1000, unit+1
	}
	return strconv.FormatFloat(amount, 'f', min(unit, 1), 64) + " " + units[unit]
}
