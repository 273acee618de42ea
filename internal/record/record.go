// Package record runs a Pulumi program without an engine and without AWS, and tells what it registered.
//
// The SDK's own mocks don't reach far enough: they know no preview, no resource references as the awsx VPC hands out,
// and never call a transform. So this is a small resource monitor that the SDK talks to as it talks to the engine.
//
// What a test with it does not prove: that AWS takes the arguments, that the provider knows the property names and
// accepts the values, that the engine can order the steps, or that an update does not replace what it should keep.
package record

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// Options say what the program finds. The zero value is an update of stack dev of project sallyport in us-east-1.
type Options struct {
	Stack string // default dev
	// Preview leaves unknown what only AWS can tell.
	Preview bool
	// Zones that AWS has in the Region. Default: the six of us-east-1, of which use1-az3 can't hold a VPC link.
	Zones []Zone
	// Outputs are what the provider reads back, by type, where that is not what it was given.
	Outputs map[string]map[string]string
	// IDs that AWS gives, by type, where the name is not enough.
	IDs map[string]string
	// Repositories that ECR has before the run, each with the tags of its latest image. Default: none.
	Repositories map[string][]string
	// HostedZones of Route 53, by id. Default: none.
	HostedZones map[string]HostedZone
	// Functions answer calls of a provider's functions by token, in plain Go; an error is AWS's refusal. They come
	// before those that are known here.
	Functions map[string]Function
}

// HostedZone is a zone of Route 53.
type HostedZone struct {
	Name    string
	Private bool
}

// Function answers a call of a provider's function.
type Function func(args map[string]any) (map[string]any, error)

// Zone is an Availability Zone as this account sees it.
type Zone struct{ ID, Name string }

const (
	project = "sallyport"
	region  = "us-east-1"
)

var zones = []Zone{
	{"use1-az6", "us-east-1a"}, {"use1-az1", "us-east-1b"}, {"use1-az2", "us-east-1c"},
	{"use1-az4", "us-east-1d"}, {"use1-az3", "us-east-1e"}, {"use1-az5", "us-east-1f"},
}

// Unknown stands for a value that a preview can't know.
type Unknown struct{}

// Secret is a value that the program marked as secret.
type Secret struct{ Value any }

// Resource is one registered resource. Other resources are named TYPE::NAME.
type Resource struct {
	Type, Name string
	Parent     string // pulumi:pulumi:Stack::… at the top
	Custom     bool
	Remote     bool // a component of another process, such as awsx
	// Inputs in plain Go: nil, bool, float64, string, []any, map[string]any, Secret, Unknown, or TYPE::NAME for a
	// reference to a resource.
	Inputs map[string]any
	// Provider is the name of the explicit provider, empty for a default one. Of a remote component it is the one
	// that its aws children get.
	Provider string
	// DependsOn has every resource that this one waits for and is deleted before, sorted.
	DependsOn []string
	Protect   bool
	// RetainOnDelete is set where AWS keeps what Pulumi deletes.
	RetainOnDelete bool
	// IgnoreChanges are the inputs whose changes an update leaves alone.
	IgnoreChanges []string
	// DeleteBeforeReplace tells that an old one goes before the new one comes.
	DeleteBeforeReplace bool
	// ReplaceOnChanges are the inputs whose changes replace it whatever the provider says.
	ReplaceOnChanges []string
	// The custom timeouts, empty where there is none.
	CreateTimeout, UpdateTimeout, DeleteTimeout string
}

func (r Resource) String() string { return r.Type + "::" + r.Name }

// Input is the input at a path such as networkConfiguration.subnets.0, nil where there is none.
func (r Resource) Input(path string) any {
	var at any = r.Inputs
	for step := range strings.SplitSeq(path, ".") {
		switch v := at.(type) {
		case map[string]any:
			at = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(v) {
				return nil
			}
			at = v[i]
		default:
			return nil
		}
	}
	return at
}

// Invoke is one call of a provider's function.
type Invoke struct {
	Token    string
	Args     map[string]any
	Provider string
}

// Recording is what a program did.
type Recording struct {
	// Resources sorted by type and name.
	Resources []Resource
	// Invokes sorted by token.
	Invokes []Invoke
	// Exports of the stack.
	Exports map[string]any
	// Log has the warnings and errors that the program or the SDK logged, and Info what it merely told.
	Log, Info []string
}

// Run runs a program and returns what it did, also when it fails.
func Run(program pulumi.RunFunc, o Options) (*Recording, error) {
	o.Stack = cmp.Or(o.Stack, "dev")
	if o.Zones == nil {
		o.Zones = zones
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	e := &engine{
		options: o, rec: &Recording{Exports: map[string]any{}},
		states: map[string]state{}, providers: map[string]map[string]string{},
	}
	server := grpc.NewServer()
	pulumirpc.RegisterResourceMonitorServer(server, &monitor{engine: e})
	pulumirpc.RegisterEngineServer(server, e)
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	defer serving.Wait()
	defer server.Stop()

	err = pulumi.RunErr(program, func(info *pulumi.RunInfo) {
		info.Project, info.Stack, info.DryRun = project, o.Stack, o.Preview
		info.MonitorAddr, info.EngineAddr = listener.Addr().String(), listener.Addr().String()
	})
	e.mu.Lock()
	defer e.mu.Unlock()
	slices.SortFunc(e.rec.Resources, func(a, b Resource) int { return cmp.Compare(a.String(), b.String()) })
	slices.SortStableFunc(e.rec.Invokes, func(a, b Invoke) int { return cmp.Compare(a.Token, b.Token) })
	return e.rec, err
}

// Get is the resource of that type and name; a test without it fails.
func (r *Recording) Get(t testing.TB, typ, name string) Resource {
	t.Helper()
	for _, found := range r.Resources {
		if found.Type == typ && found.Name == name {
			return found
		}
	}
	t.Fatalf("no %s is named %s; there are:\n%s", typ, name, strings.Join(r.Names(), "\n"))
	return Resource{}
}

// OfType are the resources of that type, sorted by name.
func (r *Recording) OfType(typ string) []Resource {
	var found []Resource
	for _, resource := range r.Resources {
		if resource.Type == typ {
			found = append(found, resource)
		}
	}
	return found
}

// Names has a line for each resource: its type, name and parent.
func (r *Recording) Names() []string {
	names := make([]string, len(r.Resources))
	for i, resource := range r.Resources {
		names[i] = fmt.Sprintf("%s < %s", resource, resource.Parent)
	}
	return names
}
