package verify

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// round is one that takes a second, and finds what its number says.
func rounds(n *int) func(context.Context) (*Facts, error) {
	return func(context.Context) (*Facts, error) {
		*n++
		time.Sleep(time.Second)
		return &Facts{Outputs: Outputs{URL: strings.Repeat("x", *n)}}, nil
	}
}

// passesIn is a check that waits until the round of a number.
func passesIn(name string, round int) Check {
	return Check{Name: name, Claim: "claim of " + name, Judge: func(f *Facts) Finding {
		if len(f.Outputs.URL) >= round {
			return pass("seen")
		}
		return later("not seen", "wait for "+name)
	}}
}

var broken = Check{Name: "broken", Claim: "it is whole", Judge: func(*Facts) Finding { return fail("in two", "mend it") }}

func list(checks ...Check) func(*Facts) []Check { return func(*Facts) []Check { return checks } }

func TestWait(t *testing.T) {
	// run tells how many rounds there were and how many seconds they took.
	run := func(t *testing.T, o Options, checks ...Check) (results []Result, progress []string, n int, seconds float64) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			o.Progress = func(line string) { progress = append(progress, line) }
			start := time.Now()
			var err error
			if results, err = wait(t.Context(), rounds(&n), list(checks...), o); err != nil {
				t.Error(err)
			}
			seconds = time.Since(start).Seconds()
		})
		return results, progress, n, seconds
	}
	t.Run("where all holds it is done after one round, and has nothing to tell", func(t *testing.T) {
		results, progress, n, _ := run(t, Options{Limit: time.Hour}, passesIn("a", 1), passesIn("b", 1))
		want := []Result{{Name: "a", Claim: "claim of a", OK: true, Evidence: "seen"}, {Name: "b", Claim: "claim of b", OK: true, Evidence: "seen"}}
		if n != 1 || len(progress) != 0 || !reflect.DeepEqual(results, want) {
			t.Errorf("%d rounds, %q, %+v", n, progress, results)
		}
	})
	t.Run("what waiting won't mend is not waited for", func(t *testing.T) {
		results, progress, n, _ := run(t, Options{Limit: time.Hour}, passesIn("a", 1), broken)
		want := []Result{{Name: "a", Claim: "claim of a", OK: true, Evidence: "seen"}, {Name: "broken", Claim: "it is whole", Evidence: "in two", Todo: "mend it"}}
		if n != 1 || len(progress) != 0 || !reflect.DeepEqual(results, want) {
			t.Errorf("%d rounds, %q, %+v", n, progress, results)
		}
	})
	t.Run("what is only late is not reported beside it", func(t *testing.T) {
		results, progress, n, _ := run(t, Options{Limit: time.Hour}, passesIn("a", 3), broken)
		if n != 3 || !reflect.DeepEqual(progress, []string{"waiting for a"}) || !results[0].OK || results[1].OK {
			t.Errorf("%d rounds, %q, %+v", n, progress, results)
		}
	})
	t.Run("but what does not come is given up half a minute after the failure that stays", func(t *testing.T) {
		if results, _, _, seconds := run(t, Options{Limit: time.Hour}, passesIn("a", 100), broken); seconds != 1+30+1 || results[0].OK {
			t.Errorf("it took %v s, %+v", seconds, results)
		}
		if _, _, _, seconds := run(t, Options{Limit: 10 * time.Second}, passesIn("a", 100), broken); seconds != 11 {
			t.Errorf("with a limit of 10 s it took %v s", seconds)
		}
	})
	t.Run("it waits for what takes time, and says so once for each change", func(t *testing.T) {
		results, progress, n, seconds := run(t, Options{Limit: time.Hour}, passesIn("a", 3), passesIn("b", 5), passesIn("c", 1))
		want := []string{"waiting for a, b", "waiting for b"}
		// Five rounds of a second, with pauses of 2, 3, 4.5 and 6.75 seconds.
		if n != 5 || seconds != 21.25 || !reflect.DeepEqual(progress, want) || !results[0].OK || !results[1].OK {
			t.Errorf("%d rounds in %v s, %q, %+v", n, seconds, progress, results)
		}
	})
	t.Run("a pause is never longer than ten seconds", func(t *testing.T) {
		_, _, n, seconds := run(t, Options{Limit: time.Hour}, passesIn("a", 10))
		if n != 10 || seconds != 10+2+3+4.5+6.75+5*10 {
			t.Errorf("%d rounds in %v s", n, seconds)
		}
	})
	t.Run("at the limit it looks once more, and returns what fails", func(t *testing.T) {
		// Rounds end after 1, 4 and 8 seconds; the pause after the third is of 2 seconds, not of 4.5.
		results, _, n, seconds := run(t, Options{Limit: 10 * time.Second}, passesIn("a", 100))
		if n != 4 || seconds != 11 || results[0].OK {
			t.Errorf("%d rounds in %v s, %+v", n, seconds, results)
		}
	})
	t.Run("without a limit it doesn't wait", func(t *testing.T) {
		if _, progress, n, _ := run(t, Options{}, passesIn("a", 9)); n != 1 || len(progress) != 0 {
			t.Errorf("%d rounds, %q", n, progress)
		}
	})
	t.Run("an interruption ends the pause, and the error says so", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(2*time.Second, cancel) // one second into the first pause
			start, n := time.Now(), 0
			results, err := wait(ctx, rounds(&n), list(passesIn("a", 9)), Options{Limit: time.Hour})
			if err == nil || err.Error() != "the verification was interrupted before it came to an end: context canceled" || results != nil {
				t.Errorf("it said %v, %+v", err, results)
			}
			if took := time.Since(start); took != 2*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	})
	t.Run("an interruption in a round is none of the round's errors", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := wait(ctx, func(context.Context) (*Facts, error) {
			cancel()
			return nil, errors.New("request canceled")
		}, list(), Options{})
		if err == nil || err.Error() != "the verification was interrupted before it came to an end: context canceled" {
			t.Errorf("it said %v", err)
		}
	})
}
