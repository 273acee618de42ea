package cost

import (
	"fmt"
	"math"
)

// Noted is the month that the prices are of. Where AWS has changed one since, its page is right.
const Noted = "June 2026"

// Region is the one that the prices are of. Others differ, most of them upwards.
const Region = "us-east-1"

// Hours of a month, as AWS's own calculator has it: https://aws.amazon.com/calculator/calculator-assumptions/
const Hours = 730

// price is a row of the table.
type price int

const (
	x86CPU price = iota
	x86Memory
	arm64CPU
	arm64Memory
	loadBalancer
	networkLoadBalancer
	natGateway
	publicIPv4
	interfaceEndpoint
	metric
	alarm
	dashboard
	httpRequest
	restRequest
	capacityUnit
	networkCapacityUnit
	webACLRequest
	traces
	logs
	dataOut
	natData
	endpointData
	images
	tableItems
	tableBackup
	tableWrite
	tableRead
	hostedZone
	webACL
	secret
	key
)

const (
	fargatePage    = "https://aws.amazon.com/fargate/pricing/"
	balancerPage   = "https://aws.amazon.com/elasticloadbalancing/pricing/"
	vpcPage        = "https://aws.amazon.com/vpc/pricing/"
	endpointPage   = "https://aws.amazon.com/privatelink/pricing/"
	cloudwatchPage = "https://aws.amazon.com/cloudwatch/pricing/"
	gatewayPage    = "https://aws.amazon.com/api-gateway/pricing/"
	xrayPage       = "https://aws.amazon.com/xray/pricing/"
	wafPage        = "https://aws.amazon.com/waf/pricing/"
	ec2Page        = "https://aws.amazon.com/ec2/pricing/on-demand/"
	ecrPage        = "https://aws.amazon.com/ecr/pricing/"
	route53Page    = "https://aws.amazon.com/route53/pricing/"
	secretsPage    = "https://aws.amazon.com/secrets-manager/pricing/"
	kmsPage        = "https://aws.amazon.com/kms/pricing/"
	dynamodbPage   = "https://aws.amazon.com/dynamodb/pricing/on-demand/"
)

// table has every price that the program knows, in US dollars, and the page of AWS that it is from.
var table = [...]struct {
	usd  float64
	unit string // what the price is for one of
	page string
}{
	x86CPU:              {0.04048, "vCPU-hour", fargatePage},
	x86Memory:           {0.004445, "GB-hour", fargatePage},
	arm64CPU:            {0.03238, "vCPU-hour", fargatePage},
	arm64Memory:         {0.00356, "GB-hour", fargatePage},
	loadBalancer:        {0.0225, "hour", balancerPage},
	networkLoadBalancer: {0.0225, "hour", balancerPage},
	natGateway:          {0.045, "hour", vpcPage},
	publicIPv4:          {0.005, "hour", vpcPage},
	interfaceEndpoint:   {0.01, "hour and zone", endpointPage},
	metric:              {0.30, "metric and month", cloudwatchPage}, // each of the first 10,000
	alarm:               {0.10, "metric and month", cloudwatchPage}, // each metric of an alarm, at 60 seconds or more
	dashboard:           {3.00, "month", cloudwatchPage},
	httpRequest:         {1.00, "million, each up to 512 KB", gatewayPage}, // of the first 300 million
	restRequest:         {3.50, "million", gatewayPage},                    // of the first 333 million
	capacityUnit:        {0.008, "LCU-hour", balancerPage},
	networkCapacityUnit: {0.006, "NLCU-hour", balancerPage},
	traces:              {5.00, "million traces recorded", xrayPage}, // of which X-Ray takes one a second and 5 % of the rest
	webACLRequest:       {0.60, "million", wafPage},
	logs:                {0.50, "GB taken in", cloudwatchPage},
	dataOut:             {0.09, "GB", ec2Page}, // of the first 10 TB
	natData:             {0.045, "GB", vpcPage},
	endpointData:        {0.01, "GB", endpointPage},
	images:              {0.10, "GB-month", ecrPage},
	tableItems:          {0.25, "GB-month", dynamodbPage},
	tableBackup:         {0.20, "GB-month", dynamodbPage},
	tableWrite:          {0.625, "million, each of up to 1 KB", dynamodbPage},
	tableRead:           {0.125, "million, each of up to 4 KB", dynamodbPage},
	hostedZone:          {0.50, "month", route53Page},
	webACL:              {5.00, "month, and 1.00 for each of its rules", wafPage},
	secret:              {0.40, "secret and month", secretsPage},
	key:                 {1.00, "month", kmsPage},
}

// spotLeft is what Fargate Spot costs of the price on demand, at best: the price moves, and AWS promises up to 70 percent
// off. https://aws.amazon.com/fargate/pricing/
const spotLeft = 0.30

// String is the price as one reads it, such as 0.045 a GB.
func (p price) String() string {
	row := table[p]
	article := "a"
	if row.unit == "hour" || row.unit == "hour and zone" || row.unit == "LCU-hour" || row.unit == "NLCU-hour" {
		article = "an"
	}
	text := fmt.Sprintf("%g", row.usd)
	if row.usd*100 == math.Trunc(row.usd*100) {
		text = fmt.Sprintf("%.2f", row.usd)
	}
	return fmt.Sprintf("%s %s %s", text, article, row.unit)
}

// Page is where AWS tells the price.
func (p price) Page() string { return table[p].page }

// cents are that many of what the price is for, in cents of a US dollar, rounded half up.
func (p price) cents(quantity float64) int { return round(table[p].usd * quantity) }

// round undoes what binary fractions do to a half: 0.0225 × 730 is a little less than 16.425.
func round(usd float64) int { return int(math.Floor(usd*100 + 0.5 + 1e-6)) }

// USD are cents as text, such as 61.94.
func USD(cents int) string { return fmt.Sprintf("%.2f", float64(cents)/100) }
