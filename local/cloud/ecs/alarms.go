package ecs

import (
	"context"
	"slices"
	"strings"
)

// Alarms is CloudWatch, as far as deployments ask it.
type Alarms interface {
	// Ringing returns those of the alarms that are in the state ALARM. Alarms that don't exist are not.
	Ringing(ctx context.Context, names []string) ([]string, error)
}

// deploymentAlarms are the CloudWatch alarms that end a deployment,
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
//
// AWS goes on listening for a while after the old tasks are gone, for a time that it makes from the alarms; a
// deployment here is complete when the old tasks are gone.
type deploymentAlarms struct {
	AlarmNames []string `json:"alarmNames"`
	Enable     bool     `json:"enable"`
	Rollback   bool     `json:"rollback"`
}

// listening returns the alarms that the primary deployment is to be judged by, nil for none. The lock is held.
func (v *service) listening() []string {
	if a := v.settings.alarms; a != nil && a.Enable && v.status == "ACTIVE" && v.primary().state == "IN_PROGRESS" && !v.primary().deaf {
		return a.AlarmNames
	}
	return nil
}

// heed fails the deployment in which an alarm has begun to ring. One in which an alarm rang from the start is not judged
// by alarms at all: that is how a rollback can come to its end. The lock is held.
func (v *service) heed(seen sight) {
	d := v.primary()
	if !seen.listened || seen.of != d || d.state != "IN_PROGRESS" || v.status != "ACTIVE" {
		return
	}
	first := !d.heard
	d.heard = true
	switch {
	case len(seen.ringing) == 0:
	case first:
		d.deaf = true
	default:
		slices.Sort(seen.ringing)
		v.fail(d, cause{
			// AWS does not document its words.
			event:  "alarm detected.",
			reason: "ECS deployment alarms: " + strings.Join(seen.ringing, ", ") + " in the state ALARM.",
			prefix: "ECS deployment alarms: ", rollback: v.settings.alarms.Rollback,
		})
	}
}
