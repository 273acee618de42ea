package dataplane

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
)

func TestAStageIsUpdated(t *testing.T) {
	stages := map[string]any{
		"$default": map[string]any{
			"stageName": "$default", "autoDeploy": true, "createdDate": "2026-01-01T00:00:00Z",
			"defaultRouteSettings": map[string]any{"throttlingBurstLimit": 500.0, "throttlingRateLimit": 1000.0},
			"routeSettings":        map[string]any{"GET /a": map[string]any{"throttlingBurstLimit": 1.0}},
		},
	}
	moto := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" { // a Region reads its default VPC
			w.WriteHeader(http.StatusNotFound)
			return
		}
		if !strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/apigateway/aws4_request") {
			t.Errorf("moto would not know whose call it is: %v", r.Header)
		}
		name := strings.TrimPrefix(r.URL.Path, "/v2/apis/abc/stages/")
		if r.Method == http.MethodPost {
			var stage map[string]any
			body, _ := io.ReadAll(r.Body)
			if err := json.Unmarshal(body, &stage); err != nil || r.URL.Path != "/v2/apis/abc/stages" {
				t.Errorf("%v %s", err, r.URL.Path)
			}
			name = stage["stageName"].(string)
			stages[name] = stage
		}
		if stages[name] == nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_ = json.NewEncoder(w).Encode(stages[name])
	}))
	defer moto.Close()
	p := &Plane{Upstream: func() (string, bool) { return strings.TrimPrefix(moto.URL, "http://"), true }, Log: slog.New(slog.DiscardHandler)}
	defer p.Close(t.Context())
	r, err := p.region("eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	update := func(name, input string) ([]byte, error) {
		return r.updateStage(t.Context(), "/v2/apis/abc/stages/"+name, []byte(input))
	}

	t.Run("what the call names is changed, and all else stays", func(t *testing.T) {
		answer, err := update("$default", `{"defaultRouteSettings":{"throttlingBurstLimit":7},"routeSettings":{"GET /b":{}},"description":null}`)
		var stage map[string]any
		if err != nil || json.Unmarshal(answer, &stage) != nil {
			t.Fatal(err, string(answer))
		}
		want := map[string]any{
			"stageName": "$default", "autoDeploy": true, "createdDate": "2026-01-01T00:00:00Z",
			"defaultRouteSettings": map[string]any{"throttlingBurstLimit": 7.0},
			"routeSettings":        map[string]any{"GET /a": map[string]any{"throttlingBurstLimit": 1.0}, "GET /b": map[string]any{}},
		}
		if !reflect.DeepEqual(stage, want) || !reflect.DeepEqual(stages["$default"], want) {
			t.Errorf("%v\nwant\n%v", stage, want)
		}
	})
	t.Run("the settings of one route are taken out", func(t *testing.T) {
		if _, err := r.deleteRouteSettings(t.Context(), "/v2/apis/abc/stages/$default/routesettings/GET /a"); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{"GET /b": map[string]any{}}
		if got := stages["$default"].(map[string]any)["routeSettings"]; !reflect.DeepEqual(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	})
	t.Run("a stage that is not there is left to moto", func(t *testing.T) {
		if answer, err := update("live", `{}`); answer != nil || err != nil {
			t.Errorf("%s, %v", answer, err)
		}
	})
}
