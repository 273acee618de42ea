package report

import (
	"encoding/json"
	"testing"
	"time"

	"sallyport/inspect/leftovers"
	"sallyport/inspect/why"
)

func TestWhy(t *testing.T) {
	t.Run("the verdict is first and what to do last", func(t *testing.T) {
		at, exit := time.Date(2026, 3, 1, 12, 30, 5, 0, time.FixedZone("CET", 3600)), int32(1)
		r := &why.Report{
			Broken:  true,
			Summary: []string{"dev:4 does not run", "dev:3 goes on serving"},
			Tasks: []why.StoppedTask{
				{ID: "4f1c", Revision: "dev:4", StoppedAt: at, Code: "EssentialContainerExited", Reason: "Essential container in task exited",
					Containers: []why.Container{{Name: "app", ExitCode: &exit}},
					Log:        []string{"Error: no such file\x1b[31m", "    at start (server.js:1)\nforged"}},
				{ID: "4f1d", Revision: "dev:4", Reason: "CannotPullContainerError: not found.", Containers: []why.Container{{Name: "app", Reason: "not found"}}},
			},
			Targets: []why.Target{
				{Address: "10.0.1.7:3000", State: "unhealthy", Reason: "Target.ResponseCodeMismatch", Description: "Health checks failed with these codes: [500]"},
				{Address: "10.0.2.7:3000", State: "healthy"},
			},
			Deployments: []why.Deployment{
				{Revision: "dev:4", Status: "PRIMARY", RolloutState: "IN_PROGRESS", Reason: "tasks failed to start.", Desired: 1, Failed: 3},
				{Revision: "dev:3", Status: "ACTIVE", RolloutState: "COMPLETED", Desired: 1, Running: 1},
			},
			Events: []why.Event{{At: at, Message: "(service dev) is unable to start"}},
			Advice: []string{"mend the app", "make up"},
		}
		same(t, Why(r, Style{}), `dev:4 does not run
dev:3 goes on serving

Tasks that stopped, the latest first
  4f1c of dev:4 stopped at 2026-03-01 11:30:05Z: Essential container in task exited (EssentialContainerExited)
    container app ended with exit code 1
    the last that it logged:
      | Error: no such file
      |     at start (server.js:1) forged
  4f1d of dev:4 is stopping: CannotPullContainerError: not found
    container app never ran: not found

Targets of the load balancer
  10.0.1.7:3000 is unhealthy: Health checks failed with these codes: [500] (Target.ResponseCodeMismatch)
  10.0.2.7:3000 is healthy

Deployments
  dev:4, primary, in progress: 0 of 1 tasks running, 3 failed: tasks failed to start
  dev:3, active, completed: 1 of 1 tasks running

Events of the service, the newest first
  2026-03-01 11:30:05Z  (service dev) is unable to start

What to do
  - mend the app
  - make up
`)
	})
	t.Run("a service that is well takes a line", func(t *testing.T) {
		same(t, Why(&why.Report{Summary: []string{"nothing is wrong with the service"}}, Style{Width: 80, Colour: true}), "nothing is wrong with the service\n")
	})
}

func TestLeftovers(t *testing.T) {
	nat := leftovers.Item{Kind: "NAT gateway", ID: "nat-1", Name: "dev", Costs: "0.045 USD an hour",
		Why: "someone else's route goes through it", Delete: "aws ec2 delete-nat-gateway --nat-gateway-id nat-1"}
	group := leftovers.Item{Kind: "log group", ID: "/dev/app"}

	t.Run("what costs money is first, and a command to copy is not wrapped", func(t *testing.T) {
		same(t, Leftovers("dev", []leftovers.Item{nat, group}, Style{Width: 40}), `2 resources are left of stack dev

What still costs money
  NAT gateway nat-1 (dev): 0.045 USD an
  hour
    someone else's route goes through it
    aws ec2 delete-nat-gateway --nat-gateway-id nat-1

What costs nothing by itself
  log group /dev/app
`)
	})
	t.Run("one resource is one", func(t *testing.T) {
		same(t, Leftovers("dev", []leftovers.Item{group}, Style{}), "1 resource is left of stack dev\n\nWhat costs nothing by itself\n  log group /dev/app\n")
	})
	t.Run("what the settings keep is not counted, and told last", func(t *testing.T) {
		revision := leftovers.Item{Kind: "task definition", ID: "arn:1", Name: "dev:1", Kept: true}
		same(t, Leftovers("dev", []leftovers.Item{revision, group}, Style{}),
			"1 resource is left of stack dev\n\nWhat costs nothing by itself\n  log group /dev/app\n\nWhat the settings keep\n  task definition arn:1 (dev:1)\n")
		same(t, Leftovers("dev", []leftovers.Item{revision}, Style{}),
			"nothing is left of stack dev but what its settings keep\n\nWhat the settings keep\n  task definition arn:1 (dev:1)\n")
	})
	t.Run("nothing left takes a line", func(t *testing.T) {
		same(t, Leftovers("dev", nil, Style{}), "nothing is left of stack dev\n")
	})
	t.Run("machines read a list, of nothing too", func(t *testing.T) {
		text, _ := json.Marshal([]Left{NewLeft("dev", []leftovers.Item{nat, group}), NewLeft("dev", nil)})
		same(t, string(text), `[{"stack":"dev","items":[`+
			`{"kind":"NAT gateway","id":"nat-1","name":"dev","costs":"0.045 USD an hour","why":"someone else's route goes through it","delete":"aws ec2 delete-nat-gateway --nat-gateway-id nat-1"},`+
			`{"kind":"log group","id":"/dev/app"}]},{"stack":"dev","items":[]}]`)
	})
}
