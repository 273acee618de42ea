package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/internal/settings"
	"sallyport/monitoring"
	"sallyport/network"
	"sallyport/security"
)

// door is the API, of the kind that the settings choose, and the load balancer behind it.
type door struct {
	url     pulumi.StringOutput
	apiID   pulumi.StringOutput
	metrics monitoring.API
	apiKeys pulumi.StringMapOutput // of a REST API that has some

	loadBalancerARN pulumi.StringOutput
	targetGroupARN  pulumi.StringOutput
	requestMetric   pulumi.StringInput // nil where the balancer counts no requests
}

// newDoor makes the door. It opens last: its URL is handed out once all of it is there.
func newDoor(ctx *pulumi.Context, s *settings.Settings, vpc *place, groups *security.Groups, options pulumi.ResourceOption) (*door, error) {
	domainName, err := newDomain(ctx, s, options)
	if err != nil {
		return nil, err
	}
	if s.Gateway.REST() {
		return newRestDoor(ctx, s, vpc, groups, domainName, options)
	}
	behind, err := network.NewLoadBalancer(ctx, s.Name, &network.LoadBalancerArgs{
		VpcID:               vpc.id,
		SubnetIDs:           vpc.privateSubnetIDs,
		SecurityGroupID:     groups.BalancerGroupID,
		ListenerPort:        listenerPort(s),
		ContainerPort:       s.App.Port,
		HealthPath:          s.App.HealthPath,
		IdleTimeout:         s.LoadBalancer.IdleTimeout,
		DeregistrationDelay: s.LoadBalancer.DeregistrationDelay,
		CertificateARN:      s.LoadBalancer.CertificateARN,
		WebACLARN:           s.LoadBalancer.WebACLARN,
		Protected:           s.Protected,
	}, options)
	if err != nil {
		return nil, err
	}
	args := &network.GatewayArgs{
		ListenerARN:      behind.ListenerARN,
		SubnetIDs:        vpc.privateSubnetIDs,
		SecurityGroupID:  groups.LinkGroupID,
		VpcLinkID:        s.Gateway.VpcLinkID,
		Timeout:          s.Gateway.Timeout,
		ThrottleBurst:    s.Gateway.ThrottleBurst,
		ThrottleRate:     s.Gateway.ThrottleRate,
		Retention:        s.Logs.Retention,
		ServerName:       s.LoadBalancer.ServerName,
		DomainName:       domainName,
		Routes:           s.Gateway.Routes,
		Default:          s.Gateway.Default,
		CORS:             s.Gateway.CORS,
		PublicHostHeader: s.Gateway.PublicHostHeader,
		Protected:        s.Protected,
	}
	if s.LoadBalancer.WebACLARN != "" {
		args.ClientIPHeader = settings.ClientIPHeader
	}
	gateway, err := network.NewGateway(ctx, s.Name, args, options)
	if err != nil {
		return nil, err
	}
	return &door{
		url: gateway.URL, apiID: gateway.APIID, metrics: monitoring.API{ID: gateway.APIID},
		loadBalancerARN: behind.LoadBalancerARN, targetGroupARN: behind.TargetGroupARN, requestMetric: behind.RequestMetric,
	}, nil
}

// newRestDoor makes a REST API, whose web ACL sees the client's address itself.
func newRestDoor(ctx *pulumi.Context, s *settings.Settings, vpc *place, groups *security.Groups, domainName pulumi.StringInput, options pulumi.ResourceOption) (*door, error) {
	behind, err := network.NewNetworkLoadBalancer(ctx, s.Name, &network.NetworkLoadBalancerArgs{
		VpcID:               vpc.id,
		SubnetIDs:           vpc.privateSubnetIDs,
		SecurityGroupID:     groups.BalancerGroupID,
		ListenerPort:        listenerPort(s),
		ContainerPort:       s.App.Port,
		HealthPath:          s.App.HealthPath,
		DeregistrationDelay: s.LoadBalancer.DeregistrationDelay,
		CertificateARN:      s.LoadBalancer.CertificateARN,
		Protected:           s.Protected,
	}, options)
	if err != nil {
		return nil, err
	}
	args := &network.RestAPIArgs{
		LoadBalancerARN:     behind.LoadBalancerARN,
		LoadBalancerDNSName: behind.DNSName,
		ListenerPort:        listenerPort(s),
		ServerName:          s.LoadBalancer.ServerName,
		Timeout:             s.Gateway.Timeout,
		ThrottleBurst:       s.Gateway.ThrottleBurst,
		ThrottleRate:        s.Gateway.ThrottleRate,
		Retention:           s.Logs.Retention,
		Region:              s.AWS.Region,
		LogsRole:            s.Gateway.LogsRole,
		Routes:              s.Gateway.Routes,
		Default:             s.Gateway.Default,
		CORS:                s.Gateway.CORS,
		PublicHostHeader:    s.Gateway.PublicHostHeader,
		DomainName:          domainName,
		APIKeys:             s.Gateway.APIKeys,
		Tracing:             s.Gateway.Tracing,
		WebACLARN:           s.Gateway.WebACLARN,
		Protected:           s.Protected,
	}
	if s.Gateway.LogsRole == settings.LogsRoleCreate {
		role, err := security.NewGatewayLogsRole(ctx, s.Name, &security.GatewayLogsRoleArgs{Region: s.AWS.Region}, options)
		if err != nil {
			return nil, err
		}
		args.LogsRoleARN = role.RoleARN
	}
	api, err := network.NewRestAPI(ctx, s.Name, args, options)
	if err != nil {
		return nil, err
	}
	return &door{
		url: api.URL, apiID: api.APIID, metrics: monitoring.API{Name: api.Name}, apiKeys: api.APIKeys,
		loadBalancerARN: behind.LoadBalancerARN, targetGroupARN: behind.TargetGroupARN,
	}, nil
}

// listenerPort is where the load balancer listens for the VPC link.
func listenerPort(s *settings.Settings) int {
	if s.LoadBalancer.CertificateARN != "" {
		return 443
	}
	return 80
}
