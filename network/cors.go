package network

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigatewayv2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"sallyport/internal/httpapi"
)

// CORS is what pages of other origins may do with the API.
type CORS = httpapi.CORS

// cors is nothing where nothing is set: an empty configuration would be a change to a stack that has none.
func (a *GatewayArgs) cors() apigatewayv2.ApiCorsConfigurationPtrInput {
	if a.CORS.IsZero() {
		return nil
	}
	made := &apigatewayv2.ApiCorsConfigurationArgs{
		AllowOrigins:     pulumi.ToStringArray(a.CORS.AllowOrigins),
		AllowMethods:     pulumi.ToStringArray(a.CORS.AllowMethods),
		AllowHeaders:     pulumi.ToStringArray(a.CORS.AllowHeaders),
		ExposeHeaders:    pulumi.ToStringArray(a.CORS.ExposeHeaders),
		AllowCredentials: pulumi.Bool(a.CORS.AllowCredentials),
	}
	if a.CORS.MaxAge != 0 {
		made.MaxAge = pulumi.Int(a.CORS.MaxAge)
	}
	return made
}
