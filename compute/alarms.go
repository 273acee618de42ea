package compute

import (
	"errors"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// alarms are those that deployments listen to. The provider can't take them off a service: it then sends an object
// without the names that AWS asks for. So they stay while there are some, switched off where they may not roll back; and
// where there are none, what the service had before is left alone, see stillListens.
func (a *ServiceArgs) alarms() (ecs.ServiceAlarmsPtrInput, pulumi.ResourceOption) {
	if a.Alarms == nil {
		return nil, pulumi.IgnoreChanges([]string{"alarms"})
	}
	return &ecs.ServiceAlarmsArgs{
		Enable: pulumi.Bool(a.AlarmRollback), Rollback: pulumi.Bool(a.AlarmRollback), AlarmNames: a.Alarms,
	}, nil
}

// stillListens is an error where a service without alarms had some that are not switched off yet: they would be deleted
// under it.
func (a *ServiceArgs) stillListens(alarms *ecs.ServiceAlarms) error {
	if a.Alarms != nil || alarms == nil || !alarms.Enable {
		return nil
	}
	return errors.New("deployments still listen to alarms that would be deleted now. " +
		"Turn alarms.rollback off alone and update, then turn alarms.enabled off and update again")
}
