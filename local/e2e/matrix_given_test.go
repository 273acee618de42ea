package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// buildEcho makes a folder that an image can be built from.
func buildEcho(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	dockerfile, err := os.ReadFile("testdata/echo/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(dockerfile), "CMD ", "ENV FOLDER="+name+"\nCMD ", 1)
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(dir, "server"), "./testdata/echo")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
}

var arnOrID = regexp.MustCompile(`^[a-zA-Z0-9:/_.@-]+$`)

// surroundings are what a stack finds that others have made: the values of ${…}.
func surroundings(t *testing.T, stack, region string) map[string]string {
	t.Helper()
	at := "@" + region
	given := map[string]string{"name": strings.Replace(stack, "matrix", "shop", 1), "folder": "./elsewhere"}
	theirNetwork(t, at, given)
	link, err := json.Marshal(map[string]any{
		"name": stack, "subnetIds": []string{given["subnet1"], given["subnet2"]}, "securityGroupIds": []string{given["group"]},
	})
	if err != nil {
		t.Fatal(err)
	}
	json := map[string]string{"Content-Type": "application/json"}
	given["link"] = named(decoded(t, aws(t, "apigateway"+at, http.MethodPost, "/v2/vpclinks", json, link)), "vpcLinkId")[0]
	given["certificate"] = ask[struct{ CertificateArn string }](t, "acm"+at, "RequestCertificate", map[string]any{
		"DomainName": "inside.example.com", "ValidationMethod": "DNS",
	}).CertificateArn
	given["webACL"] = ask[struct{ Summary struct{ ARN string } }](t, "wafv2"+at, "CreateWebACL", map[string]any{
		"Name": stack, "Scope": "REGIONAL", "DefaultAction": map[string]any{"Allow": map[string]any{}}, "Rules": []any{},
		"VisibilityConfig": map[string]any{"SampledRequestsEnabled": false, "CloudWatchMetricsEnabled": false, "MetricName": stack},
	}).Summary.ARN
	given["domain"] = "www." + stack + ".example.com"
	given["zone"] = hostedZone(t, stack+".example.com")
	given["secret"] = ask[struct{ ARN string }](t, "secretsmanager"+at, "CreateSecret", map[string]any{"Name": stack, "SecretString": "swordfish"}).ARN
	ask[struct{}](t, "ssm"+at, "PutParameter", map[string]any{"Name": "/" + stack + "/token", "Value": "s3cr3t", "Type": "SecureString"})
	given["parameter"] = "arn:aws:ssm:" + region + ":123456789012:parameter/" + stack + "/token"
	given["key"] = ask[struct{ KeyMetadata struct{ Arn string } }](t, "kms"+at, "CreateKey", nil).KeyMetadata.Arn
	given["cluster"] = stack + "-theirs"
	ask[struct{}](t, "ecs"+at, "CreateCluster", map[string]any{"clusterName": given["cluster"], "capacityProviders": []string{"FARGATE", "FARGATE_SPOT"}})
	given["topic"] = elements(query(t, "sns"+at, "CreateTopic", "Name", stack+"-theirs"), "TopicArn")[0]
	for name, value := range given {
		if !arnOrID.MatchString(value) {
			t.Fatalf("%s of %s is %q", name, stack, value)
		}
	}
	return given
}

// theirNetwork makes a VPC with two private subnets and a NAT gateway, and the security group of a VPC link.
func theirNetwork(t *testing.T, at string, given map[string]string) {
	t.Helper()
	made := func(action, id string, parameters ...string) string {
		t.Helper()
		return elements(query(t, "ec2"+at, action, parameters...), id)[0]
	}
	vpc := made("CreateVpc", "vpcId", "CidrBlock", "10.77.0.0/16")
	for _, attribute := range []string{"EnableDnsSupport", "EnableDnsHostnames"} {
		query(t, "ec2"+at, "ModifyVpcAttribute", "VpcId", vpc, attribute+".Value", "true")
	}
	region := strings.TrimPrefix(at, "@")
	gateway := made("CreateInternetGateway", "internetGatewayId")
	query(t, "ec2"+at, "AttachInternetGateway", "InternetGatewayId", gateway, "VpcId", vpc)
	routed := func(subnet, kind, target string) {
		t.Helper()
		table := made("CreateRouteTable", "routeTableId", "VpcId", vpc)
		query(t, "ec2"+at, "CreateRoute", "RouteTableId", table, "DestinationCidrBlock", "0.0.0.0/0", kind, target)
		query(t, "ec2"+at, "AssociateRouteTable", "RouteTableId", table, "SubnetId", subnet)
	}
	public := made("CreateSubnet", "subnetId", "VpcId", vpc, "CidrBlock", "10.77.0.0/24", "AvailabilityZone", region+"a")
	routed(public, "GatewayId", gateway)
	nat := made("CreateNatGateway", "natGatewayId", "SubnetId", public, "AllocationId", made("AllocateAddress", "allocationId", "Domain", "vpc"))
	given["subnet1"] = made("CreateSubnet", "subnetId", "VpcId", vpc, "CidrBlock", "10.77.1.0/24", "AvailabilityZone", region+"a")
	given["subnet2"] = made("CreateSubnet", "subnetId", "VpcId", vpc, "CidrBlock", "10.77.2.0/24", "AvailabilityZone", region+"b")
	routed(given["subnet1"], "NatGatewayId", nat)
	routed(given["subnet2"], "NatGatewayId", nat)
	given["group"] = made("CreateSecurityGroup", "groupId", "GroupName", "link", "GroupDescription", "A VPC link that is shared", "VpcId", vpc)
	given["vpc"] = vpc
}

// imageElsewhere is an image in a Region that no stack has built, by digest.
func imageElsewhere(t *testing.T, region string) string {
	t.Helper()
	const repository = "elsewhere"
	at := "@" + region
	ask[struct{}](t, "ecr"+at, "CreateRepository", map[string]any{"repositoryName": repository})
	login := ask[struct {
		AuthorizationData []struct{ AuthorizationToken string }
	}](t, "ecr"+at, "GetAuthorizationToken", nil)
	// Docker's own folder is not touched.
	dir := t.TempDir()
	text := `{"auths":{"` + here.images + `":{"auth":"` + login.AuthorizationData[0].AuthorizationToken + `"}}}`
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ref := here.images + "/" + repository
	// By the command, which starts an engine where none runs.
	run(t, "engine", "--", "sh", "-ec", `docker build -q -t "$1" elsewhere && docker --config "$0" push -q "$1"`, dir, ref+":1")
	images := ask[struct {
		ImageDetails []struct{ ImageDigest string }
	}](t, "ecr"+at, "DescribeImages", map[string]any{"repositoryName": repository})
	return ref + "@" + images.ImageDetails[0].ImageDigest
}
