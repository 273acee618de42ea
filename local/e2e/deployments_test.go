package e2e

import (
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sallyport/local/cloud/ecs"
	"sallyport/local/cloud/moto"
	"sallyport/local/cloud/process"
	"sallyport/local/engine/enginetest"
)

// start is how the image starts the app; crash ends at once.
const (
	startsApp = `CMD ["node", "server.js"]`
	crashes   = `CMD ["node", "-e", "console.error('broken on purpose'); process.exit(3)"]`
)

// TestDeployments deploys versions that can't run, and takes the cloud away under one that does. ECS's own rules are
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
func TestDeployments(t *testing.T) {
	deployed(t)
	url := outputs(t)["url"]

	t.Run("all that listens, listens on loopback alone", func(t *testing.T) { onLoopback(t) })
	t.Run("a version that crashes is rolled back: the up fails with the reason, and the URL serves the old version all the time", func(t *testing.T) {
		edit(t, "webapp/Dockerfile", replace(startsApp, crashes))
		first := rolledBack(t, url, "Essential container in task exited", "container app: exit code 3")
		eventually(t, "the log holds what three tasks said", func() bool {
			streams := map[string]bool{}
			for line := range strings.Lines(run(t, "logs").stdout.String()) {
				if words := strings.Fields(line); len(words) > 2 && strings.Join(words[2:], " ") == "broken on purpose" {
					streams[words[1]] = true
				}
			}
			return len(streams) == 3
		})
		// The program has changed nothing since, and is not content with that.
		second := rolledBack(t, url, "Essential container in task exited", "container app: exit code 3")
		if first != second {
			t.Errorf("the first up tried %s, and the second %s", first, second)
		}
	})
	t.Run("the next good up after it converges", func(t *testing.T) { mended(t, url) })
	t.Run("an image that is not there is rolled back, as is one for another processor", func(t *testing.T) {
		t.Run("missing", func(t *testing.T) {
			edit(t, "main.go", replace("Image:               image.Ref,", `Image: pulumi.Sprintf("%s@sha256:%064d", image.RepositoryURL, 0),`))
			rolledBack(t, url, "CannotPullContainerError", "@sha256:"+strings.Repeat("0", 64))
		})
		t.Run("wrong processor", func(t *testing.T) {
			edit(t, "compute/taskdefinition.go", replace("pulumi.String(args.Architecture)", `pulumi.String(map[string]string{"X86_64": "ARM64", "ARM64": "X86_64"}[args.Architecture])`))
			rolledBack(t, url, "CannotPullContainerError", "image Manifest does not contain descriptor matching platform")
		})
	})
	t.Run("an app that does not listen where it is looked for is rolled back once it has had its time", func(t *testing.T) {
		edit(t, "compute/container.go", replace(`strconv.Itoa(c.port),`, `strconv.Itoa(c.port + 1),`))
		rolledBack(t, url, "Task failed ELB health checks in (target-group ")
	})
	t.Run("one interrupt ends the wait for tasks that don't get well", func(t *testing.T) {
		edit(t, "compute/container.go", replace(`strconv.Itoa(c.port),`, `strconv.Itoa(c.port + 2),`))
		before := service(t)
		up := start(t, "up")
		up.until("the deployment begins", func() bool { return service(t).Deployment != before.Deployment })
		if err := up.command.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		up.wait().failed("the wait was cancelled; what was asked of AWS goes on there")
		if s := service(t); s.RolloutState != "IN_PROGRESS" || s.Deployment == before.Deployment {
			t.Errorf("the deployment was %s before the up ended, so this shows nothing", s.RolloutState)
		}
		// What it has begun goes on, until ECS gives up.
		eventually(t, "the rollback completes", func() bool {
			s := service(t)
			return s.RolloutState == "COMPLETED" && s.TaskDefinition == before.TaskDefinition
		})
	})
	t.Run("a push that breaks in the middle ends the up before the service is touched", func(t *testing.T) {
		edit(t, "webapp/Dockerfile", replace(startsApp, "ENV ANOTHER=version\n"+startsApp))
		before := service(t)
		people := visit(t, url)
		blobs := filepath.Join(here.local, "registry", "blobs")
		if err := os.Rename(blobs, blobs+".away"); err != nil {
			t.Fatal(err)
		}
		// A file is where the registry wants to write its layers: each of them is answered with 500.
		if err := os.WriteFile(blobs, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		up := start(t, "up").wait()
		if err := os.Remove(blobs); err != nil {
			t.Error(err)
		}
		if err := os.Rename(blobs+".away", blobs); err != nil {
			t.Fatal(err)
		}
		up.failed("docker:index:Image", "500 Internal Server Error")
		if changes := up.changes(); len(changes) > 0 {
			t.Errorf("it changed %v", changes)
		}
		people.saw(t, buildAt(t, url))
		if after := service(t); after.Deployment != before.Deployment {
			t.Errorf("the service had deployment %s, and now %s", before.Deployment, after.Deployment)
		}
	})
	t.Run("the rollout of an up that was killed goes on without it, and the next up converges", func(t *testing.T) {
		edit(t, "webapp/Dockerfile", replace(startsApp, "ENV ANOTHER=version\n"+startsApp))
		before, old := service(t), buildAt(t, url)
		people := visit(t, url)
		up := start(t, "up")
		up.until("the deployment begins", func() bool { return service(t).Deployment != before.Deployment })
		up.kill()
		if state := service(t).RolloutState; state != "IN_PROGRESS" {
			t.Errorf("the deployment was %s before the up could be killed", state)
		}
		up.wait()
		eventually(t, "the rollout completes", func() bool { return service(t).RolloutState == "COMPLETED" })
		now := buildAt(t, url)
		if now == old {
			t.Errorf("the URL still serves %s", old)
		}
		run(t, "up").says("its last run was killed; taking its lock away",
			"an interrupted run left urn:pulumi:local::sallyport::sallyport:compute:Service$aws:ecs/service:Service::sallyport-local unfinished: updating")
		people.saw(t, old, now)
		run(t, "up", "--", "--expect-no-changes")
	})
	t.Run("a stop leaves no container, volume, process or port of a service that runs", func(t *testing.T) {
		owner := status(t).Config.Dir
		if len(containers(t, owner)) == 0 || len(volumes(t, owner)) == 0 {
			t.Fatalf("there are containers %v and volumes %v", containers(t, owner), volumes(t, owner))
		}
		run(t, "stop")
		enginetest.Start(t) // it stopped too, where this cloud had started it
		if left := slices.Concat(containers(t, owner), volumes(t, owner)); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		if left := slices.Concat(running(), process.WithEnvironment(moto.Marker, owner)); len(left) > 0 {
			t.Errorf("still running: %v", left)
		}
		for _, address := range []string{here.front, here.images, strings.TrimPrefix(url, "http://")} {
			listener, err := net.Listen("tcp", address)
			if err != nil {
				t.Error(err)
				continue
			}
			_ = listener.Close()
		}
	})
	t.Run("the up after it rebuilds everything and the URL answers, without a question", func(t *testing.T) {
		run(t, "up").says("the local cloud was emptied since its last up")
		url = outputs(t)["url"]
		buildAt(t, url)
	})
	if t.Failed() {
		t.FailNow()
	}
	var left []string // containers
	t.Run("the tasks of a cloud that was killed run on", func(t *testing.T) {
		cloud := status(t)
		left = containers(t, cloud.Config.Dir)
		if err := syscall.Kill(cloud.Process.PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the cloud is gone", func() bool { return !cloud.Process.Alive() })
		if now := containers(t, cloud.Config.Dir); len(left) == 0 || !slices.Equal(now, left) {
			t.Errorf("the containers were %v, and now %v", left, now)
		}
	})
	t.Run("a first deployment that fails ends the up within its limit, which says why", func(t *testing.T) {
		edit(t, "webapp/Dockerfile", replace(startsApp, crashes))
		edit(t, "Pulumi.local.yaml", replace(`sallyport:app.deploymentTimeout: "300"`, `sallyport:app.deploymentTimeout: "60"`))
		up := start(t, "up")
		up.until("it makes the service", func() bool {
			return slices.ContainsFunc(up.begun(), func(o operation) bool { return o.kind == "aws:ecs/service:Service" })
		})
		begin := time.Now()
		up.wait()
		// The provider looks every few seconds, and the machine may be busy.
		if took := time.Since(begin); took > 2*time.Minute {
			t.Errorf("the deployment took %s until it was given up, and may take 60s", took)
		}
		up.failed("The local cloud was ended from outside", "aws:ecs:Service", "timeout while waiting for state",
			"the deployment of "+revision(service(t).TaskDefinition)+" failed: ECS deployment circuit breaker: tasks failed to start.",
			"Essential container in task exited", "container app: exit code 3")
		up.says("the last that it logged", "| broken on purpose")
		up.saysNot("rolled back")
		if now := service(t); now.Running != 0 || now.RolloutState != "FAILED" || now.Failure == nil || now.Failure.RolledBackTo != "" {
			t.Errorf("the service is %+v", now)
		}
		for _, id := range containers(t, status(t).Config.Dir) {
			if slices.Contains(left, id) {
				t.Errorf("container %s of the killed cloud is still there", id)
			}
		}
	})
	t.Run("the next good up mends a first deployment that failed", func(t *testing.T) { url = mended(t, "") })
	t.Run("a service whose deployment fails right now is destroyed as any other", func(t *testing.T) {
		edit(t, "webapp/Dockerfile", replace(startsApp, crashes))
		// The up ends when the deployment begins.
		edit(t, "Pulumi.local.yaml", replace("config:\n", "config:\n  sallyport:app.waitForSteadyState: \"false\"\n"))
		run(t, "up", "-verify=false")
		eventually(t, "a task fails", func() bool { return service(t).FailedTasks > 0 })
		if state := service(t).RolloutState; state != "IN_PROGRESS" {
			t.Errorf("the deployment is %s already", state)
		}
		run(t, "destroy")
		owner := status(t).Config.Dir
		if left := slices.Concat(containers(t, owner), volumes(t, owner)); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		left := kinds(inventory(t))
		run(t, "stop")
		run(t, "destroy") // of nothing: it starts an empty cloud
		if empty := kinds(inventory(t)); !maps.Equal(left, empty) {
			t.Errorf("left: %v; an empty cloud has %v", left, empty)
		}
	})
}

// rolledBack runs an up whose deployment must fail for these reasons: it says them all, and which revision runs, and
// the URL has served the old build all the time. It returns the revision that failed.
func rolledBack(t *testing.T, url string, reasons ...string) string {
	t.Helper()
	before := service(t)
	people := visit(t, url)
	up := start(t, "up").wait()
	people.saw(t, buildAt(t, url))
	after := service(t)
	if after.Failure == nil {
		t.Fatalf("no deployment has failed: %+v", after)
	}
	good, bad := revision(before.TaskDefinition), revision(after.Failure.TaskDefinition)
	if revision(after.TaskDefinition) != good || good == bad || after.Running != after.Desired {
		t.Errorf("before, %s ran; now %d of %d tasks of %s do; what failed is %s", good, after.Running, after.Desired, revision(after.TaskDefinition), bad)
	}
	up.failed(append(reasons,
		"the new version does not run: ECS runs "+good+" and not "+bad,
		"the deployment of "+bad+" failed: ECS deployment circuit breaker: tasks failed to start.",
		"the deployment of "+bad+" failed and was rolled back to "+good)...)
	// To the provider it is a success. Nobody but the program knows better.
	if broken := up.broken(); len(broken) > 0 || !slices.Contains(up.changes(), "update aws:ecs/service:Service sallyport-local") {
		t.Errorf("to the provider, failed: %v, done: %v; the service is to be among what is done", broken, up.changes())
	}
	return bad
}

// mended runs an up of the project as it is: it serves a version that did not serve before, and has no more to do. It
// returns the URL; before is it too, or empty where nothing was served.
func mended(t *testing.T, before string) string {
	t.Helper()
	run(t, "up")
	url := outputs(t)["url"]
	if before != "" && url != before {
		t.Errorf("the URL was %s and is %s", before, url)
	}
	buildAt(t, url)
	if s := service(t); s.Failure != nil || s.Running != s.Desired || s.RolloutState != "COMPLETED" {
		t.Errorf("the service is %+v", s)
	}
	run(t, "up", "--", "--expect-no-changes")
	return url
}

// service is what the cloud tells about the stack's service.
func service(t *testing.T) ecs.ServiceStatus {
	t.Helper()
	services := slices.DeleteFunc(status(t).Services, func(s ecs.ServiceStatus) bool { return s.Status == "INACTIVE" })
	if len(services) != 1 {
		t.Fatalf("services: %+v", services)
	}
	return services[0]
}

// revision is FAMILY:REVISION of a task definition's ARN.
func revision(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

// replace is an edit of one place.
func replace(old, new string) func(string) string {
	return func(content string) string { return strings.Replace(content, old, new, 1) }
}

// eventually waits for what must come, for as long as a slow machine may need.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); !done(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after 5 minutes not yet: %s", what)
		}
	}
}

// containers are the ids of all that the cloud of a folder has in the Docker engine, sorted.
func containers(t *testing.T, owner string) []string {
	t.Helper()
	return slices.Sorted(slices.Values(strings.Fields(docker(t, "ps", "--all", "--quiet", "--no-trunc", "--filter", "label=sallyport.owner="+owner))))
}

func volumes(t *testing.T, owner string) []string {
	t.Helper()
	return strings.Fields(docker(t, "volume", "ls", "--quiet", "--filter", "label=sallyport.owner="+owner))
}
