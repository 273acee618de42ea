// Package command is the command line: what a stack is asked, how the answer is written, and with which status it ends.
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"sallyport/inspect/api"
	"sallyport/inspect/leftovers"
	"sallyport/inspect/report"
	"sallyport/inspect/stack"
	"sallyport/inspect/verify"
	"sallyport/inspect/why"
)

// The statuses that Run ends with.
const (
	holds   = 0 // all that was asked for holds
	fails   = 1 // something does not
	unknown = 2 // it could not be found out
)

// What answers; tests have others.
var (
	readStack     = stack.Read
	newClients    = api.New
	runChecks     = verify.Run
	explain       = why.Explain
	findLeftovers = leftovers.Find
)

type verb struct {
	name, options, help string
	run                 func(ctx context.Context, flags *flag.FlagSet, args []string, stdout, stderr io.Writer) (int, error)
}

var verbs = []verb{
	{"verify", "-stack NAME [-limit 5m] [-connect URL] [-json] [-junit FILE]", "check that the app is up and private", runVerify},
	{"verify", "-policy", "print the IAM policy that all of this needs, and end", runVerify},
	{"why", "-stack NAME [-json] [-quiet]", "tell what broke a deployment, in plain words", runWhy},
	{"left", "-stack NAME [-limit 1m] [-json]", "list what is left of a stack, what costs money first", runLeft},
}

// Run runs the verb that the arguments begin with. It returns the exit status: 0 where all that was asked for holds, 1
// where something does not, 2 where it could not be found out, which stderr then tells the reason of.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	exit, err := run(ctx, args, stdout, stderr)
	switch {
	case err == nil:
		return exit
	case ctx.Err() != nil:
		err = errors.New("interrupted before it was found out")
	}
	mark := "error: "
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintln(stderr, mark+report.Line(line))
		mark = "  "
	}
	return unknown
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (int, error) {
	if len(args) == 0 {
		return 0, errors.New("say what to do:\n" + usage())
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		return holds, write(stdout, "Usage:\n"+usage())
	}
	for _, v := range verbs {
		if v.name != args[0] {
			continue
		}
		flags := flag.NewFlagSet(v.name, flag.ContinueOnError)
		flags.SetOutput(io.Discard) // what is wrong with the flags is told once, by the error
		exit, err := v.run(ctx, flags, args[1:], stdout, stderr)
		if errors.Is(err, flag.ErrHelp) {
			return holds, write(stdout, "The options of "+v.name+":\n"+defaults(flags))
		}
		return exit, err
	}
	return 0, fmt.Errorf("there is no %q; there is:\n%s", args[0], usage())
}

func usage() string {
	var b strings.Builder
	for _, v := range verbs {
		fmt.Fprintf(&b, "  inspect %s %s\n      %s\n", v.name, v.options, v.help)
	}
	return b.String()
}

func defaults(flags *flag.FlagSet) string {
	var b strings.Builder
	flags.SetOutput(&b)
	flags.PrintDefaults()
	return strings.ReplaceAll(b.String(), "\t", "  ")
}

// parse takes flags alone, of which -stack must be one.
func parse(flags *flag.FlagSet, args []string) error {
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil:
		return fmt.Errorf("%s: %w; its options are:\n%s", flags.Name(), err, defaults(flags))
	case flags.NArg() > 0:
		return fmt.Errorf("%s takes no argument %q; its options are:\n%s", flags.Name(), flags.Arg(0), defaults(flags))
	}
	return nil
}

// connect reads the stack, and makes clients for where it lives.
func connect(ctx context.Context, name string) (*stack.Stack, *api.Clients, error) {
	if name == "" {
		return nil, nil, errors.New("-stack is missing: name the stack, as in -stack dev")
	}
	s, err := readStack(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	clients, err := newClients(ctx, s.Region, s.Profile)
	return s, clients, err
}

func write(out io.Writer, text string) error {
	if _, err := io.WriteString(out, text); err != nil {
		return fmt.Errorf("the report could not be written: %w", err)
	}
	return nil
}
