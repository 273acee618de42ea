package compute

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func TestStillListens(t *testing.T) {
	names := pulumi.StringArray{pulumi.String("errors")}
	for _, c := range []struct {
		name   string
		args   pulumi.StringArrayInput
		alarms *ecs.ServiceAlarms
		fails  bool
	}{
		{"a service that never had alarms", nil, nil, false},
		{"one that has some", names, &ecs.ServiceAlarms{Enable: true}, false},
		{"one whose alarms are switched off", nil, &ecs.ServiceAlarms{Enable: false}, false},
		{"one whose alarms would go from under it", nil, &ecs.ServiceAlarms{Enable: true}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := (&ServiceArgs{Alarms: c.args}).stillListens(c.alarms)
			if (err != nil) != c.fails || err != nil && !strings.Contains(err.Error(), "Turn alarms.rollback off alone and update") {
				t.Errorf("got %v", err)
			}
		})
	}
}
