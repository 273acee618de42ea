package cloud

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"sallyport/local/cloud/dataplane"
	"sallyport/local/cloud/ecs"
	"sallyport/local/cloud/front"
	"sallyport/local/cloud/gateway"
	"sallyport/local/cloud/moto"
	"sallyport/local/cloud/process"
)

// Version is what a daemon does, as a number: a running one of another version is replaced. Raise it when a daemon of
// before must not serve the programs of now; its content is lost then.
const Version = 3

// Status tells about a running cloud. It is what the front tells at front.StatusPath, and what Dir/cloud.json holds.
type Status struct {
	// ID names the content: it changes exactly when the content is lost.
	ID      string           `json:"id"`
	Process process.Identity `json:"process"`
	Version int              `json:"version"`
	Config  Config           `json:"config"`
	// Build tells which executable runs; another one may have been built since.
	Build     string    `json:"build"`
	StartedAt time.Time `json:"startedAt"`
	// Front, Registry are URLs.
	Front    string `json:"front"`
	Registry string `json:"registry"`
	// GatewayPort is the port at which each API has its own address.
	GatewayPort int `json:"gatewayPort"`
	// Ready is false while moto is starting again.
	Ready bool       `json:"ready"`
	Moto  moto.State `json:"moto"`
	// Repositories counts those that hold images.
	Repositories int           `json:"repositories"`
	APIs         []gateway.API `json:"apis"`
	// Services are those of ECS, with what runs of them.
	Services []ecs.ServiceStatus `json:"services"`
	// Refused is what tasks have asked of AWS in vain, the first one first.
	Refused []dataplane.RefusedCall `json:"refused,omitempty"`
}

// ErrNotRunning is Inspect's error when no cloud runs.
var ErrNotRunning = errors.New("the local cloud is not running: `make up` starts it")

// Inspect returns the status of the cloud that runs in cfg.Dir. Its error is ErrNotRunning when none does.
func Inspect(ctx context.Context, cfg Config) (Status, error) {
	recorded, err := find(ctx, cfg)
	if err != nil {
		return Status{}, err
	}
	status, err := ask(ctx, recorded.Config.FrontAddr)
	if err == nil && status.Process != recorded.Process {
		err = fmt.Errorf("another program answers: %s", holder(recorded.Config.FrontAddr))
	}
	if err != nil {
		return recorded, fmt.Errorf("the local cloud (process %d) runs but does not answer at %s: %w: `make local-stop` ends it; its log is %s",
			recorded.Process.PID, recorded.Config.FrontAddr, err, LogFile(cfg))
	}
	return status, nil
}

// LogFile returns the path of the daemon's log.
func LogFile(cfg Config) string { return filepath.Join(cfg.Dir, "cloud.log") }

func recordFile(cfg Config) string { return filepath.Join(cfg.Dir, "cloud.json") }

// find returns the record of the cloud that runs in cfg.Dir.
func find(ctx context.Context, cfg Config) (Status, error) {
	recorded, err := readRecord(cfg)
	if err == nil && recorded.Process.Alive() {
		return recorded, nil
	}
	// The folder may have been deleted under a running daemon, which still says whose it is.
	if status, err := ask(ctx, cfg.FrontAddr); err == nil && status.Config.Dir == cfg.Dir && status.Process.Alive() {
		return status, nil
	}
	return Status{}, ErrNotRunning
}

func readRecord(cfg Config) (Status, error) {
	var recorded Status
	content, err := os.ReadFile(recordFile(cfg))
	if err == nil {
		err = json.Unmarshal(content, &recorded)
	}
	return recorded, err
}

func (s Status) record() error {
	content, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	// By renaming, so that no one reads half a record.
	temporary := recordFile(s.Config) + ".new"
	if err := os.WriteFile(temporary, append(content, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, recordFile(s.Config))
}

// ask returns what the cloud at an address tells about itself, within 3 s.
func ask(ctx context.Context, address string) (Status, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+front.StatusPath, nil)
	if err != nil {
		return Status{}, err
	}
	request.Close = true
	response, err := direct.RoundTrip(request)
	if err != nil {
		return Status{}, err
	}
	defer response.Body.Close()
	var status Status
	if err := json.NewDecoder(response.Body).Decode(&status); err != nil || status.ID == "" {
		return Status{}, errors.New("what answers is not a local cloud")
	}
	return status, nil
}

// direct uses no proxy: all of the cloud is on this machine.
var direct = &http.Transport{DisableKeepAlives: true}

// build names the executable of this process by its content: its time changes with every `go build` of the same.
func build() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return ""
	}
	return hex.EncodeToString(hash.Sum(nil))
}
