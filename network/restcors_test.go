package network_test

import (
	"testing"

	"sallyport/network"
)

func TestRestCORS(t *testing.T) {
	with := func(cors network.CORS) map[string]any {
		return document(t, restDoor(t, func(a *network.RestAPIArgs) {
			a.CORS, a.Routes = cors, []network.Route{{Path: "/ops", Methods: []string{"GET"}, Auth: "iam"}}
		}))
	}
	one := with(network.CORS{
		AllowOrigins: []string{"https://www.example.com"}, AllowMethods: []string{"GET", "PUT"}, AllowHeaders: []string{"x-a"}, ExposeHeaders: []string{"x-b"},
		MaxAge: 60, AllowCredentials: true,
	})
	t.Run("a preflight is answered at every path, whoever asks", func(t *testing.T) {
		for _, path := range []string{"/", "/{proxy+}", "/ops"} {
			holds(t, one, "paths|"+path+"|options|security", "")
			holds(t, one, "paths|"+path+"|options"+integrationOf+"|responses|default|responseParameters", `{"method.response.header.Access-Control-Allow-Credentials":"'true'",`+
				`"method.response.header.Access-Control-Allow-Headers":"'x-a'","method.response.header.Access-Control-Allow-Methods":"'GET,PUT'","method.response.header.Access-Control-Max-Age":"'60'","method.response.header.Vary":"'Origin'"}`)
			holds(t, one, "paths|"+path+"|options"+integrationOf+"|contentHandling", `"CONVERT_TO_TEXT"`)
			holds(t, one, "paths|"+path+"|options"+integrationOf+"|requestTemplates", `{"application/json":"{\"statusCode\":204}"}`)
		}
	})
	t.Run("the headers of an answer are declared", func(t *testing.T) {
		holds(t, one, "paths|/|options|responses|204|headers|Vary", `{"schema":{"type":"string"}}`)
	})
	t.Run("the errors of API Gateway tell the one origin that it may read them", func(t *testing.T) {
		const headers = `{"responseParameters":{"gatewayresponse.header.Access-Control-Allow-Credentials":"'true'","gatewayresponse.header.Access-Control-Allow-Origin":"'https://www.example.com'","gatewayresponse.header.Access-Control-Expose-Headers":"'x-b'"}}`
		holds(t, one, "x-amazon-apigateway-gateway-responses|DEFAULT_4XX", headers)
		holds(t, one, "x-amazon-apigateway-gateway-responses|DEFAULT_5XX", headers)
	})
	several := with(network.CORS{AllowOrigins: []string{"https://a.example", "http://*"}})
	t.Run("of several origins a preflight names the one that asks, and no other", func(t *testing.T) {
		const template = `{"application/json":"#set($headers = $input.params().header)\n#set($origin = $headers.get(\"Origin\"))\n#if(!$origin)#set($origin = $headers.get(\"origin\"))#end\n` +
			`#if($origin == \"https://a.example\" || $origin.startsWith(\"http://\"))\n#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)\n#end"}`
		holds(t, several, "paths|/ops|options"+integrationOf+"|responses|default|responseTemplates", template)
		holds(t, several, "x-amazon-apigateway-gateway-responses", "")
	})
	t.Run("any origin is one that needs no template", func(t *testing.T) {
		all := with(network.CORS{AllowOrigins: []string{"*"}})
		holds(t, all, "paths|/ops|options"+integrationOf+"|responses|default", `{"responseParameters":{"method.response.header.Access-Control-Allow-Origin":"'*'"},"statusCode":"204"}`)
	})
	t.Run("without it OPTIONS are the app's", func(t *testing.T) {
		none := with(network.CORS{})
		holds(t, none, "paths|/ops|options", "")
		holds(t, none, "x-amazon-apigateway-gateway-responses", "")
	})
}
