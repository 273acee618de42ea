package front

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Local says what stands on this machine for what AWS has elsewhere.
type Local struct {
	// RegistryAddr is the host and port of the image registry, which stands for ACCOUNT.dkr.ecr.REGION.amazonaws.com.
	RegistryAddr string
	// Password returns the registry's password for the repositories of a region.
	Password func(region string) string
	// Endpoint returns the URL of an HTTP API, which stands for https://ID.execute-api.REGION.amazonaws.com.
	Endpoint func(id string) string
}

// tokenLife is how long ECR's tokens are good, https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
const tokenLife = 12 * time.Hour

// concerns reports whether an answer to the call may hold something that must be local.
func (Local) concerns(call Call) bool {
	return call.Service == "ecr" && call.Protocol == JSON || call.Service == "apigateway" && isAPIs(call.Action)
}

var apis = regexp.MustCompile(`^[A-Z]+ /v2/apis(/[^/]+)?/?$`)

func isAPIs(action string) bool { return apis.MatchString(action) }

// rewrite returns the answer to a call with everything local in its place, and the ids of the APIs in it.
func (l Local) rewrite(call Call, body []byte) (rewritten []byte, apiIDs []string, err error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return body, nil, nil
	}
	answer, err := decode(body)
	if err == nil {
		l.walk(call, answer, &apiIDs)
		rewritten, err = encode(answer)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("answer to %s %s: %w", call.Service, call.Action, err)
	}
	return rewritten, apiIDs, nil
}

func decode(body []byte) (value any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // a timestamp must come out as it went in
	err = decoder.Decode(&value)
	return value, err
}

func encode(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimRight(out.Bytes(), "\n"), err
}

func (l Local) walk(call Call, value any, apiIDs *[]string) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			l.walk(call, item, apiIDs)
		}
	case map[string]any:
		if call.Service == "ecr" {
			l.ecr(value)
		} else if id, ok := value["apiId"].(string); ok && value["apiEndpoint"] != nil {
			value["apiEndpoint"] = l.Endpoint(id)
			*apiIDs = append(*apiIDs, id)
		}
		for name, item := range value {
			if name != "tags" { // the user's own names and values
				l.walk(call, item, apiIDs)
			}
		}
	}
}

var ecrHost = regexp.MustCompile(`^(?:https://)?\d+\.dkr\.ecr\.([a-z0-9-]+)\.`)

func (l Local) ecr(object map[string]any) {
	if uri, ok := object["repositoryUri"].(string); ok && ecrHost.MatchString(uri) {
		_, name, _ := strings.Cut(uri, "/")
		object["repositoryUri"] = l.RegistryAddr + "/" + name
	}
	endpoint, _ := object["proxyEndpoint"].(string)
	if host := ecrHost.FindStringSubmatch(endpoint); host != nil {
		object["proxyEndpoint"] = "http://" + l.RegistryAddr
		object["authorizationToken"] = base64.StdEncoding.EncodeToString([]byte("AWS:" + l.Password(host[1])))
		// moto says 2015: a client that looks would not use it.
		object["expiresAt"] = time.Now().Add(tokenLife).Unix()
	}
}
