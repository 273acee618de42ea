package front

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/aws/smithy-go"
)

// requestID stands in every answer that is the front's own.
const requestID = "00000000-0000-0000-0000-000000000000"

// writeError answers in the shape that the call's protocol has for errors, so that an AWS client shows the message and
// knows whether to try again.
func writeError(w http.ResponseWriter, call Call, status int, code, message string) {
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
		}{Error: detail{Code: code, Message: message}, RequestID: requestID})
	case call.Service == "s3":
		body, _ = xml.Marshal(struct {
			XMLName xml.Name `xml:"Error"`
			detail
		}{detail: detail{Code: code, Message: message, RequestID: requestID}})
	default:
		body, _ = xml.Marshal(struct {
			XMLName   xml.Name `xml:"ErrorResponse"`
			Error     detail
			RequestID string `xml:"RequestId"`
		}{Error: detail{Type: fault, Code: code, Message: message}, RequestID: requestID})
	}
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("X-Amzn-Errortype", code)
	header.Set("X-Amzn-Requestid", requestID)
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

// refuse answers with the error of the data plane.
func refuse(w http.ResponseWriter, call Call, err error) {
	status, code, message := http.StatusInternalServerError, "InternalFailure", err.Error()
	var known smithy.APIError
	if errors.As(err, &known) {
		status, code, message = http.StatusBadRequest, known.ErrorCode(), known.ErrorMessage()
		switch {
		case known.ErrorFault() == smithy.FaultServer:
			status = http.StatusInternalServerError
		case call.Protocol == RESTJSON && strings.HasPrefix(code, "NotFound"):
			status = http.StatusNotFound
		case call.Protocol == RESTJSON && strings.HasPrefix(code, "Conflict"):
			status = http.StatusConflict
		}
	}
	writeError(w, call, status, code, message)
}

// writeAnswer answers a call that moto does not see.
func writeAnswer(w http.ResponseWriter, call Call, answer []byte) {
	contentType := "text/xml"
	switch call.Protocol {
	case JSON:
		contentType = "application/x-amz-json-1.1"
	case RESTJSON:
		contentType = "application/json"
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	w.Header().Set("X-Amzn-Requestid", requestID)
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(answer)
}
