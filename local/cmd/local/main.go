// Command local deploys a stack to the local cloud. It stands behind the Makefile: `make up`, `make preview`,
// `make destroy`, `make verify`, `make why`, `make url`, `make open`, `make logs`, `make local-status`, `make local-stop`
// and `make env`.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"sort"
	"strings"
	"syscall"

	"sallyport/local/cloud"
)

// command is one verb of the command line.
type command struct {
	name string
	help string
	run  func(ctx context.Context, l *local, args []string) error
}

var commands = []command{
	{"up", "deploy the stack, verify it (-verify=false does not) and print its URL", up},
	{"preview", "show what an up would change", preview},
	{"destroy", "delete everything that the stack made, and tell what is left", destroy},
	{"verify", "check that the app is up and private; -- --help lists the options", verify},
	{"why", "say what broke", why},
	{"url", "print the stack's public URL", printURL},
	{"open", "open the stack's public URL in a browser", open},
	{"logs", "print what the app has logged; -- --follow goes on, -- --since 1h begins earlier", logs},
	{"status", "show what of the local cloud runs", status},
	{"stop", "stop the local cloud; nothing is left running", stop},
	{"env", "print what to export so that aws, docker and pulumi talk to the local cloud", env},
	{"engine", "run a command while a Docker engine runs (used by the tests)", withEngine},
	{"pulumi", "run the local Pulumi CLI with any arguments", pulumi},
	{"serve", "be the local cloud's process (used by up)", serve},
	{"inspect", "be the process that looks at the stack (used by up, destroy, verify and why)", inspectProcess},
}

func main() {
	err := run(os.Args[1:])
	switch exit, ended := err.(*exec.ExitError); { // wrapped, it is of a command whose words nobody has seen yet
	case err == nil:
	case ended:
		os.Exit(max(exit.ExitCode(), 1)) // the Pulumi CLI has said why
	default:
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		usage()
		return nil
	}
	for _, c := range commands {
		if c.name != args[0] {
			continue
		}
		flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
		name := flags.String("stack", "local", "the stack; its settings are in Pulumi.STACK.yaml")
		verified := true
		if c.name == "up" {
			flags.BoolVar(&verified, "verify", true, "check that the app is up and private")
		}
		if err := flags.Parse(args[1:]); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil
			}
			return err
		}
		var l *local
		// The daemon is told where its cloud lives, which may be outside of any checkout.
		if _, inherited, _ := cloud.InheritedConfig(); c.name != "serve" || !inherited {
			var err error
			if l, err = newLocal(*name); err != nil {
				return err
			}
			l.verified = verified
		}
		ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
		defer cancel()
		return c.run(ctx, l, flags.Args())
	}
	usage()
	return fmt.Errorf("there is no command %q", args[0])
}

func usage() {
	fmt.Fprintln(os.Stderr, "Usage: local COMMAND [-stack NAME] [-- options of the Pulumi CLI]")
	for _, c := range commands {
		fmt.Fprintf(os.Stderr, "  %-9s %s\n", c.name, c.help)
	}
}

// sayf reports progress; standard output is kept for results.
func sayf(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

func sorted(env map[string]string) []string {
	keys := make([]string, 0, len(env))
	for k := range env {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
