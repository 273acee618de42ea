package network

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
)

// routes follows each subnet to its route table: the one that it is associated with, or else the VPC's main one.
func (l *lookup) routes() {
	var ids []string
	for _, subnet := range l.found {
		ids = append(ids, subnet.Id)
	}
	tables, err := l.tables(ec2.GetRouteTablesFilter{Name: "association.subnet-id", Values: ids})
	if err == nil {
		var main []*ec2.LookupRouteTableResult
		main, err = l.tables(ec2.GetRouteTablesFilter{Name: "association.main", Values: []string{"true"}})
		tables = append(tables, main...)
	}
	if err != nil {
		l.wrong("route tables: %w", err)
		return
	}
	var closed []string
	closedTables := map[string]string{} // by subnet
	for _, subnet := range l.found {
		table := tableOf(subnet.Id, tables)
		if table == nil {
			l.wrong("subnet %s has no route table", subnet.Id)
			continue
		}
		open := false
		for _, route := range table.Routes {
			if strings.HasPrefix(route.GatewayId, "igw-") {
				l.wrong("subnet %s is not private: route table %s leads from it to %s", subnet.Id, table.RouteTableId, route.GatewayId)
			}
			open = open || route.CidrBlock == "0.0.0.0/0"
		}
		if !open {
			closed = append(closed, subnet.Id)
			closedTables[subnet.Id] = table.RouteTableId
		}
	}
	if len(closed) > 0 {
		l.endpoints(closed)
		if l.args.Table {
			l.tableEndpoint(closed, closedTables)
		}
	}
}

func (l *lookup) tables(filter ec2.GetRouteTablesFilter) ([]*ec2.LookupRouteTableResult, error) {
	found, err := ec2.GetRouteTables(l.ctx, &ec2.GetRouteTablesArgs{VpcId: &l.args.VpcID, Filters: []ec2.GetRouteTablesFilter{filter}}, l.opts...)
	if err != nil {
		return nil, err
	}
	tables := make([]*ec2.LookupRouteTableResult, len(found.Ids))
	for i, id := range found.Ids {
		if tables[i], err = ec2.LookupRouteTable(l.ctx, &ec2.LookupRouteTableArgs{RouteTableId: &id}, l.opts...); err != nil {
			return nil, err
		}
	}
	return tables, nil
}

func tableOf(subnetID string, tables []*ec2.LookupRouteTableResult) *ec2.LookupRouteTableResult {
	var main *ec2.LookupRouteTableResult
	for _, table := range tables {
		for _, association := range table.Associations {
			if association.SubnetId == subnetID {
				return table
			}
			if association.Main {
				main = table
			}
		}
	}
	return main
}

// endpoints looks for the only other way that tasks have where no default route is seen. What is missing is a warning:
// a route that a virtual private gateway propagates is not among those that the provider shows.
func (l *lookup) endpoints(subnetIDs []string) {
	var missing []string
	for _, service := range append([]string{"s3"}, l.args.Services...) {
		if _, there := l.endpoint(service); !there {
			missing = append(missing, "an endpoint for "+service)
		}
	}
	if !l.names {
		missing = append(missing, "DNS support and DNS hostnames, both on, by which names lead to endpoints")
	}
	if len(missing) > 0 {
		l.warn("no default route of %s is seen, and %s lacks %s. "+
			"Unless a virtual private gateway propagates one, no task starts: add what is missing, or a route",
			strings.Join(subnetIDs, ", "), l.args.VpcID, strings.Join(missing, ", "))
	}
}

// endpoint is the VPC's one endpoint for a service, nil where there are several. An answer that is none is a problem, and
// not an endpoint that is missing.
func (l *lookup) endpoint(service string) (found *ec2.LookupVpcEndpointResult, there bool) {
	name, available := "com.amazonaws."+l.args.Region+"."+service, "available"
	found, err := ec2.LookupVpcEndpoint(l.ctx, &ec2.LookupVpcEndpointArgs{VpcId: &l.args.VpcID, ServiceName: &name, State: &available}, l.opts...)
	switch {
	case err == nil:
		return found, true
	case strings.Contains(err.Error(), "no matching"):
		return nil, false
	case !strings.Contains(err.Error(), "multiple"):
		l.wrong("endpoint for %s: %w", service, err)
	}
	return nil, true
}

// tableEndpoint looks for the way to DynamoDB: a gateway endpoint serves the subnets whose route tables it is associated
// with, and no others. The stack adds none to what is not its own.
func (l *lookup) tableEndpoint(subnetIDs []string, tables map[string]string) {
	found, there := l.endpoint("dynamodb")
	var without []string
	for _, id := range subnetIDs {
		if !there || found != nil && found.VpcEndpointType == "Gateway" && !slices.Contains(found.RouteTableIds, tables[id]) {
			without = append(without, id+" ("+tables[id]+")")
		}
	}
	if len(without) > 0 {
		l.warn("no way to DynamoDB is seen from %s: unless a virtual private gateway propagates one, the app does not reach its table. "+
			"Associate a gateway endpoint for DynamoDB, which is free, with these route tables, or set app.table to false",
			strings.Join(without, ", "))
	}
}
