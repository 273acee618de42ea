package verify

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"sallyport/inspect/stack"
)

// readOutputs reads the stack's exports. All that is wrong with them is in the error.
func readOutputs(s *stack.Stack) (Outputs, error) {
	if _, ok := s.Outputs["url"]; !ok {
		return Outputs{}, fmt.Errorf("stack %s exports no url: its last update failed or it is not deployed; `make why STACK=%s` tells what broke, and `make up STACK=%s` deploys it",
			s.Name, s.Name, s.Name)
	}
	var problems []error
	text := func(name string) string {
		if s.Output(name) == "" {
			problems = append(problems, fmt.Errorf("%s is missing, or not a text", name))
		}
		return s.Output(name)
	}
	out := Outputs{
		URL:             strings.TrimRight(text("url"), "/"),
		APIID:           text("apiId"),
		ImageRef:        text("imageRef"),
		ClusterName:     text("clusterName"),
		ServiceName:     text("serviceName"),
		LoadBalancerARN: text("loadBalancerArn"),
		TargetGroupARN:  text("targetGroupArn"),
		LogGroupName:    text("logGroupName"),
	}
	switch kind := s.Outputs["gatewayKind"]; kind {
	case nil, "http": // a program from before REST APIs exports none
	case "rest":
		out.REST, out.InvokeURL = true, invokeURL(s, out.APIID)
	default:
		problems = append(problems, fmt.Errorf("gatewayKind is %q, and neither http nor rest", fmt.Sprint(kind)))
	}
	if u, err := url.Parse(out.URL); out.URL != "" && (err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https")) {
		problems = append(problems, fmt.Errorf("url is %q, not the URL of an HTTP API", out.URL))
	}
	if out.ImageRef != "" && !strings.Contains(out.ImageRef, "@") {
		problems = append(problems, fmt.Errorf("imageRef is %q, without the image's digest", out.ImageRef))
	}
	probes, err := readProbes(s.Outputs["probes"])
	if err != nil {
		problems = append(problems, err)
	}
	out.Probes = probes
	if len(problems) > 0 {
		return Outputs{}, fmt.Errorf("the exports of stack %s are not those of this project's program; `make up STACK=%s` writes them anew:\n%w",
			s.Name, s.Name, errors.Join(problems...))
	}
	return out, nil
}

// invokeURL is that of the state's stage of a REST API; empty where it has none.
func invokeURL(s *stack.Stack, apiID string) string {
	for _, stage := range s.OfType("aws:apigateway/stage:Stage") {
		if stage.Outputs["restApi"] == apiID {
			url, _ := stage.Outputs["invokeUrl"].(string)
			return url
		}
	}
	return ""
}

func readProbes(export any) ([]Probe, error) {
	list, isList := export.([]any)
	if !isList {
		return nil, errors.New("probes is missing, or not a list of texts such as GET /")
	}
	probes := []Probe{}
	var problems []error
	for _, element := range list {
		text, _ := element.(string)
		method, path, _ := strings.Cut(text, " ")
		if (method != http.MethodGet && method != http.MethodPost) || !strings.HasPrefix(path, "/") {
			problems = append(problems, fmt.Errorf("probes holds %q, which is not GET or POST, a space and a path", fmt.Sprint(element)))
			continue
		}
		probes = append(probes, Probe{Method: method, Path: path})
	}
	return probes, errors.Join(problems...)
}
