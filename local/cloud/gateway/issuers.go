package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	// keysLife is how long an issuer's keys are kept.
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
	keysLife = 2 * time.Hour
	// fetchLimit is the time for an issuer's discovery document, and again for its keys.
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
	fetchLimit = 1500 * time.Millisecond
	// documentLimit in bytes is more than any issuer's documents have.
	documentLimit = 1 << 20
)

// issuers keeps the public keys of issuers of tokens, by the issuer's URL. They are asked for where they are declared to
// be, on this machine or on the internet.
type issuers struct {
	mu    sync.Mutex
	known map[string]keys
	// fetch is how an issuer is asked for its keys; nil for fetchKeys.
	fetch func(ctx context.Context, issuer string) (jose.JSONWebKeySet, error)
}

type keys struct {
	set     jose.JSONWebKeySet
	fetched time.Time
}

// key returns the key of an issuer that a token names. A key that is not among those known is asked for again, which AWS
// may do only after two hours.
func (i *issuers) key(ctx context.Context, issuer, kid string) (any, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	known, ok := i.known[issuer]
	if !ok || time.Since(known.fetched) > keysLife || len(known.set.Key(kid)) == 0 {
		fetch := i.fetch
		if fetch == nil {
			fetch = fetchKeys
		}
		set, err := fetch(ctx, issuer)
		if err != nil {
			return nil, err
		}
		known = keys{set, time.Now()}
		if i.known == nil {
			i.known = map[string]keys{}
		}
		i.known[issuer] = known
	}
	found := known.set.Key(kid)
	if kid == "" || len(found) == 0 {
		return nil, fmt.Errorf("the issuer has no key with the token's kid %q", kid)
	}
	return found[0].Key, nil
}

// fetchKeys discovers where an issuer has its keys: https://openid.net/specs/openid-connect-discovery-1_0.html
func fetchKeys(ctx context.Context, issuer string) (set jose.JSONWebKeySet, err error) {
	var discovered struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	if err := fetch(ctx, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration", &discovered); err != nil {
		return set, err
	}
	if discovered.Keys == "" {
		return set, errors.New("the issuer's discovery document has no jwks_uri")
	}
	return set, fetch(ctx, discovered.Keys, &set)
}

func fetch(ctx context.Context, url string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, fetchLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("the issuer's address: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("the issuer can't be asked for its keys: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the issuer can't be asked for its keys: %s answers %s", url, response.Status)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, documentLimit)).Decode(into); err != nil {
		return fmt.Errorf("the issuer's answer at %s: %w", url, err)
	}
	return nil
}
