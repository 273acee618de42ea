package awsprovider

import (
	"regexp"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func TestAutoname(t *testing.T) {
	named := func(property string, olds, news map[string]any) any {
		t.Helper()
		request := &pulumirpc.CheckRequest{
			Urn: "urn:pulumi:dev::shop::aws:index/cloudwatchMetricAlarm:CloudwatchMetricAlarm::shop-latency", RandomSeed: []byte("a seed of the engine's, of 32 byte"),
		}
		var err error
		if request.Olds, err = structpb.NewStruct(olds); err != nil {
			t.Fatal(err)
		}
		if request.News, err = structpb.NewStruct(news); err != nil {
			t.Fatal(err)
		}
		autoname(property, request)
		return request.GetNews().AsMap()["alarmName"]
	}
	t.Run("an alarm without a name gets one of its own", func(t *testing.T) {
		name, _ := named("alarmName", nil, nil).(string)
		if !regexp.MustCompile(`^shop-latency-[0-9a-f]{7}$`).MatchString(name) {
			t.Errorf("it is %q", name)
		}
	})
	t.Run("which stays", func(t *testing.T) {
		if name := named("alarmName", map[string]any{"alarmName": "shop-latency-1234567"}, nil); name != "shop-latency-1234567" {
			t.Errorf("it is %v", name)
		}
	})
	t.Run("a given name wins", func(t *testing.T) {
		if name := named("alarmName", map[string]any{"alarmName": "shop-latency-1234567"}, map[string]any{"alarmName": "slow"}); name != "slow" {
			t.Errorf("it is %v", name)
		}
	})
	t.Run("other types are left to the dynamic provider", func(t *testing.T) {
		if name := named("", nil, nil); name != nil {
			t.Errorf("it is %v", name)
		}
	})
}
