package leftovers

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/sync/errgroup"

	"sallyport/inspect/api"
	"sallyport/inspect/stack"
)

// atOnce is how many kinds are asked for at the same time: the answers come soon, and no service's rate limit is near.
const atOnce = 6

// finder looks for the resources of one stack.
type finder struct {
	*api.Clients
	stack *stack.Stack
}

// Find returns what has the stack's tags project and stack in its account and Region, what costs most first. What AWS
// goes on showing after its end is left out, and so is what ends with something else that is returned: the listeners of
// a load balancer, the stages of an API. Beside the tags it goes by the stack's name for what can't have any: the log of
// Container Insights, and of EventBridge all but rules; and it takes the network interfaces in the stack's VPC.
//
// Where one service can't be asked, what the others told is returned with the error.
//
// Each service is asked itself, not the Resource Groups Tagging API: that one answers with what was tagged once, gone or
// not (https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html), and knows no roles.
func Find(ctx context.Context, clients *api.Clients, s *stack.Stack) ([]Item, error) {
	// An empty one would match what is not the stack's.
	if s.Tags["project"] == "" || s.Tags["stack"] == "" || s.Prefix == "" {
		return nil, errors.New("the stack's tags project and stack and its name must be known to tell what is its own")
	}
	f := &finder{clients, s}
	searches := []struct {
		noun string
		find func(context.Context) ([]Item, error)
	}{
		{"NAT gateways", f.natGateways},
		{"load balancers", f.loadBalancers},
		{"target groups", f.targetGroups},
		{"VPC endpoints", f.vpcEndpoints},
		{"ECS clusters", f.clusters},
		{"task definitions", f.taskDefinitions},
		{"elastic IP addresses", f.addresses},
		{"DynamoDB tables", f.tables},
		{"ECR repositories", f.repositories},
		{"log groups", f.logGroups},
		{"HTTP APIs", f.apis},
		{"VPC links", f.vpcLinks},
		{"REST APIs", f.restAPIs},
		{"VPC links of REST APIs", f.restVpcLinks},
		{"usage plans", f.usagePlans},
		{"API keys", f.apiKeys},
		{"custom domain names", f.domainNames},
		{"certificates", f.certificates},
		{"alarms", f.alarms},
		{"dashboards", f.dashboards},
		{"topics", f.topics},
		{"EventBridge rules", f.eventRules},
		{"EventBridge API destinations", f.apiDestinations},
		{"EventBridge connections", f.connections},
		{"scalable targets", f.scalableTargets},
		{"flow logs", f.flowLogs},
		{"VPCs, security groups and network interfaces", f.vpcs},
		{"subnets", f.subnets},
		{"route tables", f.routeTables},
		{"internet gateways", f.internetGateways},
		{"IAM policies", f.policies},
		{"IAM roles", f.roles},
	}
	found := make([][]Item, len(searches))
	failed := make([]error, len(searches))
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i, search := range searches {
		group.Go(func() error {
			var err error
			if found[i], err = search.find(ctx); err != nil {
				failed[i] = fmt.Errorf("%s: %w", search.noun, api.Explain(err))
			}
			return nil
		})
	}
	_ = group.Wait() // every search keeps its own error, so that none ends the others
	items := slices.Concat(found...)
	f.complete(items)
	sortItems(items)
	return items, join(failed)
}

// complete says of each item whether Pulumi knows it, and where its command goes.
func (f *finder) complete(items []Item) {
	known := map[string]bool{}
	for _, r := range f.stack.Resources {
		known[r.ID] = true
		if arn, _ := r.Outputs["arn"].(string); arn != "" { // a task definition's ID is its family
			known[arn] = true
		}
	}
	where := " --region " + f.stack.Region
	if f.stack.Profile != "" {
		where += " --profile " + f.stack.Profile
	}
	for i := range items {
		item := &items[i]
		if known[item.ID] {
			item.Kept = false
			if item.Why != "" {
				item.Why += "; "
			}
			item.Why += "the stack still has it: destroy the stack"
			item.Delete = ""
		}
		if item.Delete != "" {
			item.Delete = strings.ReplaceAll(item.Delete, " && ", where+" && ") + where
		}
	}
}

// owns tells whether these are the tags of a resource of the stack.
func (f *finder) owns(tags map[string]string) bool {
	return tags["project"] == f.stack.Tags["project"] && tags["stack"] == f.stack.Tags["stack"]
}

// named tells whether something may be the stack's, whose tags are then worth a call: most lists are without them.
func (f *finder) named(name string) bool {
	return name == f.stack.Prefix || strings.HasPrefix(name, f.stack.Prefix+"-")
}

// autonamed tells whether Pulumi has named something of the stack so: it puts a hyphen and seven hexadecimal digits behind
// the name, so what a stack has made whose name goes on otherwise is another's.
// https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming
func (f *finder) autonamed(name, suffix string) bool {
	digits, found := strings.CutPrefix(name, f.stack.Prefix+suffix+"-")
	return found && sevenDigits.MatchString(digits)
}

var sevenDigits = regexp.MustCompile(`^[0-9a-f]{7}$`)

// tagMap makes a map of the tags of any service.
func tagMap[T any](tags []T, pair func(T) (key, value *string)) map[string]string {
	all := make(map[string]string, len(tags))
	for _, tag := range tags {
		key, value := pair(tag)
		all[aws.ToString(key)] = aws.ToString(value)
	}
	return all
}

// pager is the paginator of any list of the AWS SDK.
type pager[Page, Options any] interface {
	HasMorePages() bool
	NextPage(context.Context, ...func(*Options)) (Page, error)
}

// collect reads all pages of a list.
func collect[Page, Options, Entry any](ctx context.Context, pages pager[Page, Options], entries func(Page) []Entry) ([]Entry, error) {
	var all []Entry
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, entries(page)...)
	}
	return all, nil
}
