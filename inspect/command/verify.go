package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"sallyport/inspect/api"
	"sallyport/inspect/report"
	"sallyport/inspect/verify"
)

func runVerify(ctx context.Context, flags *flag.FlagSet, args []string, stdout, stderr io.Writer) (int, error) {
	name := flags.String("stack", "", "the `NAME` of the stack; its settings are in Pulumi.NAME.yaml")
	limit := flags.Duration("limit", 5*time.Minute, "how long to `wait` for what takes time, such as 90s; 0s for not at all")
	asJSON := flags.Bool("json", false, "print a JSON document, and the table on standard error")
	junit := flags.String("junit", "", "write a JUnit XML document to this `FILE` too")
	var connect *url.URL
	flags.Func("connect", "send the URL's requests to this `URL`, with the host of the stack's own in them, as before DNS knows that host", func(text string) error {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
			return errors.New("it is not http or https, ://, a host and a port")
		}
		connect = u
		return nil
	})
	policy := flags.Bool("policy", false, "print the IAM policy that all of this needs, and end")
	if err := parse(flags, args); err != nil {
		return 0, err
	}
	if *policy {
		return holds, write(stdout, api.Policy())
	}
	if *limit < 0 {
		return 0, fmt.Errorf("-limit %s is in the past: name how long to wait, as in -limit 90s, or 0s for not at all", *limit)
	}
	var file *os.File
	if *junit != "" {
		// Before anything is waited for, so that a wrong path is told at once and an old document is not taken for this one's.
		var err error
		if file, err = os.Create(*junit); err != nil {
			return 0, fmt.Errorf("-junit: %w", err)
		}
		defer file.Close()
	}
	results, err := check(ctx, *name, verify.Options{Limit: *limit, Connect: connect}, stderr)
	if file != nil {
		document := report.JUnit(*name, results)
		if err != nil {
			document = report.JUnitError(*name, err)
		}
		err = errors.Join(err, write(file, document), file.Close())
	}
	if err != nil {
		return 0, err
	}
	verdict := report.NewVerdict(*name, results)
	table := stdout
	if *asJSON {
		table = stderr
		if err := writeJSON(stdout, verdict); err != nil {
			return 0, err
		}
	}
	if err := write(table, report.Checks(results, report.StyleOf(table))); err != nil {
		return 0, err
	}
	if !verdict.OK {
		return fails, nil
	}
	return holds, nil
}

// check runs the checks, and tells on stderr what is waited for.
func check(ctx context.Context, name string, options verify.Options, stderr io.Writer) ([]verify.Result, error) {
	s, clients, err := connect(ctx, name)
	if err != nil {
		return nil, err
	}
	progress := newProgress(stderr)
	options.Progress = progress.show
	results, err := runChecks(ctx, clients, s, options)
	progress.end()
	if err == nil && len(results) == 0 {
		err = errors.New("there was nothing to check")
	}
	return results, err
}
