package front

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strconv"
)

// writeError answers in the shape that the call's protocol has for errors, so that an AWS client shows the message and
// knows whether to try again.
func writeError(w http.ResponseWriter, call Call, status int, code, message string) {
	const request = "00000000-0000-0000-0000-000000000000"
	type detail struct {
		Type      string `xml:",omitempty"`
		Code      string
		Message   string
		RequestID string `xml:"RequestId,omitempty"`
	}
	fault := "Sender"
	if status >= 500 {
		fault = "Receiver"
	}
	var body []byte
	contentType := "text/xml"
	switch {
	case call.Protocol == JSON:
		contentType = "application/x-amz-json-1.1"
		body, _ = json.Marshal(map[string]string{"__type": code, "message": message})
	case call.Protocol == RESTJSON:
		contentType = "application/json"
		body, _ = json.Marshal(map[string]string{"message": message})
	case call.Protocol == EC2:
		body, _ = xml.Marshal(struct {
			XMLName   xml.Name `xml:"Response"`
			Error     detail   `xml:"Errors>Error"`
			RequestID string
		}{Error: detail{Code: code, Message: message}, RequestID: request})
	case call.Service == "s3":
		body, _ = xml.Marshal(struct {
			XMLName xml.Name `xml:"Error"`
			detail
		}{detail: detail{Code: code, Message: message, RequestID: request}})
	default:
		body, _ = xml.Marshal(struct {
			XMLName   xml.Name `xml:"ErrorResponse"`
			Error     detail
			RequestID string `xml:"RequestId"`
		}{Error: detail{Type: fault, Code: code, Message: message}, RequestID: request})
	}
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("X-Amzn-Errortype", code)
	header.Set("X-Amzn-Requestid", request)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// throttled returns the status and code with which a service of this protocol turns a caller away for asking too often.
func throttled(call Call) (int, string) {
	switch call.Protocol {
	case EC2:
		return http.StatusServiceUnavailable, "RequestLimitExceeded"
	case RESTXML:
		if call.Service == "s3" {
			return http.StatusServiceUnavailable, "SlowDown"
		}
		return http.StatusBadRequest, "Throttling"
	case Query:
		return http.StatusBadRequest, "Throttling"
	case RESTJSON:
		return http.StatusTooManyRequests, "TooManyRequestsException"
	}
	return http.StatusBadRequest, "ThrottlingException"
}
