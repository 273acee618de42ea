package ecs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"sallyport/local/cloud/declared"
)

// behaviour is how the tasks of a revision are.
type behaviour struct {
	startTakes time.Duration
	startFails error
	exitsAfter time.Duration // 0: never
	// healthyAfter its start a target is healthy, and unhealthyAfter it is not; 0 is never.
	healthyAfter, unhealthyAfter time.Duration
	container                    func(age time.Duration) string // health of the container
	stopTakes                    time.Duration
}

var good = behaviour{startTakes: time.Second, healthyAfter: 5 * time.Second, stopTakes: 2 * time.Second}

// world stands for everything around a Scheduler: the engine, the network, the balancer and moto. That it is faithful
// to them is not proved here.
type world struct {
	t         *testing.T
	scheduler *Scheduler

	mu         sync.Mutex
	behaviours map[string]behaviour // by family:revision
	addresses  map[netip.Addr]bool
	next       netip.Addr
	noPublic   error                   // of AllocatePublic
	running    map[string]*fakeRunning // by task id
	history    []string
	delay      time.Duration // of deregistration
	registered map[netip.AddrPort]*fakeTarget
	revisions  map[netip.Addr]string // family:revision
	services   []string              // ARNs of those that moto has
	ringing    []string              // alarms
	noAlarms   error
}

type fakeTarget struct {
	since    time.Time
	draining time.Time
}

type fakeRunning struct {
	w       *world
	id      string
	name    string // family:revision
	started time.Time
	exited  chan Exit
	code    *int
}

const (
	groupARN   = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/app/0123456789abcdef"
	serviceARN = "arn:aws:ecs:us-east-1:123456789012:service/c/app"
	clusterARN = "arn:aws:ecs:us-east-1:123456789012:cluster/c"
)

// inWorld runs a test in a bubble of its own, where time passes at once, and sees to it that nothing is left over.
func inWorld(t *testing.T, name string, f func(t *testing.T, w *world)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := &world{
				t: t, behaviours: map[string]behaviour{}, addresses: map[netip.Addr]bool{}, next: netip.MustParseAddr("10.0.0.4"),
				running: map[string]*fakeRunning{}, registered: map[netip.AddrPort]*fakeTarget{}, delay: 10 * time.Second, revisions: map[netip.Addr]string{},
			}
			w.scheduler = &Scheduler{Runtime: w, Network: w, Targets: w, Definitions: w, Alarms: w, Declared: w.declared, Log: slog.New(slog.DiscardHandler)}
			f(t, w)
			if err := w.scheduler.Close(t.Context()); err != nil {
				t.Error(err)
			}
			if len(w.addresses)+len(w.running) > 0 {
				t.Errorf("left over: addresses %v, tasks %v", w.addresses, w.running)
			}
		})
	})
}

func (w *world) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (w *world) declared() *declared.Snapshot {
	s := &declared.Snapshot{}
	s.Subnets = map[string]ec2types.Subnet{
		"subnet-a": {AvailabilityZone: new("us-east-1a")}, "subnet-b": {AvailabilityZone: new("us-east-1b")},
	}
	s.Listeners = map[string]declared.Listener{"l": {Listener: elbtypes.Listener{DefaultActions: []elbtypes.Action{{TargetGroupArn: new(groupARN)}}}}}
	return s
}

func (w *world) Allocate(string) (netip.Addr, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next = w.next.Next()
	w.addresses[w.next] = true
	return w.next, nil
}

func (w *world) Release(_ string, address netip.Addr) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.addresses[address] {
		w.t.Errorf("%s is released though it is free", address)
	}
	delete(w.addresses, address)
}

func (w *world) AllocatePublic() (netip.Addr, error) {
	if w.noPublic != nil {
		return netip.Addr{}, w.noPublic
	}
	private, _ := w.Allocate("")
	public := netip.AddrFrom4([4]byte{203, 0, 113, private.As4()[3]})
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.addresses, private)
	w.addresses[public] = true
	return public, nil
}

func (w *world) ReleasePublic(address netip.Addr) { w.Release("", address) }

func (w *world) DescribeTaskDefinition(_ context.Context, name string) (*ecs.DescribeTaskDefinitionOutput, error) {
	name = shortName(name, "")
	family, revision, found := strings.Cut(name, ":")
	if !found {
		return nil, errors.New("no revision in " + name)
	}
	n := 0
	_, _ = fmt.Sscan(revision, &n)
	d := &ecstypes.TaskDefinition{
		TaskDefinitionArn: new("arn:aws:ecs:us-east-1:123456789012:task-definition/" + name), Family: &family, Revision: int32(n),
		Cpu: new("256"), Memory: new("512"), Status: ecstypes.TaskDefinitionStatusActive,
		ContainerDefinitions: []ecstypes.ContainerDefinition{{
			Name: new("app"), Image: new("image"), PortMappings: []ecstypes.PortMapping{{ContainerPort: new(int32(3000))}},
		}},
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.behaviours[name].container != nil {
		d.ContainerDefinitions[0].HealthCheck = &ecstypes.HealthCheck{Command: []string{"CMD", "true"}}
	}
	return &ecs.DescribeTaskDefinitionOutput{TaskDefinition: d, Tags: []ecstypes.Tag{{Key: new("of"), Value: new("definition")}}}, nil
}

func (w *world) behaviour(name string) behaviour {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lookUp(name)
}

func (w *world) lookUp(name string) behaviour {
	if b, ok := w.behaviours[name]; ok {
		return b
	}
	return good
}

func (w *world) Ringing(_ context.Context, names []string) ([]string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var ringing []string
	for _, name := range names {
		if slices.Contains(w.ringing, name) {
			ringing = append(ringing, name)
		}
	}
	return ringing, w.noAlarms
}

// ring has these alarms ring, and no others.
func (w *world) ring(names ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ringing = names
}

func (w *world) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.history = append(w.history, fmt.Sprintf(format, args...))
}

// past returns what has happened since it was asked last.
func (w *world) past() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	past := w.history
	w.history = nil
	return past
}

// behave says how the tasks of a family:revision are from now on.
func (w *world) behave(name string, b behaviour) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.behaviours[name] = b
}

func (w *world) Run(ctx context.Context, task Task) (Running, error) {
	name := shortName(*task.Definition.TaskDefinitionArn, "")
	b := w.behaviour(name)
	select {
	case <-time.After(b.startTakes):
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	w.note("run %s", name)
	if b.startFails != nil {
		return nil, b.startFails
	}
	r := &fakeRunning{w: w, id: task.ID, name: name, started: time.Now(), exited: make(chan Exit, 10)}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running[task.ID] = r
	w.revisions[task.Interface.Address] = name
	if b.exitsAfter > 0 {
		time.AfterFunc(b.exitsAfter, func() { r.die(1) })
	}
	return r, nil
}

// die ends the container of a task, as docker kill does.
func (r *fakeRunning) die(code int) {
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	if r.code == nil {
		r.code = &code
		r.exited <- Exit{Container: "app", Code: code}
	}
}

func (r *fakeRunning) Exited() <-chan Exit { return r.exited }

func (r *fakeRunning) Containers() []Container {
	b := r.w.behaviour(r.name)
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	c := Container{Name: "app", Status: "RUNNING", ExitCode: r.code, ImageDigest: "sha256:0", RuntimeID: "1", Health: "UNKNOWN"}
	if r.code != nil {
		c.Status = "STOPPED"
	}
	if b.container != nil {
		c.Health = b.container(time.Since(r.started))
	}
	return []Container{c}
}

func (r *fakeRunning) Stop(context.Context) error {
	r.w.note("stop %s", r.name)
	time.Sleep(r.w.behaviour(r.name).stopTakes)
	r.die(143)
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	delete(r.w.running, r.id)
	return nil
}

func (w *world) Register(group, _ string, targets ...netip.AddrPort) error {
	if group != groupARN {
		return errors.New("no such target group")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, at := range targets {
		w.registered[at] = &fakeTarget{since: time.Now()}
	}
	return nil
}

func (w *world) Deregister(_ string, targets ...netip.AddrPort) error {
	w.note("deregister")
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, at := range targets {
		w.registered[at].draining = time.Now()
	}
	return nil
}

func (w *world) Explanation(string, netip.AddrPort) string { return "in plain words" }

func (w *world) Health(string) []elbtypes.TargetHealthDescription {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []elbtypes.TargetHealthDescription
	for at, target := range w.registered {
		h := &elbtypes.TargetHealth{State: elbtypes.TargetHealthStateEnumInitial, Reason: elbtypes.TargetHealthReasonEnumRegistrationInProgress}
		b := w.lookUp(w.revisions[at.Addr()])
		age := time.Since(target.since)
		switch {
		case !target.draining.IsZero():
			if time.Since(target.draining) >= w.delay {
				delete(w.registered, at)
				continue
			}
			h.State = elbtypes.TargetHealthStateEnumDraining
		case b.unhealthyAfter > 0 && age >= b.unhealthyAfter:
			h.State, h.Reason, h.Description = elbtypes.TargetHealthStateEnumUnhealthy, elbtypes.TargetHealthReasonEnumResponseCodeMismatch, new("Health checks failed with these codes: [500]")
		case b.healthyAfter > 0 && age >= b.healthyAfter:
			h.State = elbtypes.TargetHealthStateEnumHealthy
		}
		all = append(all, elbtypes.TargetHealthDescription{
			Target: &elbtypes.TargetDescription{Id: new(at.Addr().String()), Port: new(int32(at.Port()))}, TargetHealth: h,
		})
	}
	return all
}
