package awsx

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/proto"
)

// usual is what Sallyport's network passes.
func usual(more map[string]any) map[string]any {
	args := map[string]any{
		"cidrBlock": "10.0.0.0/16", "availabilityZoneNames": []any{"us-east-1b", "us-east-1d"},
		"enableDnsHostnames": true, "enableDnsSupport": true,
		"natGateways": map[string]any{"strategy": "None"}, "subnetStrategy": "Auto",
		"subnetSpecs": []any{map[string]any{"type": "Public"}, map[string]any{"type": "Private"}},
	}
	maps.Copy(args, more)
	return args
}

// made constructs net of the arguments, which must succeed, and returns what was registered.
func made(t *testing.T, e *engine, args map[string]any) map[string]any {
	t.Helper()
	if _, err := e.construct(t, &pulumirpc.ConstructRequest{Name: "net", Inputs: properties(t, args)}); err != nil {
		t.Fatal(err)
	}
	return e.recorded(t)
}

func inputs(registered map[string]any, name string) map[string]any {
	return registered[name].(map[string]any)["inputs"].(map[string]any)
}

func TestNamedZonesAreTakenInTheirOrderWithoutALookUp(t *testing.T) {
	e := newEngine(false)
	registered := made(t, e, usual(nil))
	equal(t, "invokes", len(e.invokes), 0)
	equal(t, "first zone", inputs(registered, "aws:ec2/subnet:Subnet::net-public-1")["availabilityZone"], any("us-east-1b"))
	equal(t, "second zone", inputs(registered, "aws:ec2/subnet:Subnet::net-public-2")["availabilityZone"], any("us-east-1d"))
}

func TestArgumentsOfTheVPCItselfPassThrough(t *testing.T) {
	registered := made(t, newEngine(false), usual(map[string]any{"instanceTenancy": "default"}))
	equal(t, "inputs", inputs(registered, "aws:ec2/vpc:Vpc::net"), map[string]any{
		"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": true, "enableDnsSupport": true, "instanceTenancy": "default",
		"tags": map[string]any{"Name": "net"},
	})
}

func TestTagsReachEveryChildThatHasTags(t *testing.T) {
	registered := made(t, newEngine(false), usual(map[string]any{
		"tags":        map[string]any{"Name": "mine", "team": "web"},
		"natGateways": map[string]any{"strategy": "Single"},
		"subnetSpecs": []any{
			map[string]any{"type": "Public", "tags": map[string]any{"team": "edge", "tier": "1"}}, map[string]any{"type": "Private"},
		},
	}))
	for name, want := range map[string]map[string]any{
		"aws:ec2/vpc:Vpc::net":                         {"Name": "mine", "team": "web"},
		"aws:ec2/internetGateway:InternetGateway::net": {"Name": "mine", "team": "web"},
		"aws:ec2/subnet:Subnet::net-public-1":          {"Name": "net-public-1", "SubnetType": "Public", "team": "edge", "tier": "1"},
		"aws:ec2/subnet:Subnet::net-private-1":         {"Name": "net-private-1", "SubnetType": "Private", "team": "web"},
		"aws:ec2/routeTable:RouteTable::net-public-1":  {"Name": "net-public-1", "SubnetType": "Public", "team": "web"},
		"aws:ec2/eip:Eip::net-1":                       {"Name": "net-1", "team": "web"},
		"aws:ec2/natGateway:NatGateway::net-1":         {"Name": "net-1", "team": "web"},
	} {
		equal(t, name, inputs(registered, name)["tags"], any(want))
	}
}

func TestAnUnknownTagStaysTheOnlyUnknownOneAndKeepsItsDependency(t *testing.T) {
	const bucket = "urn:pulumi:golden::vec::aws:s3/bucket:Bucket::logs"
	e := newEngine(true)
	values := resource.NewPropertyMapFromMap(usual(nil))
	values["tags"] = resource.NewProperty(resource.PropertyMap{
		"logs": resource.NewProperty(resource.Output{Dependencies: []resource.URN{bucket}}),
		"team": resource.NewProperty("web"),
	})
	if _, err := e.construct(t, &pulumirpc.ConstructRequest{Name: "net", Inputs: marshal(t, values)}); err != nil {
		t.Fatal(err)
	}
	gateway := e.recorded(t)["aws:ec2/internetGateway:InternetGateway::net"].(map[string]any)
	equal(t, "inputs", gateway["inputs"], any(map[string]any{
		"vpcId": "<unknown>", "tags": map[string]any{"Name": "net", "logs": "<unknown>", "team": "web"},
	}))
	equal(t, "dependencies", gateway["propertyDependencies"], any(map[string]any{
		"tags": []any{"aws:s3/bucket:Bucket::logs"}, "vpcId": []any{"aws:ec2/vpc:Vpc::net"},
	}))
}

func TestElasticIPsGivenAreUsedInsteadOfNewOnes(t *testing.T) {
	registered := made(t, newEngine(false), usual(map[string]any{
		"natGateways": map[string]any{"strategy": "OnePerAz", "elasticIpAllocationIds": []any{"eipalloc-1", "eipalloc-2"}},
	}))
	equal(t, "second gateway's address", inputs(registered, "aws:ec2/natGateway:NatGateway::net-2")["allocationId"], any("eipalloc-2"))
	if slices.ContainsFunc(slices.Collect(maps.Keys(registered)), func(n string) bool { return strings.HasPrefix(n, "aws:ec2/eip") }) {
		t.Error("an Eip was registered")
	}
}

func TestUnusedAddressesMakeNoSubnet(t *testing.T) {
	registered := made(t, newEngine(false), usual(map[string]any{
		"subnetSpecs": []any{map[string]any{"type": "Unused"}, map[string]any{"type": "Isolated", "name": "db"}},
	}))
	equal(t, "resources", len(registered), 3+2*3)
	equal(t, "block", inputs(registered, "aws:ec2/subnet:Subnet::net-db-1")["cidrBlock"], any("10.0.64.0/18"))
}

func TestAnExplicitProviderMakesTheChildrenAndTheLookUp(t *testing.T) {
	const ref = "urn:pulumi:golden::vec::pulumi:providers:aws::mine::provider-id"
	e := newEngine(false)
	_, err := e.construct(t, &pulumirpc.ConstructRequest{
		Name: "net", Inputs: properties(t, nil), Providers: map[string]string{"aws": ref},
	})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "provider of the look-up", e.invokes[0].request.Provider, ref)
	for _, r := range e.registered {
		if r.Custom {
			equal(t, "provider of "+r.Name, r.Provider, ref)
		}
	}
}

func TestAChildCarriesNoOptionsOfItsOwn(t *testing.T) {
	e := newEngine(false)
	made(t, e, usual(nil))
	i := slices.IndexFunc(e.registered, func(r *pulumirpc.RegisterResourceRequest) bool { return r.Type == "aws:ec2/vpc:Vpc" })
	got := proto.Clone(e.registered[i]).(*pulumirpc.RegisterResourceRequest)
	// What the SDK itself says about every resource.
	got.SourcePosition, got.StackTrace, got.Object, got.CustomTimeouts, got.PropertyDependencies = nil, nil, nil, nil, nil
	want := &pulumirpc.RegisterResourceRequest{
		Type: "aws:ec2/vpc:Vpc", Name: "net", Custom: true, Version: "6.66.3",
		Parent:        "urn:pulumi:golden::vec::awsx:ec2:Vpc::net",
		AcceptSecrets: true, AcceptResources: true, AcceptsByteString: true, SupportsResultReporting: true,
	}
	if !proto.Equal(got, want) {
		t.Errorf("\n got %v\nwant %v", got, want)
	}
}

func TestAResourceIsHandedOutAsAReferenceByURNAndID(t *testing.T) {
	for _, preview := range []bool{false, true} {
		t.Run(fmt.Sprintf("preview %v", preview), func(t *testing.T) {
			e := newEngine(preview)
			response, err := e.construct(t, &pulumirpc.ConstructRequest{Name: "net", Inputs: properties(t, usual(nil))})
			if err != nil {
				t.Fatal(err)
			}
			state, err := plugin.UnmarshalProperties(response.State, keepAll)
			if err != nil {
				t.Fatal(err)
			}
			ref := state["routeTables"].ArrayValue()[1].ResourceReferenceValue()
			equal(t, "urn", string(ref.URN), "urn:pulumi:golden::vec::awsx:ec2:Vpc$aws:ec2/vpc:Vpc$aws:ec2/subnet:Subnet$"+
				"aws:ec2/routeTable:RouteTable::net-private-1")
			equal(t, "package version", ref.PackageVersion, "")
			want := "${RouteTable/net-private-1.id}"
			if preview {
				want = ""
			}
			id, _ := ref.IDString()
			equal(t, "id", id, want)
		})
	}
}

func TestLegacyWithoutBeingAskedForWarnsWithTheLayoutForAuto(t *testing.T) {
	e := newEngine(false)
	args := usual(nil)
	delete(args, "subnetStrategy")
	made(t, e, args)
	equal(t, "warnings", e.warnings, []string{
		"The default subnetStrategy will change from \"Legacy\" to \"Auto\" in the next major version. Please specify the " +
			"subnetStrategy explicitly. The current subnet layout can be specified via \"Auto\" as:\n\n" +
			`[{"cidrMask":19,"type":"Private"},{"cidrMask":20,"type":"Public"}]`,
	})
}
