package dataplane

import (
	"crypto/sha256"
	"encoding/json"
	"sync"
	"time"

	"github.com/aws/smithy-go"
)

// tokenLife is how long DynamoDB knows a transaction that it has done, by its token.
const tokenLife = 10 * time.Minute

// tokens are the transactions of a Region that were done, which moto forgets: a client that missed the answer asks again with
// the same token, and gets the answer without the transaction being done twice. Calls of DynamoDB come one at a time, so
// that the second finds the first one done.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
type tokens struct {
	mu   sync.Mutex
	done map[string]transaction
}

type transaction struct {
	input  [sha256.Size]byte
	answer []byte
	at     time.Time
}

func tokenOf(input []byte) string {
	var given struct{ ClientRequestToken string }
	_ = json.Unmarshal(input, &given)
	return given.ClientRequestToken
}

// before returns the answer to a transaction that was done already, nil for a new one.
func (t *tokens) before(input []byte) ([]byte, error) {
	token := tokenOf(input)
	t.mu.Lock()
	defer t.mu.Unlock()
	known, there := t.done[token]
	switch {
	case token == "" || !there || time.Since(known.at) >= tokenLife:
		return nil, nil
	case known.input != sha256.Sum256(input):
		return nil, &smithy.GenericAPIError{Code: "IdempotentParameterMismatchException",
			Message: "This token was used for another transaction in the last ten minutes: each transaction takes one of its own."}
	}
	return known.answer, nil
}

// after remembers a transaction that was done.
func (t *tokens) after(input, answer []byte) {
	token := tokenOf(input)
	if token == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for old, known := range t.done {
		if time.Since(known.at) >= tokenLife {
			delete(t.done, old)
		}
	}
	if t.done == nil {
		t.done = map[string]transaction{}
	}
	t.done[token] = transaction{sha256.Sum256(input), answer, time.Now()}
}
