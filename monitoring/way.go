package monitoring

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/internal/httpapi"
)

// way is how CloudWatch names what a request goes through: an HTTP API and an Application Load Balancer, or a REST API and
// a Network Load Balancer, which counts connections, and so knows neither requests nor errors.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
type way struct {
	clientErrors, serverErrors string // metrics of the API
	count                      string // the statistic by which its Count is a number of requests
	balancer                   string // the namespace
	requests                   bool   // the balancer knows them
}

func wayOf(rest bool) way {
	if rest {
		return way{"4XXError", "5XXError", "SampleCount", networkNamespace, false}
	}
	return way{"4xx", "5xx", "Sum", balancerNamespace, true}
}

// API is what CloudWatch knows an API by: ID of an HTTP API, or Name of a REST API. Just one of them is set.
type API struct {
	ID   pulumi.StringInput
	Name pulumi.StringInput
}

func (a API) valid() bool { return (a.ID == nil) != (a.Name == nil) }

func (a API) rest() bool { return a.Name != nil }

// value is what is set.
func (a API) value() pulumi.StringInput {
	if a.rest() {
		return a.Name
	}
	return a.ID
}

func (a API) dimensions() pulumi.StringMap {
	if a.rest() {
		return pulumi.StringMap{"ApiName": a.Name, "Stage": pulumi.String(httpapi.Stage)}
	}
	return pulumi.StringMap{"ApiId": a.ID}
}
