package httpapi

// APIKey is what whoever has one key of a REST API may do. Zero is no limit of the key's own.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
type APIKey struct {
	// Rate in requests a second and Burst in requests.
	Rate  int `json:"rate,omitempty"`
	Burst int `json:"burst,omitempty"`
	// Quota is how many requests there are in a Period: DAY, WEEK or MONTH. Both are set, or neither.
	Quota  int    `json:"quota,omitempty"`
	Period string `json:"period,omitempty"`
}
