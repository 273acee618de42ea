package network

import "encoding/json"

// accessLog is one line of the access log. The latencies are in milliseconds; their difference is the gateway's own.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
type accessLog struct {
	RequestID          string `json:"requestId"`
	IP                 string `json:"ip"`
	RequestTime        string `json:"requestTime"`
	Method             string `json:"method"`
	Path               string `json:"path"`
	Route              string `json:"route"`
	Protocol           string `json:"protocol"`
	Status             string `json:"status"`
	ResponseLength     string `json:"responseLength"`
	ResponseLatency    string `json:"responseLatency"`
	IntegrationLatency string `json:"integrationLatency"`
	IntegrationStatus  string `json:"integrationStatus"`
	IntegrationError   string `json:"integrationError"`
	ErrorMessage       string `json:"errorMessage"`
}

// accessLogFormat is the same for both kinds of API but for what they call a route. A REST API's path has the stage's name
// before it.
func accessLogFormat(route string) (string, error) {
	format, err := json.Marshal(accessLog{
		RequestID:          "$context.requestId",
		IP:                 "$context.identity.sourceIp",
		RequestTime:        "$context.requestTime",
		Method:             "$context.httpMethod",
		Path:               "$context.path",
		Route:              route,
		Protocol:           "$context.protocol",
		Status:             "$context.status",
		ResponseLength:     "$context.responseLength",
		ResponseLatency:    "$context.responseLatency",
		IntegrationLatency: "$context.integrationLatency",
		IntegrationStatus:  "$context.integrationStatus",
		IntegrationError:   "$context.integrationErrorMessage",
		ErrorMessage:       "$context.error.message",
	})
	return string(format), err
}
