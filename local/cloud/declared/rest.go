package declared

// RestAPI is a REST API, with its stages and what each of its deployments holds. The fields of all types here are those
// of https://docs.aws.amazon.com/apigateway/latest/api/API_Operations.html
type RestAPI struct {
	ID, Name string
	// Stages are by name.
	Stages map[string]RestStage
	// Deployments are by id. What was declared after one was made is not in it.
	Deployments map[string]RestDefinition
}

// RestDefinition is all of a REST API that is in a deployment.
type RestDefinition struct {
	DisableExecuteAPIEndpoint bool
	BinaryMediaTypes          []string
	Resources                 []RestResource
	Authorizers               map[string]RestAuthorizer  // by id
	GatewayResponses          map[string]GatewayResponse // by type
}

// RestResource is a path of a REST API, such as /teams/{code}, with its methods by name.
type RestResource struct {
	ID, ParentID, Path string
	ResourceMethods    map[string]RestMethod
}

// RestMethod is a method of a resource; without an integration it can't be deployed.
type RestMethod struct {
	HTTPMethod, AuthorizationType, AuthorizerID string
	AuthorizationScopes                         []string
	APIKeyRequired                              bool
	// RequestParameters are those that an integration may use, with whether they are required.
	RequestParameters map[string]bool
	MethodIntegration *RestIntegration
}

// RestIntegration is where the requests of a method go.
type RestIntegration struct {
	// HTTPMethod is that of the request to the backend.
	Type, HTTPMethod, URI, ConnectionType, ConnectionID, ContentHandling, PassthroughBehavior string
	RequestParameters, RequestTemplates                                                       map[string]string
	TimeoutInMillis                                                                           int
	// IntegrationResponses are by status.
	IntegrationResponses map[string]IntegrationResponse
}

// IntegrationResponse is what a backend's answer becomes, where the integration is no proxy.
type IntegrationResponse struct {
	StatusCode, SelectionPattern          string
	ResponseParameters, ResponseTemplates map[string]string
}

// RestAuthorizer is an authorizer of a REST API.
type RestAuthorizer struct {
	ID, Name, Type, AuthorizerURI, IdentitySource, IdentityValidationExpression string
	ProviderARNs                                                                []string
	AuthorizerResultTTLInSeconds                                                *int
}

// GatewayResponse is an answer of the gateway's own, as it is changed.
type GatewayResponse struct {
	ResponseType, StatusCode              string
	ResponseParameters, ResponseTemplates map[string]string
}

// RestStage is a stage of a REST API.
type RestStage struct {
	StageName, DeploymentID, WebACLARN string
	TracingEnabled                     bool
	Variables                          map[string]string
	AccessLogSettings                  *struct{ DestinationARN, Format string }
	// MethodSettings are by PATH/METHOD without the slash at the beginning, or */*.
	MethodSettings map[string]MethodSettings
}

// MethodSettings are a stage's settings for a method. A limit below 0 is none.
type MethodSettings struct {
	ThrottlingRateLimit  *float64 // requests a second
	ThrottlingBurstLimit *int     // requests
}

// UsagePlan says how much the holders of API keys may ask of stages.
type UsagePlan struct {
	ID, Name  string
	APIStages []APIStage
	Throttle  *Limits // nil for none
	Quota     *Quota  // nil for none
	Keys      []string
}

// APIStage names a stage of a REST API.
type APIStage struct{ APIID, Stage string }

// Limits are those of a token bucket.
type Limits struct {
	RateLimit  float64 // requests a second
	BurstLimit int     // requests
}

// Quota is how many requests a key may make in a period, which is DAY, WEEK or MONTH. In the first period it is Offset
// fewer.
type Quota struct {
	Limit, Offset int
	Period        string
}

// APIKey is an API key.
type APIKey struct {
	ID, Name, Value string
	Enabled         bool
}

// RestVpcLink is a VPC link of REST APIs, which leads to a Network Load Balancer.
type RestVpcLink struct {
	ID, Name, Status string
	TargetARNs       []string
}

// Rest is what was declared of REST APIs, in maps by id.
type Rest struct {
	RestAPIs     map[string]RestAPI
	UsagePlans   map[string]UsagePlan
	APIKeys      map[string]APIKey
	RestVpcLinks map[string]RestVpcLink
}
