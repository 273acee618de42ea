package network_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/internal/record"
	"sallyport/network"
)

// others is a VPC as AWS tells of it: two private subnets in two zones, one with a route table of its own.
type others struct {
	dns       bool
	subnets   map[string]map[string]any
	tables    map[string][]string // subnets, or main
	routes    map[string][]map[string]any
	endpoints map[string]error
	link      map[string]any
}

func subnet(vpc, zone string, free int) map[string]any {
	return map[string]any{"vpcId": vpc, "availabilityZoneId": zone, "availabilityZone": "zone-of-" + zone, "availableIpAddressCount": float64(free)}
}

func newOthers() *others {
	nat := []map[string]any{{"cidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1"}}
	return &others{
		dns:     true,
		subnets: map[string]map[string]any{"subnet-a": subnet("vpc-1", "use1-az1", 100), "subnet-b": subnet("vpc-1", "use1-az2", 100)},
		tables:  map[string][]string{"rtb-a": {"subnet-a"}, "rtb-main": {"main"}},
		routes:  map[string][]map[string]any{"rtb-a": nat, "rtb-main": nat},
		link:    map[string]any{"securityGroupIds": []any{"sg-1"}, "subnetIds": []any{"subnet-a"}},
	}
}

func (o *others) functions() map[string]record.Function {
	found := func(id any, values map[string]any) (map[string]any, error) {
		if values == nil {
			return nil, fmt.Errorf("%v does not exist", id)
		}
		values = maps.Clone(values)
		values["id"] = id
		return values, nil
	}
	return map[string]record.Function{
		"aws:ec2/getVpc:getVpc": func(args map[string]any) (map[string]any, error) {
			if args["id"] != "vpc-1" {
				return found(args["id"], nil)
			}
			return found("vpc-1", map[string]any{"enableDnsSupport": true, "enableDnsHostnames": o.dns})
		},
		"aws:ec2/getSubnet:getSubnet": func(args map[string]any) (map[string]any, error) {
			return found(args["id"], o.subnets[args["id"].(string)])
		},
		"aws:ec2/getRouteTables:getRouteTables": func(args map[string]any) (map[string]any, error) {
			filter := args["filters"].([]any)[0].(map[string]any)
			var ids []any
			for _, id := range slices.Sorted(maps.Keys(o.tables)) {
				for _, subnet := range o.tables[id] {
					bySubnet := filter["name"] == "association.subnet-id" && slices.Contains(filter["values"].([]any), any(subnet))
					if bySubnet || filter["name"] == "association.main" && subnet == "main" {
						ids = append(ids, id)
					}
				}
			}
			return found("tables", map[string]any{"ids": ids})
		},
		"aws:ec2/getRouteTable:getRouteTable": func(args map[string]any) (map[string]any, error) {
			id := args["routeTableId"].(string)
			var associations, routes []any
			for _, subnet := range o.tables[id] {
				if subnet == "main" {
					associations = append(associations, map[string]any{"main": true})
				} else {
					associations = append(associations, map[string]any{"subnetId": subnet})
				}
			}
			for _, route := range o.routes[id] {
				routes = append(routes, route)
			}
			return found(id, map[string]any{"routeTableId": id, "associations": associations, "routes": routes})
		},
		"aws:ec2/getVpcEndpoint:getVpcEndpoint": func(args map[string]any) (map[string]any, error) {
			if err := o.endpoints[args["serviceName"].(string)]; err != nil {
				return nil, err
			}
			return found("vpce-1", map[string]any{"vpcEndpointType": "Gateway", "routeTableIds": []any{"rtb-main"}})
		},
		"aws:ec2/getSecurityGroup:getSecurityGroup": func(args map[string]any) (map[string]any, error) {
			return found(args["id"], map[string]map[string]any{"sg-1": {"name": "link"}, "sg-d": {"name": "default"}}[args["id"].(string)])
		},
		"aws:apigatewayv2/getVpcLink:getVpcLink": func(args map[string]any) (map[string]any, error) {
			return found(args["vpcLinkId"], o.link)
		},
		"aws:ec2/getPrefixList:getPrefixList": func(args map[string]any) (map[string]any, error) {
			return found("pl-of-"+args["name"].(string), map[string]any{})
		},
	}
}

func (o *others) lookup(t *testing.T, change func(*network.ExistingArgs)) (existing *network.Existing, err error) {
	t.Helper()
	args := &network.ExistingArgs{
		Region: "us-east-1", VpcID: "vpc-1", SubnetIDs: []string{"subnet-a", "subnet-b"}, Tasks: 2, Services: []string{"ecr.api", "logs"},
	}
	if change != nil {
		change(args)
	}
	rec, err := record.Run(func(ctx *pulumi.Context) (err error) {
		existing, err = network.LookupExisting(ctx, args)
		return err
	}, record.Options{Functions: o.functions()})
	if len(rec.Resources) > 0 {
		t.Errorf("it registered %v", rec.Names())
	}
	return existing, err
}

func withLink(args *network.ExistingArgs) { args.VpcLinkID = "link-1" }

func TestLookupExisting(t *testing.T) {
	t.Run("a VPC with two private subnets is fit, whether they have route tables of their own or the main one", func(t *testing.T) {
		got, err := newOthers().lookup(t, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got.S3PrefixListID != "pl-of-com.amazonaws.us-east-1.s3" || got.LinkGroupID != "" || len(got.Warnings) > 0 {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("a link is let in by its group", func(t *testing.T) {
		got, err := newOthers().lookup(t, withLink)
		if err != nil || got.LinkGroupID != "sg-1" {
			t.Errorf("got %+v and %v", got, err)
		}
	})

	internet := []map[string]any{{"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}}
	for _, c := range []struct {
		name   string
		change func(*others)
		args   func(*network.ExistingArgs)
		want   string
	}{
		{"a VPC that is not there", nil, func(a *network.ExistingArgs) { a.VpcID = "vpc-2" },
			"network.vpcId: vpc-2 does not exist"},
		{"a subnet that is not there", func(o *others) { delete(o.subnets, "subnet-b") }, nil,
			"subnet subnet-b: subnet-b does not exist"},
		{"a subnet of another VPC", func(o *others) { o.subnets["subnet-b"] = subnet("vpc-2", "use1-az2", 100) }, nil,
			"subnet subnet-b is in vpc-2"},
		// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
		{"two subnets of one zone", func(o *others) { o.subnets["subnet-b"] = subnet("vpc-1", "use1-az1", 100) }, nil,
			"subnet subnet-b is the second one in use1-az1 (zone-of-use1-az1): a load balancer takes one a zone\n" +
				"- the subnets are in less than two zones: a load balancer needs two"},
		// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vpc-links.html
		{"a zone that can't hold a VPC link", func(o *others) { o.subnets["subnet-b"] = subnet("vpc-1", "use1-az3", 100) }, nil,
			"subnet subnet-b is in use1-az3 (zone-of-use1-az3), where API Gateway can't place a VPC link. Use one in use1-az1, use1-az2, use1-az4, use1-az5, use1-az6"},
		// https://docs.aws.amazon.com/vpc/latest/userguide/configure-subnets.html
		{"a subnet that its own route table makes public", func(o *others) { o.routes["rtb-a"] = internet }, nil,
			"subnet subnet-a is not private: route table rtb-a leads from it to igw-1"},
		{"a subnet that the main route table makes public", func(o *others) { o.routes["rtb-main"] = internet }, nil,
			"subnet subnet-b is not private: route table rtb-main leads from it to igw-1"},
		{"a subnet with a way in by IPv6 alone", func(o *others) {
			o.routes["rtb-a"] = append(slices.Clone(o.routes["rtb-a"]), map[string]any{"ipv6CidrBlock": "::/0", "gatewayId": "igw-1"})
		}, nil, "subnet subnet-a is not private: route table rtb-a leads from it to igw-1"},
		{"a subnet without a route table", func(o *others) { delete(o.tables, "rtb-main") }, nil, "subnet subnet-b has no route table"},
		{"a link that is not there", func(o *others) { o.link = nil }, withLink, "gateway.vpcLinkId: link-1 does not exist"},
		{"a link without a group", func(o *others) { o.link["securityGroupIds"] = []any{} }, withLink,
			"VPC link link-1 has no security group by which the load balancer could let it in. Use one that has"},
		{"a link with two groups", func(o *others) { o.link["securityGroupIds"] = []any{"sg-2", "sg-1"} }, withLink,
			"VPC link link-1 has 2 security groups (sg-1, sg-2), and none of them can be told to be its own. Use a link with one"},
		// https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
		{"a link with the default group", func(o *others) { o.link["securityGroupIds"] = []any{"sg-d"} }, withLink,
			"VPC link link-1 has its VPC's default security group (sg-d), which is everything's that names none: " +
				"the load balancer would let it all in. Use a link with a group of its own"},
		{"a link with a group that is not there", func(o *others) { o.link["securityGroupIds"] = []any{"sg-3"} }, withLink,
			"security group sg-3 of VPC link link-1: sg-3 does not exist"},
		{"a link without a subnet", func(o *others) { o.link["subnetIds"] = []any{} }, withLink, "VPC link link-1 is in no subnet"},
		{"a link of another VPC", func(o *others) {
			o.subnets["subnet-c"] = subnet("vpc-2", "use1-az1", 100)
			o.link["subnetIds"] = []any{"subnet-c"}
		}, withLink, "VPC link link-1 is in vpc-2: it reaches nothing outside of it"},
		{"an answer about endpoints that is none", func(o *others) {
			o.routes["rtb-a"] = nil
			o.endpoints = map[string]error{"com.amazonaws.us-east-1.logs": errors.New("AccessDenied")}
		}, nil, "endpoint for logs: AccessDenied"},
	} {
		t.Run(c.name+" is refused", func(t *testing.T) {
			o := newOthers()
			if c.change != nil {
				c.change(o)
			}
			_, err := o.lookup(t, c.args)
			// gRPC's own words, which the engine doesn't have.
			if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), "rpc error: code = Unknown desc = ", "")+"\n", " can't be used:\n- "+c.want+"\n") {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
	t.Run("with a link of others the zones of the subnets are no matter", func(t *testing.T) {
		o := newOthers()
		o.subnets["subnet-b"] = subnet("vpc-1", "use1-az3", 100)
		if _, err := o.lookup(t, withLink); err != nil {
			t.Error(err)
		}
	})
	t.Run("everything that is wrong is told at once", func(t *testing.T) {
		o := newOthers()
		o.subnets["subnet-b"] = subnet("vpc-1", "use1-az1", 3)
		o.routes["rtb-a"], o.link = internet, nil
		_, err := o.lookup(t, func(a *network.ExistingArgs) {
			withLink(a)
			a.SubnetIDs = append(a.SubnetIDs, "subnet-c")
		})
		for _, want := range []string{"subnet-c does not exist", "the second one in use1-az1", "leads from it to igw-1", "link-1 does not exist"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s is not in %v", want, err)
			}
		}
	})

	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
	for _, c := range []struct {
		name string
		a, b int // free addresses
		want []string
	}{
		{"enough for load balancer and tasks is not told", 8, 10, nil},
		{"less than a load balancer asks for is warned about", 100, 7, []string{
			"subnet subnet-b has 7 free addresses: a load balancer that is new asks for 8 in each of its subnets"}},
		{"less than for the tasks is warned about", 8, 9, []string{
			"the subnets have 1 free addresses beside those for a new load balancer: 2 tasks start at once, each with one"}},
	} {
		t.Run("of the room, of which a deployed stack has taken its own, "+c.name, func(t *testing.T) {
			o := newOthers()
			o.subnets["subnet-a"], o.subnets["subnet-b"] = subnet("vpc-1", "use1-az1", c.a), subnet("vpc-1", "use1-az2", c.b)
			got, err := o.lookup(t, nil)
			if err != nil || !slices.Equal(got.Warnings, c.want) {
				t.Errorf("got %+v and %v", got, err)
			}
		})
	}

	missing := map[string]error{
		"com.amazonaws.us-east-1.s3":      errors.New("multiple EC2 VPC Endpoints matched"),
		"com.amazonaws.us-east-1.ecr.api": errors.New("no matching EC2 VPC Endpoint found"),
	}
	for _, c := range []struct {
		name   string
		change func(*others)
		want   []string
	}{
		{"an endpoint for everything is as good as a route", func(*others) {}, nil},
		{"what lacks one is warned about, since a route may be propagated unseen", func(o *others) { o.endpoints = missing },
			[]string{"no default route of subnet-a is seen, and vpc-1 lacks an endpoint for ecr.api. " +
				"Unless a virtual private gateway propagates one, no task starts: add what is missing, or a route"}},
		{"endpoints need names that resolve", func(o *others) { o.dns = false },
			[]string{"no default route of subnet-a is seen, and vpc-1 lacks DNS support and DNS hostnames, both on, by which names lead to endpoints. " +
				"Unless a virtual private gateway propagates one, no task starts: add what is missing, or a route"}},
	} {
		t.Run("without a default route "+c.name, func(t *testing.T) {
			o := newOthers()
			o.routes["rtb-a"] = nil
			c.change(o)
			got, err := o.lookup(t, nil)
			if err != nil || !slices.Equal(got.Warnings, c.want) {
				t.Errorf("got %+v and %v", got, err)
			}
		})
	}

	const unseen = "no way to DynamoDB is seen from subnet-a (rtb-a): unless a virtual private gateway propagates one, the app does not reach its table. " +
		"Associate a gateway endpoint for DynamoDB, which is free, with these route tables, or set app.table to false"
	withTable := func(args *network.ExistingArgs) { args.Table = true }
	for _, c := range []struct {
		name   string
		change func(*others)
		want   []string
	}{
		{"is reached by the internet", func(*others) {}, nil},
		{"is reached by a gateway endpoint on the subnet's own route table", func(o *others) { o.routes["rtb-main"] = nil; delete(o.routes, "rtb-a") },
			[]string{unseen}},
		{"is out of reach without an endpoint", func(o *others) {
			o.routes["rtb-a"] = nil
			o.endpoints = map[string]error{"com.amazonaws.us-east-1.dynamodb": errors.New("no matching EC2 VPC Endpoint found")}
		}, []string{unseen}},
		{"may be reached by one of several endpoints", func(o *others) {
			o.routes["rtb-a"] = nil
			o.endpoints = map[string]error{"com.amazonaws.us-east-1.dynamodb": errors.New("multiple EC2 VPC Endpoints matched")}
		}, nil},
	} {
		t.Run("a table "+c.name, func(t *testing.T) {
			o := newOthers()
			c.change(o)
			got, err := o.lookup(t, withTable)
			if err != nil || !slices.Equal(got.Warnings, c.want) || got.DynamoDBPrefixListID != "pl-of-com.amazonaws.us-east-1.dynamodb" {
				t.Errorf("got %+v and %v", got, err)
			}
		})
	}
}
