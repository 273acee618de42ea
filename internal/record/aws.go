package record

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// account is AWS's own example of an account id.
const account = "123456789012"

// create makes the state of a new resource: its inputs, and outputs of the right shape. Each is made of the type and
// the name, so that a test can tell which resource a value comes from.
func (m *monitor) create(typ, name string, inputs resource.PropertyMap, custom bool) state {
	outputs := inputs.Copy()
	if !custom || m.options.Preview {
		// What is missing in a preview, the SDK takes for unknown, but for what is missing inside an object.
		if configuration := outputs["domainNameConfiguration"]; typ == "aws:apigatewayv2/domainName:DomainName" && configuration.IsObject() {
			computed := configuration.ObjectValue().Copy()
			computed["targetDomainName"] = resource.MakeComputed(resource.NewProperty(""))
			computed["hostedZoneId"] = resource.MakeComputed(resource.NewProperty(""))
			outputs["domainNameConfiguration"] = resource.NewProperty(computed)
		}
		return state{outputs: outputs}
	}
	kind := typ[strings.LastIndex(typ, ":")+1:]
	id := strings.ToLower(kind) + "-" + name
	set := func(key, value string) {
		if _, given := outputs[resource.PropertyKey(key)]; !given {
			outputs[resource.PropertyKey(key)] = resource.NewProperty(value)
		}
	}
	set("name", name+"-1234567")
	set("arn", fmt.Sprintf("arn:aws:%s:%s:%s:%s", kind, region, account, name))
	for key, value := range m.options.Outputs[typ] {
		outputs[resource.PropertyKey(key)] = resource.NewProperty(value)
	}
	switch typ {
	case "aws:acm/certificate:Certificate":
		outputs["domainValidationOptions"] = resource.NewProperty([]resource.PropertyValue{resource.NewProperty(resource.PropertyMap{
			"domainName":          inputs["domainName"],
			"resourceRecordName":  resource.NewProperty("_d." + inputs["domainName"].StringValue() + "."),
			"resourceRecordType":  resource.NewProperty("CNAME"),
			"resourceRecordValue": resource.NewProperty("_v.acm-validations.aws."),
		})})
	case "aws:apigatewayv2/domainName:DomainName":
		id = inputs["domainName"].StringValue()
		configuration := inputs["domainNameConfiguration"].ObjectValue().Copy()
		configuration["targetDomainName"] = resource.NewProperty("d-" + name + ".execute-api." + region + ".amazonaws.com")
		configuration["hostedZoneId"] = resource.NewProperty("Z-of-API-Gateway")
		outputs["domainNameConfiguration"] = resource.NewProperty(configuration)
	case "aws:route53/record:Record":
		set("fqdn", strings.TrimSuffix(inputs["name"].StringValue(), "."))
	case "aws:apigatewayv2/api:Api":
		set("apiEndpoint", fmt.Sprintf("https://%s.execute-api.%s.amazonaws.com", name, region))
		set("executionArn", fmt.Sprintf("arn:aws:execute-api:%s:%s:%s", region, account, name))
	case "aws:apigateway/restApi:RestApi":
		set("executionArn", fmt.Sprintf("arn:aws:execute-api:%s:%s:%s", region, account, name))
	case "aws:apigateway/stage:Stage":
		set("invokeUrl", fmt.Sprintf("https://%s.execute-api.%s.amazonaws.com/%s", inputs["restApi"].StringValue(), region, inputs["stageName"].StringValue()))
	case "aws:apigateway/apiKey:ApiKey":
		set("value", "value-of-"+name)
	case "aws:ec2/vpcEndpoint:VpcEndpoint":
		set("prefixListId", "pl-"+name)
	case "aws:ecr/repository:Repository":
		set("registryId", account)
		set("repositoryUrl", fmt.Sprintf("%s.dkr.ecr.%s.amazonaws.com/%s", account, region, name))
	case "aws:lb/loadBalancer:LoadBalancer":
		set("arnSuffix", "app/"+name+"/50dc6c495c0c9188")
		set("dnsName", fmt.Sprintf("internal-%s-1234567890.%s.elb.amazonaws.com", name, region))
	case "aws:lb/targetGroup:TargetGroup":
		set("arnSuffix", "targetgroup/"+name+"/73e2d6bc24d8a067")
	case "docker:index/image:Image":
		image := inputs["imageName"].StringValue()
		repository, _, _ := strings.Cut(image, ":")
		set("repoDigest", fmt.Sprintf("%s@sha256:%x", repository, sha256.Sum256([]byte(image))))
	}
	return state{id: cmp.Or(m.options.IDs[typ], id), outputs: outputs}
}

// call answers a provider's function.
func (m *monitor) call(token string, args resource.PropertyMap) (resource.PropertyMap, error) {
	if answer, ok := m.options.Functions[token]; ok {
		values, err := answer(plainMap(args))
		return resource.NewPropertyMapFromMap(values), err
	}
	switch token {
	case "aws:index/getAvailabilityZones:getAvailabilityZones":
		var names, ids []resource.PropertyValue
		for _, zone := range m.options.Zones {
			names = append(names, resource.NewProperty(zone.Name))
			ids = append(ids, resource.NewProperty(zone.ID))
		}
		return resource.PropertyMap{
			"id":      resource.NewProperty(region),
			"names":   resource.NewProperty(names),
			"zoneIds": resource.NewProperty(ids),
		}, nil
	case "aws:index/getCallerIdentity:getCallerIdentity":
		return resource.PropertyMap{
			"id":        resource.NewProperty(account),
			"accountId": resource.NewProperty(account),
			"arn":       resource.NewProperty("arn:aws:iam::" + account + ":user/test"),
			"userId":    resource.NewProperty("AIDACKCEVSQ6C2EXAMPLE"),
		}, nil
	case "aws:route53/getZone:getZone":
		zone, ok := m.options.HostedZones[args["zoneId"].StringValue()]
		if !ok {
			return nil, fmt.Errorf("NoSuchHostedZone: %s", args["zoneId"].StringValue())
		}
		return resource.PropertyMap{
			"id":          args["zoneId"],
			"zoneId":      args["zoneId"],
			"name":        resource.NewProperty(zone.Name),
			"privateZone": resource.NewProperty(zone.Private),
		}, nil
	case "aws:ecr/getAuthorizationToken:getAuthorizationToken":
		return resource.PropertyMap{
			"id":            resource.NewProperty(region),
			"userName":      resource.NewProperty("AWS"),
			"password":      resource.NewProperty("password-of-" + args["registryId"].StringValue()),
			"proxyEndpoint": resource.NewProperty(fmt.Sprintf("https://%s.dkr.ecr.%s.amazonaws.com", account, region)),
		}, nil
	case "aws:ecr/getRepositories:getRepositories":
		return resource.PropertyMap{
			"id":    resource.NewProperty(region),
			"names": list(slices.Sorted(maps.Keys(m.options.Repositories))),
		}, nil
	case "aws:ecr/getRepository:getRepository":
		name := args["name"].StringValue()
		tags, ok := m.options.Repositories[name]
		if !ok {
			return nil, fmt.Errorf("RepositoryNotFoundException: %s", name)
		}
		return resource.PropertyMap{
			"id":                  resource.NewProperty(name),
			"name":                resource.NewProperty(name),
			"mostRecentImageTags": list(tags),
		}, nil
	default:
		return nil, fmt.Errorf("function %s is unknown here; add it to internal/record/aws.go", token)
	}
}

func list(values []string) resource.PropertyValue {
	properties := make([]resource.PropertyValue, len(values))
	for i, v := range values {
		properties[i] = resource.NewProperty(v)
	}
	return resource.NewProperty(properties)
}
