package record_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	awsx "github.com/pulumi/pulumi-awsx/sdk/v2/go/awsx/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/internal/record"
)

const (
	balancerType = "aws:lb/loadBalancer:LoadBalancer"
	listenerType = "aws:lb/listener:Listener"
)

func TestRun(t *testing.T) {
	program := func(ctx *pulumi.Context) error {
		provider, err := aws.NewProvider(ctx, "aws", &aws.ProviderArgs{Region: pulumi.String("us-east-1")})
		if err != nil {
			return err
		}
		balancer, err := lb.NewLoadBalancer(ctx, "one", &lb.LoadBalancerArgs{
			Subnets: pulumi.StringArray{pulumi.String("subnet-1")},
		}, pulumi.Provider(provider), pulumi.Protect(true), pulumi.Timeouts(&pulumi.CustomTimeouts{Delete: "5m"}))
		if err != nil {
			return err
		}
		_, err = lb.NewListener(ctx, "one", &lb.ListenerArgs{
			LoadBalancerArn: balancer.Arn,
			DefaultActions:  lb.ListenerDefaultActionArray{lb.ListenerDefaultActionArgs{Type: pulumi.String("forward")}},
		}, pulumi.Parent(balancer))
		ctx.Export("arn", balancer.Arn)
		return err
	}
	rec, err := record.Run(program, record.Options{})
	if err != nil {
		t.Fatal(err)
	}

	t.Run("a resource is recorded with its inputs and options", func(t *testing.T) {
		balancer := rec.Get(t, balancerType, "one")
		if balancer.Parent != "pulumi:pulumi:Stack::sallyport-dev" || balancer.Provider != "aws" || !balancer.Protect ||
			balancer.DeleteTimeout != "5m" || balancer.Input("subnets.0") != "subnet-1" {
			t.Errorf("got %+v", balancer)
		}
	})
	t.Run("a child is recorded with its parent and with what it waits for", func(t *testing.T) {
		listener := rec.Get(t, listenerType, "one")
		if listener.Parent != balancerType+"::one" || !slices.Contains(listener.DependsOn, balancerType+"::one") {
			t.Errorf("got %+v", listener)
		}
	})
	t.Run("an input that does not exist is nil", func(t *testing.T) {
		balancer := rec.Get(t, balancerType, "one")
		for _, path := range []string{"nothing", "subnets.1", "subnets.x", "subnets.0.x"} {
			if got := balancer.Input(path); got != nil {
				t.Errorf("%s is %v", path, got)
			}
		}
	})
	t.Run("an output of one resource arrives at the other, and in the exports", func(t *testing.T) {
		const arn = "arn:aws:LoadBalancer:us-east-1:123456789012:one"
		if got := rec.Get(t, listenerType, "one").Input("loadBalancerArn"); got != arn {
			t.Errorf("the listener got %v", got)
		}
		if rec.Exports["arn"] != arn {
			t.Errorf("exported %v", rec.Exports)
		}
	})
	t.Run("in a preview it is unknown", func(t *testing.T) {
		preview, err := record.Run(program, record.Options{Preview: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := preview.Get(t, listenerType, "one").Input("loadBalancerArn"); got != (record.Unknown{}) {
			t.Errorf("the listener got %v", got)
		}
		if preview.Exports["arn"] != (record.Unknown{}) {
			t.Errorf("exported %v", preview.Exports)
		}
	})
	t.Run("a program's error is returned with what it did before", func(t *testing.T) {
		broken := errors.New("broken")
		rec, err := record.Run(func(ctx *pulumi.Context) error {
			if err := program(ctx); err != nil {
				return err
			}
			return broken
		}, record.Options{})
		if !errors.Is(err, broken) || len(rec.OfType(balancerType)) != 1 {
			t.Errorf("got %v and %v", err, rec.Names())
		}
	})
	t.Run("a function that nobody taught it is an error that says where to", func(t *testing.T) {
		_, err := record.Run(func(ctx *pulumi.Context) error {
			_, err := ec2.LookupVpc(ctx, nil)
			return err
		}, record.Options{})
		if err == nil {
			t.Error("no error")
		}
	})
}

func TestVpc(t *testing.T) {
	for name, preview := range map[string]bool{"an update": false, "a preview": true} {
		t.Run("in "+name+" the lists of resources have their length and order", func(t *testing.T) {
			var lengths, zones []any
			_, err := record.Run(func(ctx *pulumi.Context) error {
				vpc, err := awsx.NewVpc(ctx, "net", &awsx.VpcArgs{AvailabilityZoneNames: []string{"us-east-1a", "us-east-1b"}})
				if err != nil {
					return err
				}
				pulumi.All(vpc.Subnets, vpc.RouteTables).ApplyT(func(v []any) error {
					lengths = append(lengths, len(v[0].([]*ec2.Subnet)), len(v[1].([]*ec2.RouteTable)))
					return nil
				})
				vpc.Subnets.Index(pulumi.Int(2)).AvailabilityZone().ApplyT(func(zone string) error {
					zones = append(zones, zone)
					return nil
				})
				return nil
			}, record.Options{Preview: preview})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(lengths, []any{4, 4}) || !slices.Equal(zones, []any{"us-east-1b"}) {
				t.Errorf("got lengths %v and zones %v", lengths, zones)
			}
		})
	}
}
