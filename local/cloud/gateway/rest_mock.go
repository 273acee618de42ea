package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sallyport/local/cloud/declared"
	"sallyport/local/cloud/velocity"
)

// mock is an integration without a backend, such as one that answers browsers' preflights. Its request templates are JSON
// with a status in them, and nothing is evaluated in it; in response templates it is.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
type mock struct {
	statuses  map[string]int // by media type
	asText    bool           // CONVERT_TO_TEXT
	passes    string         // what becomes of payloads without a template
	responses []mockResponse // the default one last
}

type mockResponse struct {
	pattern    *regexp.Regexp // nil for the default
	status     int
	parameters map[string]restExpression
	body       *velocity.Template
}

func newMock(i *declared.RestIntegration, name string) (*mock, string) {
	made := &mock{statuses: map[string]int{}, asText: i.ContentHandling == "CONVERT_TO_TEXT", passes: i.PassthroughBehavior}
	for media, template := range i.RequestTemplates {
		status, err := mockStatus(template)
		if err != nil {
			return nil, fmt.Sprintf("the mock integration of %s: %s", name, err)
		}
		made.statuses[media] = status
	}
	for _, code := range slices.Sorted(maps.Keys(i.IntegrationResponses)) {
		r := i.IntegrationResponses[code]
		response := mockResponse{parameters: map[string]restExpression{}}
		var err error
		if response.body, err = velocity.Parse(r.ResponseTemplates["application/json"]); err != nil {
			return nil, fmt.Sprintf("the mock integration of %s: %s", name, err)
		}
		if response.status, err = strconv.Atoi(code); err != nil || response.status < 200 || response.status > 599 {
			return nil, fmt.Sprintf("the mock integration of %s answers with the status %q", name, code)
		}
		for target, value := range r.ResponseParameters {
			e, err := parseRestExpression(value)
			if err != nil {
				return nil, fmt.Sprintf("the mock integration of %s: %s", name, err)
			}
			response.parameters[strings.TrimPrefix(target, "method.response.header.")] = e
		}
		if r.SelectionPattern != "" {
			if response.pattern, err = regexp.Compile("^(?:" + r.SelectionPattern + ")$"); err != nil {
				return nil, fmt.Sprintf("the selection pattern of the mock integration of %s: %s", name, err)
			}
			made.responses = slices.Insert(made.responses, 0, response)
			continue
		}
		made.responses = append(made.responses, response)
	}
	return made, ""
}

// mockStatus reads the status out of a template.
func mockStatus(template string) (int, error) {
	var asked struct{ StatusCode *int }
	if err := json.Unmarshal([]byte(template), &asked); err != nil || asked.StatusCode == nil || strings.ContainsAny(template, "$#") {
		return 0, fmt.Errorf("the request template %q: it must be JSON with a statusCode, such as {\"statusCode\": 200}, and nothing to evaluate", template)
	}
	return *asked.StatusCode, nil
}

// answerMock answers without a backend. A request without a Content-Type counts as application/json, and what has no
// template goes on as it is, if the integration lets it:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html
// Where every media type is binary, a mock must turn the payload into text to find its template; that it is 500 else is
// what users report.
func (x *restExchange) answerMock(i *restIntegration, payload []byte) {
	if i.binary && !i.mock.asText {
		x.fail(restConfiguration, "the API takes every media type as binary, so a mock integration needs the content handling CONVERT_TO_TEXT")
		return
	}
	media, _, err := mime.ParseMediaType(x.request.Header.Get("Content-Type"))
	if err != nil {
		media = "application/json"
	}
	status, ok := i.mock.statuses[media]
	switch passes := i.mock.passes; {
	case ok:
	case passes == "NEVER" || passes == "WHEN_NO_TEMPLATES" && len(i.mock.statuses) > 0:
		x.fail(unsupportedMedia, fmt.Sprintf("the mock integration has no template for %s", media))
		return
	default:
		if status, err = mockStatus(string(payload)); err != nil {
			x.fail(restConfiguration, fmt.Sprintf("the mock integration has no template for %s, and the payload names no statusCode", media))
			return
		}
	}
	for _, r := range i.mock.responses {
		if r.pattern == nil || r.pattern.MatchString(strconv.Itoa(status)) {
			x.answerWith(r)
			return
		}
	}
	x.fail(restConfiguration, fmt.Sprintf("the mock integration has no response for the status %d, and no default one", status))
}

func (x *restExchange) answerWith(r mockResponse) {
	header := x.writer.Header()
	header.Set("Content-Type", "application/json")
	for name, e := range r.parameters {
		if value, ok := x.evaluate(e, nil); ok {
			header.Set(name, oneLine(value))
		}
	}
	body, headers := templated(r.body, x.request, x.parameters)
	for name, value := range headers {
		header.Set(name, value)
	}
	x.status = r.status
	if r.status != http.StatusNoContent && r.status != http.StatusNotModified {
		header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	x.writer.WriteHeader(r.status)
	written, _ := io.WriteString(x.writer, body)
	x.responseLength = int64(written)
}

// setBody gives a request its payload.
func setBody(r *http.Request, payload []byte) {
	r.Body, r.ContentLength = http.NoBody, int64(len(payload))
	if len(payload) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(payload))
	}
}
