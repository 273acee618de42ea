package dataplane

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/aws/smithy-go"

	"sallyport/local/cloud/front"
)

// policyPath is a call about who may call a Lambda function: AddPermission, GetPolicy or RemovePermission.
var policyPath = regexp.MustCompile(`^(GET|POST|DELETE) /2015-03-31/functions/([^/]+)/policy(?:/([^/]+))?/?$`)

// policies are the permissions of Lambda functions that are not in moto, by the function's name, in the order in which they
// were added: a stack may lead routes to functions of its account, and the local cloud has none.
type policies struct {
	mu         sync.Mutex
	byFunction map[string][]statement
}

// statement is one permission, as the policy of a function has it.
type statement struct {
	Sid       string
	Effect    string
	Principal map[string]string
	Action    string
	Resource  string
	Condition map[string]map[string]string `json:",omitempty"`
}

// functionPolicy answers for a function that moto doesn't know; the answer is nil where it does. Nothing is called by
// these permissions, and nothing is refused for a lack of one.
// https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
func (r *region) functionPolicy(ctx context.Context, call front.Call, input []byte) ([]byte, error) {
	part := policyPath.FindStringSubmatch(call.Action)
	method, name, sid := part[1], part[2], part[3]
	_, status, err := r.moto(ctx, "lambda", http.MethodGet, "/2015-03-31/functions/"+url.PathEscape(name), nil)
	if err != nil || status != http.StatusNotFound {
		return nil, err
	}
	arn := name
	if !strings.HasPrefix(name, "arn:") {
		arn = fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s", r.name, account, name)
	}
	p := &r.policies
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.byFunction[arn]
	switch method {
	case http.MethodPost:
		made, err := newStatement(call, arn, input)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(known, func(s statement) bool { return s.Sid == made.Sid }) {
			return nil, &smithy.GenericAPIError{Code: "ResourceConflictException", Message: fmt.Sprintf("The statement id (%s) provided already exists.", made.Sid)}
		}
		if p.byFunction == nil {
			p.byFunction = map[string][]statement{}
		}
		p.byFunction[arn] = append(known, made)
		return nested("Statement", made)
	case http.MethodGet:
		if len(known) > 0 {
			return nested("Policy", map[string]any{"Version": "2012-10-17", "Id": "default", "Statement": known})
		}
	case http.MethodDelete:
		left := slices.DeleteFunc(slices.Clone(known), func(s statement) bool { return s.Sid == sid })
		if len(left) < len(known) {
			p.byFunction[arn] = left
			return []byte("{}"), nil
		}
	}
	return nil, &smithy.GenericAPIError{Code: "ResourceNotFoundException", Message: "The resource you requested does not exist."}
}

func newStatement(call front.Call, arn string, input []byte) (statement, error) {
	var asked struct{ StatementID, Action, Principal, SourceARN, SourceAccount string }
	if err := json.Unmarshal(input, &asked); err != nil || asked.StatementID == "" {
		return statement{}, &smithy.GenericAPIError{Code: "InvalidParameterValueException", Message: "the body is no JSON object with a StatementId"}
	}
	made := statement{
		Sid: asked.StatementID, Effect: "Allow", Principal: map[string]string{"Service": asked.Principal}, Action: asked.Action, Resource: arn,
	}
	if query, err := url.ParseQuery(call.Query); err == nil && query.Get("Qualifier") != "" {
		made.Resource += ":" + query.Get("Qualifier")
	}
	if asked.SourceARN != "" {
		made.Condition = map[string]map[string]string{"ArnLike": {"AWS:SourceArn": asked.SourceARN}}
	}
	if asked.SourceAccount != "" {
		if made.Condition == nil {
			made.Condition = map[string]map[string]string{}
		}
		made.Condition["StringEquals"] = map[string]string{"AWS:SourceAccount": asked.SourceAccount}
	}
	return made, nil
}

// nested is an answer with a document as text in it.
func nested(name string, document any) ([]byte, error) {
	encoded, err := json.Marshal(document)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]string{name: string(encoded)})
}
