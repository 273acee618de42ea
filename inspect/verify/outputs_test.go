package verify

import (
	"maps"
	"reflect"
	"testing"

	"sallyport/inspect/stack"
)

// exported are the exports of a stack that is well.
func exported() map[string]any {
	return map[string]any{
		"url": "https://abc.execute-api.us-east-1.amazonaws.com/", "apiId": "abc", "imageRef": "repo@sha256:1",
		"clusterName": "c", "serviceName": "s", "loadBalancerArn": "arn:lb", "targetGroupArn": "arn:tg", "logGroupName": "app",
		"probes": []any{"GET /", "POST /api/echo"},
	}
}

func TestOutputs(t *testing.T) {
	t.Run("the exports of a stack are read", func(t *testing.T) {
		out, err := readOutputs(&stack.Stack{Name: "dev", Outputs: exported()})
		want := Outputs{
			URL: "https://abc.execute-api.us-east-1.amazonaws.com", APIID: "abc", ImageRef: "repo@sha256:1",
			ClusterName: "c", ServiceName: "s", LoadBalancerARN: "arn:lb", TargetGroupARN: "arn:tg", LogGroupName: "app",
			Probes: []Probe{{"GET", "/"}, {"POST", "/api/echo"}},
		}
		if err != nil || !reflect.DeepEqual(out, want) {
			t.Errorf("they are %+v, %v", out, err)
		}
	})
	refused := func(t *testing.T, outputs map[string]any, want string) {
		t.Helper()
		if _, err := readOutputs(&stack.Stack{Name: "dev", Outputs: outputs}); err == nil || err.Error() != want {
			t.Errorf("it said %v", err)
		}
	}
	t.Run("a stack without an url is not deployed, or its update failed", func(t *testing.T) {
		refused(t, nil, "stack dev exports no url: its last update failed or it is not deployed; `make why STACK=dev` tells what broke, and `make up STACK=dev` deploys it")
	})
	t.Run("all that is wrong is said at once", func(t *testing.T) {
		outputs := exported()
		maps.Copy(outputs, map[string]any{"url": "ftp://x", "imageRef": "repo:latest", "apiId": 7, "probes": []any{"GET /", "DELETE /", 3, "GET"}})
		delete(outputs, "clusterName")
		refused(t, outputs, "the exports of stack dev are not those of this project's program; `make up STACK=dev` writes them anew:\n"+
			"apiId is missing, or not a text\n"+
			"clusterName is missing, or not a text\n"+
			`url is "ftp://x", not the URL of an HTTP API`+"\n"+
			`imageRef is "repo:latest", without the image's digest`+"\n"+
			`probes holds "DELETE /", which is not GET or POST, a space and a path`+"\n"+
			`probes holds "3", which is not GET or POST, a space and a path`+"\n"+
			`probes holds "GET", which is not GET or POST, a space and a path`)
	})
	t.Run("a stack may have no request that anybody may send", func(t *testing.T) {
		outputs := exported()
		outputs["probes"] = []any{}
		if out, err := readOutputs(&stack.Stack{Name: "dev", Outputs: outputs}); err != nil || out.Probes == nil || len(out.Probes) != 0 {
			t.Errorf("the probes are %#v, %v", out.Probes, err)
		}
	})
	t.Run("a stack of a program without probes is told to be updated", func(t *testing.T) {
		outputs := exported()
		delete(outputs, "probes")
		refused(t, outputs, "the exports of stack dev are not those of this project's program; `make up STACK=dev` writes them anew:\n"+
			"probes is missing, or not a list of texts such as GET /")
	})
}
