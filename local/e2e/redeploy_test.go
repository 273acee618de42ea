package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"
)

// slowRoute answers after as many milliseconds as it is asked for. With it the app ends at once on SIGTERM, whatever it is
// answering: the draining alone has to spare its requests.
const slowRoute = `import { hostname } from 'node:os';
import { buildId } from '../../../lib/build';

export const dynamic = 'force-dynamic';

process.once('SIGTERM', () => process.exit(143));

export async function GET(request: Request) {
  const delay = Number(new URL(request.url).searchParams.get('ms'));
  await new Promise((resolve) => setTimeout(resolve, delay));
  return Response.json({ build: buildId(), task: hostname() });
}
`

// The gateway's timeout and the deregistration delay, in seconds, leave room for what a busy machine adds to a request of
// slowest.
const (
	patience = 10
	slowest  = 8 * time.Second
)

// noticeLimit is less than health checks need to find a target unhealthy: three that fail, five seconds apart.
const noticeLimit = 5 * time.Second

// TestRedeploy sends traffic without a pause through redeployments and the ends of tasks. It shows what the local cloud
// answers then; that AWS draws its own health and routing from several places at once, it does not show.
func TestRedeploy(t *testing.T) {
	deployed(t)
	exported := outputs(t)
	t.Run("under load", func(t *testing.T) {
		set(t, "gateway.timeout", patience)
		set(t, "loadBalancer.deregistrationDelay", patience)
		set(t, "app.stopTimeout", patience+5)
		writeNew(t, "webapp/app/api/slow/route.ts", slowRoute)
		run(t, "up")

		l := startLoad(t, exported["url"])
		r := &redeployments{t: t, load: l, exported: exported}
		time.Sleep(5 * time.Second)
		t.Logf("without a deployment: %s", latencies(l.replies()))

		t.Run("three redeploys fail no request, cut no slow one, and leave no moment without a healthy target", r.three)
		t.Run("with two tasks, each is in a zone of its own", r.two)
		t.Run("a task that is killed in the middle of a redeploy fails only what it was answering", r.killed)
		t.Run("the loss of a zone leaves the other one to answer, and its task is replaced", r.lost)

		l.stop(t)
		all := l.replies()
		for _, one := range failures(all) {
			if one.again.failed() {
				t.Errorf("failed twice: %s, then %s", one, *one.again)
			}
		}
		t.Logf("in all: %s, %d of them failed at the first try", latencies(all), len(failures(all)))
	})
	// The edits ended with the test above.
	t.Run("the stack is put back as it was", func(t *testing.T) {
		run(t, "up")
		run(t, "preview", "--", "--expect-no-changes")
	})
}

type redeployments struct {
	t        *testing.T // the edits last as long as this one
	load     *load
	exported map[string]string
	changes  int
}

// change makes another version of the app.
func (r *redeployments) change() {
	r.changes++
	edit(r.t, "webapp/app/page.tsx", func(page string) string { return fmt.Sprintf("%s\n// Version %d.\n", page, r.changes) })
}

func (r *redeployments) three(t *testing.T) {
	began := time.Now()
	health := watchHealth(t, r.exported["targetGroupArn"])
	end := r.load.slowly(3, slowest)
	defer end()
	for n := range 3 {
		r.change()
		r.redeploy(t, fmt.Sprintf("redeploy %d", n+1))
	}
	end()
	health.atLeast(t, 1)
	all := between(r.load.replies(), began, time.Now())
	for _, one := range failures(all) {
		t.Error("failed:", one)
	}
	t.Logf("during three redeploys: %s", latencies(all))
}

// redeploy deploys what was changed, and holds what answered against it. There is one task.
func (r *redeployments) redeploy(t *testing.T, name string) {
	t.Helper()
	old := buildAt(t, r.exported["url"])
	began := time.Now()
	run(t, "up")
	ended := time.Now()
	now := buildAt(t, r.exported["url"])
	if now == old {
		t.Errorf("%s: the build is still %s", name, old)
	}
	// Until all that was under way is answered, and each client has asked for the build.
	time.Sleep(max(slowest, 5*loadPeriod))
	// The event comes after what it tells of, to the millisecond.
	drained := r.event(t, began, "deregistered 1 targets")
	count := map[string]int{}
	late := 0
	for _, one := range between(r.load.replies(), began, time.Now()) {
		if one.build == "" {
			continue
		}
		count[one.build]++
		switch {
		case one.build != old:
		case one.began.After(drained.Add(time.Millisecond)):
			t.Errorf("%s: the old version was asked after it had been deregistered at %s: %s", name, drained.Format("15:04:05.000"), one)
		case one.slow && one.ended.After(drained):
			late++
		}
	}
	if count[old] == 0 || count[now] == 0 || len(count) != 2 {
		t.Errorf("%s: builds answered %v, want the old %s and the new %s", name, count, old, now)
	}
	if late == 0 {
		t.Errorf("%s: no slow request was under way on the old task when it was deregistered, so this shows nothing of them", name)
	}
	t.Logf("%s took %v: %d answers of the old version, %d of them slow ones that it gave while draining, and %d of the new one",
		name, ended.Sub(began).Round(time.Second), count[old], late, count[now])
}

func (r *redeployments) two(t *testing.T) {
	set(r.t, "app.count", 2)
	began := time.Now()
	run(t, "up")
	tasks := tasksOf(t, r.exported, "RUNNING")
	if len(tasks) != 2 || tasks[0].AvailabilityZone == tasks[1].AvailabilityZone {
		t.Fatalf("tasks %+v, want two in different zones", tasks)
	}
	for _, one := range failures(between(r.load.replies(), began, time.Now())) {
		t.Error("failed:", one)
	}
}

func (r *redeployments) killed(t *testing.T) {
	old := tasksOf(t, r.exported, "RUNNING")
	if len(old) != 2 {
		t.Fatalf("%d tasks run", len(old))
	}
	set(r.t, "app.memory", 1024) // another task definition, and no other image to wait for
	health := watchHealth(t, r.exported["targetGroupArn"])
	end := r.load.slowly(3, slowest/4)
	defer end()
	began := time.Now()
	up := start(t, "up")
	up.until("the new version has a task", func() bool { return len(tasksOf(t, r.exported, "RUNNING")) > 2 })
	kill := r.kill(t, old[:1])
	if up.wait(); up.code != 0 {
		t.Errorf("the up ended with %d", up.code)
	}
	end()
	health.atLeast(t, 1)
	r.onlyInFlight(t, began, kill, old[:1])
	if now := tasksOf(t, r.exported, "RUNNING"); len(now) != 2 {
		t.Errorf("%d tasks run, want 2", len(now))
	}
}

func (r *redeployments) lost(t *testing.T) {
	tasks := tasksOf(t, r.exported, "RUNNING")
	if len(tasks) != 2 || tasks[0].AvailabilityZone == tasks[1].AvailabilityZone {
		t.Fatalf("tasks %+v, want two in different zones", tasks)
	}
	zone, rest := tasks[0].AvailabilityZone, tasks[1]
	health := watchHealth(t, r.exported["targetGroupArn"])
	began := time.Now()
	kill := r.kill(t, tasks[:1])
	eventually(t, "two tasks again", func() bool {
		now := tasksOf(t, r.exported, "RUNNING")
		return len(now) == 2 && now[0].LastStatus == "RUNNING" && now[1].LastStatus == "RUNNING"
	})
	replaced := time.Now()
	if now := tasksOf(t, r.exported, "RUNNING"); !slices.ContainsFunc(now, func(one task) bool { return one.AvailabilityZone == zone }) {
		t.Errorf("no new task in the zone that had none: %+v", now)
	}
	seen := health.atLeast(t, 1)
	noticed := r.onlyInFlight(t, began, kill, tasks[:1])
	// From when on both zones may answer again.
	both := replaced
	for _, s := range seen {
		if s.at.After(noticed) && s.healthy > 1 {
			both = s.at.Add(-2 * loadPeriod)
			break
		}
	}
	others := map[string]int{}
	for _, one := range between(r.load.replies(), noticed, both) {
		if one.task != "" && one.began.After(noticed) && one.ended.Before(both) {
			others[one.task]++
		}
	}
	if len(others) != 1 || others[rest.hostname()] == 0 {
		t.Errorf("pages came from %v, want only %s, in the other zone", others, rest.hostname())
	}
	t.Logf("zone %s was without a task for %v; meanwhile %v pages came from the other zone",
		zone, replaced.Sub(kill).Round(time.Millisecond), others)
}

// kill kills the containers of tasks, as the kernel does. It returns the time before.
func (r *redeployments) kill(t *testing.T, tasks []task) time.Time {
	t.Helper()
	args := []string{"kill"}
	for _, task := range tasks {
		for _, container := range task.Containers {
			args = append(args, container.RuntimeID)
		}
	}
	before := time.Now()
	docker(t, args...)
	return before
}

// onlyInFlight checks what became of the requests since began, and of the tasks that were killed at that time. An
// Application Load Balancer sends no request twice: those that a task was answering when it died, and those that are
// sent to it until it is deregistered, fail with 502.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#http-502-issues
// It returns when that was.
func (r *redeployments) onlyInFlight(t *testing.T, began, kill time.Time, dead []task) (noticed time.Time) {
	t.Helper()
	for _, one := range dead {
		task := r.task(t, one.TaskArn)
		if task.LastStatus != "STOPPED" || task.StopCode != "EssentialContainerExited" || task.StoppedReason != "Essential container in task exited" ||
			len(task.Containers) != 1 || task.Containers[0].ExitCode == nil || *task.Containers[0].ExitCode != 137 {
			t.Errorf("the task that was killed is %+v", task)
		}
		noticed = r.event(t, moment(task.StoppingAt), "deregistered 1 targets")
	}
	if took := noticed.Sub(kill); took > noticeLimit {
		t.Errorf("the target was deregistered %v after the kill, want less than %v", took, noticeLimit)
	}
	all := between(r.load.replies(), began, time.Now())
	exposed := between(all, kill, noticed)
	failed, twice := failures(all), 0
	for _, one := range failed {
		if one.err != nil || one.status != http.StatusBadGateway {
			t.Errorf("failed otherwise than with 502: %s", one)
		}
		if one.ended.Before(kill) || one.began.After(noticed.Add(time.Millisecond)) {
			t.Errorf("failed although the task had not been killed yet, or its target was deregistered at %s: %s", noticed.Format("15:04:05.000"), one)
		}
		if one.again.failed() {
			twice++
			t.Errorf("a second try failed too: %s", *one.again)
		}
		t.Log("failed at the first try:", one)
	}
	t.Logf("deregistered %v after the kill; until then %d requests were under way or came, of which %d failed, %d of them a second time; %s",
		noticed.Sub(kill).Round(time.Millisecond), len(exposed), len(failed), twice, latencies(all))
	return noticed
}
