package dataplane

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"
)

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
func TestATransactionThatWasDoneIsAnsweredAgainForTenMinutes(t *testing.T) {
	const first, second = `{"ClientRequestToken":"a","TransactItems":[1]}`, `{"ClientRequestToken":"a","TransactItems":[2]}`
	synctest.Test(t, func(t *testing.T) {
		var tokens tokens
		known := func(when, input, want string) {
			t.Helper()
			if answer, err := tokens.before([]byte(input)); string(answer) != want || err != nil {
				t.Errorf("%s: got %q and %v, want %q", when, answer, err, want)
			}
		}
		known("a new one is moto's", first, "")
		tokens.after([]byte(first), []byte("done"))
		known("one that was done", first, "done")
		if _, err := tokens.before([]byte(second)); err == nil {
			t.Error("another one of the same token is taken")
		} else if known, ok := errors.AsType[smithy.APIError](err); !ok || known.ErrorCode() != "IdempotentParameterMismatchException" {
			t.Errorf("another one of the same token: %v", err)
		}
		tokens.after([]byte(`{}`), []byte("done"))
		known("one without a token is always new", `{}`, "")
		time.Sleep(10*time.Minute - time.Nanosecond)
		known("before ten minutes are over", first, "done")
		time.Sleep(time.Nanosecond)
		known("after ten minutes", first, "")
		if tokens.after([]byte(second), nil); len(tokens.done) != 1 {
			t.Errorf("kept are %v", tokens.done)
		}
	})
}
