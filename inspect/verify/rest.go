package verify

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	resttypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// Rest is what AWS says of a REST API.
type Rest struct {
	API     *apigateway.GetRestApiOutput
	Stages  []resttypes.Stage
	Methods []Method            // that the stages serve
	Links   []resttypes.VpcLink // that the methods name
}

// Method is a method of a REST API as a stage serves it, which is what its deployment holds. What has been declared since
// is not in it.
type Method struct {
	Stage, Path string
	Name        string // such as GET, or ANY
	Integration Integration
}

// Integration is where the requests of a Method go, as an export has it:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
type Integration struct {
	Type           string `json:"type"` // such as http_proxy
	URI            string `json:"uri"`
	ConnectionType string `json:"connectionType"`
	ConnectionID   string `json:"connectionId"`
}

func (m Method) String() string { return m.Name + " " + m.Path + " of stage " + m.Stage }

// byLink tells whether requests go by a VPC link.
func (i Integration) byLink() bool { return strings.EqualFold(i.ConnectionType, "VPC_LINK") }

// elsewhere tells a method whose requests are not for the tasks: API Gateway answers them itself, as it does where
// gateway.routes denies, or a Lambda function does.
func (i Integration) elsewhere() bool {
	return strings.EqualFold(i.Type, "mock") || strings.EqualFold(i.Type, "aws_proxy") && strings.Contains(i.URI, ":lambda:path/")
}

// hasAPI tells whether AWS has the stack's API.
func (f *Facts) hasAPI() bool { return f.API != nil || f.Rest.API != nil }

// endpoint is the API's own URL; empty where it is not known.
func (f *Facts) endpoint() string {
	if f.Rest.API != nil {
		return f.Outputs.InvokeURL
	}
	if f.API != nil {
		return aws.ToString(f.API.ApiEndpoint)
	}
	return ""
}

// endpointDisabled tells whether the API answers at its custom domain names alone.
func (f *Facts) endpointDisabled() bool {
	return f.API != nil && aws.ToBool(f.API.DisableExecuteApiEndpoint) || f.Rest.API != nil && f.Rest.API.DisableExecuteApiEndpoint
}

// stageLog is where a stage's access log goes, and how its lines are written; empty where there is none.
type stageLog struct{ stage, destination, format string }

func (f *Facts) stageLogs() []stageLog {
	var logs []stageLog
	for _, s := range f.Stages {
		l := stageLog{stage: aws.ToString(s.StageName)}
		if s.AccessLogSettings != nil {
			l.destination, l.format = aws.ToString(s.AccessLogSettings.DestinationArn), aws.ToString(s.AccessLogSettings.Format)
		}
		logs = append(logs, l)
	}
	for _, s := range f.Rest.Stages {
		l := stageLog{stage: aws.ToString(s.StageName)}
		if s.AccessLogSettings != nil {
			l.destination, l.format = aws.ToString(s.AccessLogSettings.DestinationArn), aws.ToString(s.AccessLogSettings.Format)
		}
		logs = append(logs, l)
	}
	return logs
}
