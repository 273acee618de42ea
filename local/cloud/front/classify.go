package front

import (
	"net/http"
	"net/url"
	"strings"
)

// Protocol is one of the wire protocols of AWS's services. They differ in the shape of an error.
type Protocol string

// The protocols, named as in AWS's service models, https://smithy.io/2.0/aws/protocols/
const (
	JSON     Protocol = "json"
	RESTJSON Protocol = "rest-json"
	RESTXML  Protocol = "rest-xml"
	Query    Protocol = "query"
	EC2      Protocol = "ec2"
)

// Call is what a request asks of AWS.
type Call struct {
	// Service is the name that the request was signed for ("ecr"), empty when it is no AWS request.
	Service string
	Region  string
	// Action is the operation's name ("CreateRepository"), or for a REST service method and path ("POST /v2/apis").
	Action   string
	Protocol Protocol
	// Query of a REST service's call with JSON, encoded; empty for all others.
	Query string
	// AccessKey is the id of the key that the request was signed with.
	AccessKey string
}

// Classify reads what a request asks for, without checking it. A form body is read and put back.
func Classify(r *http.Request) Call {
	call := Call{Action: r.Method + " " + r.URL.Path, Protocol: RESTJSON}
	call.Service, call.Region, call.AccessKey = signedFor(r)
	if call.Service == "" {
		return call
	}
	if _, action, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		call.Action, call.Protocol = action, JSON
		return call
	}
	call.Query = r.URL.RawQuery
	switch call.Service {
	case "s3", "route53", "cloudfront":
		call.Protocol, call.Query = RESTXML, ""
		return call
	}
	action := r.URL.Query().Get("Action")
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") && r.Body != nil {
		if form, err := url.ParseQuery(string(peek(r))); err == nil && form.Has("Action") {
			action = form.Get("Action")
		}
	}
	if action != "" {
		call.Action, call.Protocol, call.Query = action, Query, ""
		if call.Service == "ec2" {
			call.Protocol = EC2
		}
	}
	return call
}

// signedFor reads service, region and key from the credential scope of a version 4 signature:
// KEY/DATE/REGION/SERVICE/aws4_request, https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
func signedFor(r *http.Request) (service, region, key string) {
	_, scope, found := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	if found {
		scope, _, _ = strings.Cut(scope, ",")
		scope, _, _ = strings.Cut(scope, " ")
	} else {
		scope = r.URL.Query().Get("X-Amz-Credential")
	}
	parts := strings.Split(scope, "/")
	if len(parts) < 5 || parts[len(parts)-1] != "aws4_request" || parts[len(parts)-2] == "" {
		return "", "", ""
	}
	return strings.ToLower(parts[len(parts)-2]), parts[len(parts)-3], parts[0]
}
