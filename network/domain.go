package network

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/acm"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigatewayv2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const domainType = "sallyport:network:Domain"

// DomainArgs are the arguments of NewDomain; all but Protected are required.
type DomainArgs struct {
	// Name is the name that an API is to answer at.
	Name string
	// ZoneID is the public hosted zone that Name is in; see CheckZone.
	ZoneID string
	// Protected makes Pulumi refuse to delete the name in API Gateway.
	Protected bool
}

// Domain is a name for an API: a certificate that is validated by DNS, and renewed by AWS for as long as the validation's
// record is there, the name in API Gateway, and its addresses in the hosted zone. None of these has a price of its own.
// It knows no API: it is there before one switches its own address off, and answers 403 until one is mapped to it.
//
// A zone that the name's parent does not point to (no NS records there) is never validated: the update fails after 75
// minutes, the AWS provider's own limit.
type Domain struct {
	pulumi.ResourceState

	// Name is handed out once API Gateway has it and it resolves.
	Name pulumi.StringOutput
}

// NewDomain makes a Domain. The validation takes minutes.
func NewDomain(ctx *pulumi.Context, name string, args *DomainArgs, opts ...pulumi.ResourceOption) (*Domain, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("domain %s: %w", name, err)
	}
	c := &Domain{}
	if err := ctx.RegisterComponentResource(domainType, name, c, opts...); err != nil {
		return nil, fmt.Errorf("domain %s: %w", name, err)
	}
	if err := c.build(ctx, name, args); err != nil {
		return nil, fmt.Errorf("domain %s: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"name": c.Name})
}

func (a *DomainArgs) validate() error {
	var problems []error
	if a.Name == "" || strings.Contains(a.Name, "*") {
		problems = append(problems, fmt.Errorf("invalid Name %q: must be one name, and no wildcard", a.Name))
	}
	if a.ZoneID == "" {
		problems = append(problems, errors.New("missing ZoneID"))
	}
	return errors.Join(problems...)
}

func (c *Domain) build(ctx *pulumi.Context, name string, args *DomainArgs) error {
	certificate, err := c.newCertificate(ctx, name, args)
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	domain, err := apigatewayv2.NewDomainName(ctx, name, &apigatewayv2.DomainNameArgs{
		DomainName: pulumi.String(args.Name),
		DomainNameConfiguration: &apigatewayv2.DomainNameDomainNameConfigurationArgs{
			CertificateArn: certificate,
			EndpointType:   pulumi.String("REGIONAL"),
			SecurityPolicy: pulumi.String("TLS_1_2"), // the least: TLS 1.3 is spoken as well
			IpAddressType:  pulumi.String("dualstack"),
		},
	}, pulumi.Parent(c), pulumi.Protect(args.Protected))
	if err != nil {
		return fmt.Errorf("domain name: %w", err)
	}
	configuration := known(domain, domain.DomainNameConfiguration)
	target := func(of func(apigatewayv2.DomainNameDomainNameConfiguration) *string) pulumi.StringOutput {
		return configuration.ApplyT(func(v any) (string, error) {
			if target := of(v.(apigatewayv2.DomainNameDomainNameConfiguration)); target != nil {
				return *target, nil
			}
			return "", fmt.Errorf("API Gateway has no address for %s", args.Name)
		}).(pulumi.StringOutput)
	}
	ready := []pulumi.Resource{domain}
	for _, kind := range []string{"A", "AAAA"} {
		record, err := route53.NewRecord(ctx, name+"-"+strings.ToLower(kind), &route53.RecordArgs{
			ZoneId: pulumi.String(args.ZoneID),
			Name:   pulumi.String(args.Name),
			Type:   pulumi.String(kind),
			Aliases: route53.RecordAliasArray{&route53.RecordAliasArgs{
				Name:                 target(func(c apigatewayv2.DomainNameDomainNameConfiguration) *string { return c.TargetDomainName }),
				ZoneId:               target(func(c apigatewayv2.DomainNameDomainNameConfiguration) *string { return c.HostedZoneId }),
				EvaluateTargetHealth: pulumi.Bool(false),
			}},
		}, pulumi.Parent(c))
		if err != nil {
			return fmt.Errorf("%s record: %w", kind, err)
		}
		ready = append(ready, record)
	}
	c.Name = pulumi.OutputWithDependencies(ctx.Context(), pulumi.String(args.Name).ToStringOutput(), ready...).(pulumi.StringOutput)
	return nil
}

// newCertificate returns the certificate's ARN once it is issued. A certificate for one name has one validation record.
func (c *Domain) newCertificate(ctx *pulumi.Context, name string, args *DomainArgs) (pulumi.StringOutput, error) {
	certificate, err := acm.NewCertificate(ctx, name, &acm.CertificateArgs{
		DomainName:       pulumi.String(args.Name),
		ValidationMethod: pulumi.String("DNS"),
	}, pulumi.Parent(c))
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	options := known(certificate, certificate.DomainValidationOptions)
	option := func(of func(acm.CertificateDomainValidationOption) *string) pulumi.StringOutput {
		return options.ApplyT(func(v any) (string, error) {
			options := v.([]acm.CertificateDomainValidationOption)
			if len(options) != 1 || of(options[0]) == nil {
				return "", fmt.Errorf("ACM asks for %d validations of %s, and not for one record", len(options), args.Name)
			}
			return *of(options[0]), nil
		}).(pulumi.StringOutput)
	}
	record, err := route53.NewRecord(ctx, name+"-validation", &route53.RecordArgs{
		ZoneId:  pulumi.String(args.ZoneID),
		Name:    option(func(o acm.CertificateDomainValidationOption) *string { return o.ResourceRecordName }),
		Type:    option(func(o acm.CertificateDomainValidationOption) *string { return o.ResourceRecordType }),
		Records: pulumi.StringArray{option(func(o acm.CertificateDomainValidationOption) *string { return o.ResourceRecordValue })},
		Ttl:     pulumi.Int(60),
		// Every certificate that an account has for a name is validated by the same record, so it may be there already:
		// https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
		AllowOverwrite: pulumi.Bool(true),
	}, pulumi.Parent(c))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("validation record: %w", err)
	}
	validation, err := acm.NewCertificateValidation(ctx, name, &acm.CertificateValidationArgs{
		CertificateArn:        certificate.Arn,
		ValidationRecordFqdns: pulumi.StringArray{record.Fqdn},
	}, pulumi.Parent(c))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("validation: %w", err)
	}
	return validation.CertificateArn, nil
}

// known is an output of a resource, unknown for as long as the resource's id is: in a preview the SDK takes an object as
// known whose fields are not.
func known(resource pulumi.CustomResource, output pulumi.Output) pulumi.AnyOutput {
	return pulumi.All(resource.ID(), output).ApplyT(func(v []any) any { return v[1] }).(pulumi.AnyOutput)
}

// CheckZone asks Route 53 for a hosted zone, and returns an error unless it is public and the name is in it.
func CheckZone(ctx *pulumi.Context, zoneID, name string, opts ...pulumi.InvokeOption) error {
	zone, err := route53.LookupZone(ctx, &route53.LookupZoneArgs{ZoneId: &zoneID}, opts...)
	if err != nil {
		return fmt.Errorf("hosted zone %s of domain.zoneId: %w; `aws route53 list-hosted-zones` lists those of the account", zoneID, err)
	}
	var problems []error
	if zone.PrivateZone != nil && *zone.PrivateZone {
		problems = append(problems, errors.New("it is private, and neither the certificate's authority nor a visitor can look into it: name a public one"))
	}
	if of := strings.TrimSuffix(zone.Name, "."); name != of && !strings.HasSuffix(name, "."+of) {
		problems = append(problems, fmt.Errorf("it is the zone of %s, which domain.name %s is not in", of, name))
	}
	if len(problems) > 0 {
		return fmt.Errorf("hosted zone %s of domain.zoneId: %w", zoneID, errors.Join(problems...))
	}
	return nil
}
