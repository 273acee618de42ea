package front

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestFaults(t *testing.T) {
	set := func(t *testing.T, b *bench, rules string, status int) string {
		t.Helper()
		request, _ := http.NewRequest("PUT", b.server.URL+FaultsPath, strings.NewReader(rules))
		response, body := b.send(t, request)
		if response.StatusCode != status {
			t.Fatalf("%d %s", response.StatusCode, body)
		}
		return body
	}
	create := func(t *testing.T, b *bench) *http.Request {
		return signed(t, "POST", b.server.URL, "ecr", ecrTarget+"CreateRepository", "{}")
	}
	t.Run("a rule spoils as many calls as it says, and no others", func(t *testing.T) {
		b := setUp(t)
		b.answer = "{}"
		set(t, b, `[{"service":"ECR","action":"CreateRepository","times":2}]`, 204)
		var got []int
		for range 3 {
			response, _ := b.send(t, create(t, b))
			got = append(got, response.StatusCode)
		}
		response, _ := b.send(t, signed(t, "POST", b.server.URL, "ecr", ecrTarget+"DescribeRepositories", "{}"))
		if fmt.Sprint(append(got, response.StatusCode)) != "[500 500 200 200]" {
			t.Error(got, response.StatusCode)
		}
	})
	t.Run("throttling is what that service says", func(t *testing.T) {
		b := setUp(t)
		set(t, b, `[{"code":"throttling"}]`, 204)
		var got []string
		for _, c := range [][3]string{{"ecr", ecrTarget + "X", "{}"}, {"iam", "", "Action=A"}, {"ec2", "", "Action=A"}, {"apigateway", "", ""}, {"s3", "", ""}, {"route53", "", ""}} {
			response, _ := b.send(t, signed(t, "POST", b.server.URL, c[0], c[1], c[2]))
			got = append(got, fmt.Sprint(response.StatusCode, " ", response.Header.Get("X-Amzn-Errortype")))
		}
		if want := "400 ThrottlingException, 400 Throttling, 503 RequestLimitExceeded, 429 TooManyRequestsException, 503 SlowDown, 400 Throttling"; strings.Join(got, ", ") != want {
			t.Errorf("%s, want %s", strings.Join(got, ", "), want)
		}
	})
	t.Run("a lost call is done, and its connection cut", func(t *testing.T) {
		b := setUp(t)
		b.answer = `{"apiId":"abc","apiEndpoint":"https://abc.execute-api.eu-west-1.amazonaws.com"}`
		set(t, b, `[{"mode":"lost","times":1}]`, 204)
		response, err := http.DefaultClient.Do(signed(t, "POST", b.server.URL+"/v2/apis", "apigateway", "", "{}"))
		if err == nil {
			t.Errorf("an answer came: %s", response.Status)
		}
		b.server.Close() // waits for what it does
		if b.seen == nil || strings.Join(b.told, ", ") != "open abc" {
			t.Errorf("reached moto: %v, told %v", b.seen != nil, b.told)
		}
	})
	t.Run("a call that hangs gets no answer until the rules change, and is not done", func(t *testing.T) {
		b := setUp(t)
		set(t, b, `[{"mode":"hang"}]`, 204)
		ended := make(chan error)
		go func() {
			_, err := http.DefaultClient.Do(create(t, b))
			ended <- err
		}()
		for hits := 0; hits == 0; {
			_, body := b.send(t, must(http.NewRequest("GET", b.server.URL+FaultsPath, nil)))
			var rules []Fault
			if err := json.Unmarshal([]byte(body), &rules); err != nil || len(rules) != 1 {
				t.Fatal(body)
			}
			hits = rules[0].Hits
		}
		b.send(t, must(http.NewRequest("DELETE", b.server.URL+FaultsPath, nil)))
		if err := <-ended; err == nil || b.seen != nil {
			t.Errorf("error %v, reached moto: %v", err, b.seen != nil)
		}
	})
	t.Run("rules that are wrong are refused", func(t *testing.T) {
		b := setUp(t)
		if body := set(t, b, `[{"mode":"slow"}]`, 400); body != "faults: mode \"slow\": must be error, hang or lost\n" {
			t.Error(body)
		}
		if body := set(t, b, `[{"acton":"x"}]`, 400); body != "faults: json: unknown field \"acton\"\n" {
			t.Error(body)
		}
	})
}

func must(r *http.Request, err error) *http.Request {
	if err != nil {
		panic(err)
	}
	return r
}
