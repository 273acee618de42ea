package e2e

import (
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sallyport/local/cloud/moto"
	"sallyport/local/cloud/process"
)

// TestInterruptions goes through one long deployment that is interrupted in every way, each time by a call of the AWS
// API that is held until the interruption has happened.
func TestInterruptions(t *testing.T) {
	deployed(t)

	t.Run("a stop leaves no process and no port", func(t *testing.T) {
		before := status(t)
		run(t, "stop")
		if before.Process.Alive() || before.Moto.Alive() {
			t.Errorf("daemon %v, moto %v", before.Process.Alive(), before.Moto.Alive())
		}
		if left := running(); len(left) > 0 {
			t.Errorf("still running: %v", left)
		}
		if left := process.WithEnvironment(moto.Marker, here.local+"/cloud"); len(left) > 0 {
			t.Errorf("moto still runs: %v", left)
		}
		for _, address := range []string{here.front, here.images} {
			listener, err := net.Listen("tcp", address)
			if err != nil {
				t.Error(err)
				continue
			}
			_ = listener.Close()
		}
	})
	var empty []string
	t.Run("the next up knows that a stopped cloud is empty", func(t *testing.T) {
		run(t, "preview").says("the local cloud was emptied since its last up", "starting afresh")
		empty = inventory(t)
	})
	t.Run("an up that is killed while the cloud works is taken up by the next one, without a question", func(t *testing.T) {
		up := killed(t, "ecr", "CreateRepository", fault{Mode: "hang"})
		// It comes to the task definition, which needs the image, and so the repository.
		next := killed(t, "ecs", "RegisterTaskDefinition", fault{Mode: "hang"})
		next.says("its last run was killed; taking its lock away",
			"an interrupted run left urn:pulumi:local::sallyport::sallyport:compute:Image$aws:ecr/repository:Repository::sallyport-local unfinished: creating")
		for _, one := range up.left {
			command := process.Command(one.PID)
			// Where the up had to start the Docker engine, that one is to stay.
			if one.Alive() && !strings.Contains(command, "dockerd") && !strings.Contains(command, "containerd") {
				t.Errorf("process %v of the killed up still runs: %s", one.PID, command)
			}
		}
	})
	t.Run("a cloud whose moto was killed is taken for empty by the next up", func(t *testing.T) {
		before := status(t)
		if err := syscall.Kill(before.Moto.PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		for s := status(t); !s.Ready || s.ID == before.ID; s = status(t) {
			if !before.Process.Alive() {
				t.Fatal("the daemon is gone")
			}
			time.Sleep(50 * time.Millisecond)
		}
		run(t, "preview").says("the local cloud was emptied since its last up", "starting afresh")
		empty = inventory(t)
	})
	var told string // of what the killed up was making
	t.Run("one interrupt ends an up cleanly", func(t *testing.T) {
		// The first call is done and its answer lost; the provider's second try is held.
		killed(t, "ecs", "CreateCluster", fault{Mode: "lost", Times: 1}, fault{Mode: "hang"})
		spoil(t, fault{Service: "ecs", Action: "RegisterTaskDefinition", Mode: "hang"})
		interrupted := start(t, "up")
		interrupted.until("it registers a task definition", func() bool { return hits(t)[0] > 0 })
		if err := interrupted.command.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		heal(t)
		interrupted.wait().failed("its last run was killed; taking its lock away",
			"an interrupted run left urn:pulumi:local::sallyport::sallyport:compute:Service$aws:ecs/cluster:Cluster::sallyport-local unfinished: creating",
			"^C received; cancelling", "update canceled")
		told = interrupted.output()
		if pending := readState(t, "local").Deployment.Pending; len(pending) > 0 {
			t.Errorf("unfinished: %v", pending)
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	t.Run("the up after it has nothing to heal, and comes to the end", func(t *testing.T) {
		run(t, "up").saysNot("an interrupted run left", "taking its lock away")
		run(t, "up", "--", "--expect-no-changes")
	})
	t.Run("what a killed up was making stays behind, and the next up has said which", func(t *testing.T) {
		destroy := start(t, "destroy").wait()
		left := more(empty, inventory(t))
		if kinds(left)["clusterName"] != 1 {
			t.Errorf("left: %v, want the cluster among it", left)
		}
		for _, one := range left {
			kind, _, _ := strings.Cut(one, " ")
			if !slices.ContainsFunc(strings.Split(told, "\n"), func(line string) bool {
				return madeBy[kind] != "" && strings.Contains(line, "an interrupted run left") && strings.Contains(line, "$"+madeBy[kind]+"::")
			}) {
				t.Errorf("%s is left behind, and the next up did not say so", one)
			}
		}
		destroy.failed("left of stack local", "ECS cluster arn:aws:ecs:")
		t.Logf("left behind: %v", left)
	})
	run(t, "stop") // and what is left behind is gone
}

// madeBy is the resource that may leave things of a kind behind. A VPC comes with a security group and a route table.
var madeBy = map[string]string{
	"vpcId":               "aws:ec2/vpc:Vpc",
	"groupId":             "aws:ec2/vpc:Vpc",
	"securityGroupRuleId": "aws:ec2/vpc:Vpc",
	"routeTableId":        "aws:ec2/vpc:Vpc",
	"allocationId":        "aws:ec2/eip:Eip",
	"clusterName":         "aws:ecs/cluster:Cluster",
	"repositoryName":      "aws:ecr/repository:Repository",
	"logGroupName":        "aws:cloudwatch/logGroup:LogGroup",
	"RoleName":            "aws:iam/role:Role",
	"PolicyName":          "aws:iam/policy:Policy",
	"apiId":               "aws:apigatewayv2/api:Api",
}

// victim is an up that was killed, and the processes that it left.
type victim struct {
	*call
	left []process.Identity
}

// killed starts an up and kills it and the CLI when the last of the faults in that call of the API is met.
func killed(t *testing.T, service, action string, faults ...fault) victim {
	t.Helper()
	for i := range faults {
		faults[i].Service, faults[i].Action = service, action
	}
	spoil(t, faults...)
	up := start(t, "up")
	up.until("it calls "+action, func() bool { return hits(t)[len(faults)-1] > 0 })
	up.kill()
	up.wait()
	daemon := status(t).Process
	left := slices.DeleteFunc(running(), func(one process.Identity) bool { return one == daemon })
	heal(t)
	return victim{up, left}
}
