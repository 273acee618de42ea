package ecs

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"
)

const publicly = `"networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-a","subnet-b"],"securityGroups":["sg-1"],"assignPublicIp":"ENABLED"}}`

// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html and
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html
func TestAttachments(t *testing.T) {
	publics := func(w *world) (addresses []netip.Addr) {
		for _, a := range w.scheduler.Attachments() {
			addresses = append(addresses, a.Interface.PublicAddress)
		}
		return addresses
	}
	inWorld(t, "an interface is there under the id that the task names, from the start of the task to its end", func(t *testing.T, w *world) {
		w.create(1, 1, "")
		w.wait(10 * time.Second)
		task := w.must("DescribeTasks", `{"cluster":"c","tasks":[%q]}`, w.tasks("RUNNING")[0].TaskArn)["tasks"].([]any)[0].(map[string]any)
		attachment := task["attachments"].([]any)[0].(map[string]any)
		details := map[string]any{}
		for _, d := range attachment["details"].([]any) {
			details[d.(map[string]any)["name"].(string)] = d.(map[string]any)["value"]
		}
		all := w.scheduler.Attachments()
		if len(all) != 1 || details["networkInterfaceId"] != all[0].InterfaceID || details["macAddress"] != all[0].MAC ||
			details["privateIPv4Address"] != all[0].Interface.Address.String() || details["subnetId"] != all[0].Interface.SubnetID ||
			all[0].ARN != "arn:aws:ecs:us-east-1:123456789012:attachment/"+attachment["id"].(string) {
			t.Errorf("%+v for %v", all, attachment)
		}
		w.update(`"desiredCount":0`)
		w.wait(30 * time.Second)
		if all := w.scheduler.Attachments(); len(all) != 0 {
			t.Errorf("after the end of the task: %+v", all)
		}
	})
	inWorld(t, "a service that is told to gives its new tasks a public address each, which ECS does not tell", func(t *testing.T, w *world) {
		w.create(1, 2, "")
		w.wait(10 * time.Second)
		for _, address := range publics(w) {
			if address.IsValid() {
				t.Errorf("%s, though nobody has asked for it", address)
			}
		}
		w.update(publicly)
		w.wait(time.Minute)
		now := publics(w)
		if len(now) != 2 || !now[0].IsValid() || !now[1].IsValid() || now[0] == now[1] || !w.describe().steady() {
			t.Fatalf("%v", now)
		}
		text, _ := encode(w.must("DescribeTasks", `{"cluster":"c","tasks":[%q]}`, w.tasks("RUNNING")[0].TaskArn))
		if strings.Contains(string(text), "203.0.113.") {
			t.Errorf("%s", text)
		}
		w.update(strings.Replace(publicly, "ENABLED", "DISABLED", 1))
		w.wait(time.Minute)
		if now := publics(w); len(now) != 2 || now[0].IsValid() || now[1].IsValid() {
			t.Errorf("after it is told not to: %v", now)
		}
	})
	inWorld(t, "a task that gets no public address stops with the reason, and leaves nothing", func(t *testing.T, w *world) {
		w.noPublic = errors.New("none is left")
		w.must("CreateService", `{"cluster":"c","serviceName":"app","clientToken":"1","taskDefinition":"app:1","desiredCount":1,"launchType":"FARGATE",`+publicly+`}`)
		w.wait(time.Second)
		if failed := w.tasks("STOPPED"); len(failed) == 0 || failed[0].StoppedReason != "ResourceInitializationError: none is left" {
			t.Errorf("%+v", failed)
		}
	})
}
