package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// algorithms of a signature: RSA alone. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
// says no more; whether RSASSA-PSS is among them is unverified, so it is not here.
var algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512}

// claims are what a token says.
type claims map[string]any

// parseToken returns the claims of a token that is signed with the issuer's key of its kid.
func parseToken(token string, key func(kid string) (any, error)) (claims, error) {
	signed, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil {
		return nil, errors.New("the token is none, or is not signed with RS256, RS384 or RS512")
	}
	public, err := key(signed.Signatures[0].Header.KeyID)
	if err != nil {
		return nil, err
	}
	payload, err := signed.Verify(public)
	if err != nil {
		return nil, errors.New("the token does not have a valid signature")
	}
	return readClaims(payload)
}

func readClaims(payload []byte) (claims, error) {
	var said claims
	if err := json.Unmarshal(payload, &said); err != nil || said == nil {
		return nil, errors.New("the token has no claims")
	}
	return said, nil
}

// check holds the claims against the authorizer.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
func (c claims) check(issuer string, audience []string, now time.Time) error {
	if said, _ := c["iss"].(string); said != issuer {
		return errors.New("the token does not have a valid issuer")
	}
	// client_id counts only where there is no aud.
	said, ok := c["aud"]
	if !ok {
		said = c["client_id"]
	}
	if !slices.ContainsFunc(texts(said), func(a string) bool { return slices.Contains(audience, a) }) {
		return errors.New("the token does not have a valid audience")
	}
	seconds := float64(now.UnixMilli()) / 1000
	for _, claim := range []struct {
		name     string
		required bool
		valid    func(at float64) bool
		wrong    string
	}{
		{"exp", true, func(at float64) bool { return at > seconds }, "the token has expired"},
		{"nbf", false, func(at float64) bool { return at <= seconds }, "the token is not valid yet"},
		{"iat", false, func(at float64) bool { return at <= seconds }, "the token was issued in the future"},
	} {
		value, given := c[claim.name]
		at, isNumber := value.(float64)
		if given && !isNumber || claim.required && !given {
			return fmt.Errorf("the token does not have a valid %s", claim.name)
		}
		if given && !claim.valid(at) {
			return errors.New(claim.wrong)
		}
	}
	return nil
}

// scopes are those of scope or scp: a text with spaces between them, or a list.
func (c claims) scopes() []string {
	said, ok := c["scope"]
	if !ok {
		said = c["scp"]
	}
	if text, ok := said.(string); ok {
		return strings.Fields(text)
	}
	return texts(said)
}

// inScope tells whether the token has one of a route's scopes.
func (c claims) inScope(wanted []string) bool {
	had := c.scopes()
	return len(wanted) == 0 || slices.ContainsFunc(wanted, func(scope string) bool { return slices.Contains(had, scope) })
}

// text is a claim as $context.authorizer.claims.NAME has it. AWS does not document those that are no text.
func (c claims) text(name string) string {
	switch said := c[name].(type) {
	case nil:
		return ""
	case string:
		return said
	case float64:
		return strconv.FormatFloat(said, 'f', -1, 64)
	default:
		encoded, _ := json.Marshal(said)
		return string(encoded)
	}
}

// texts are a text, or those of a list.
func texts(value any) []string {
	if text, ok := value.(string); ok {
		return []string{text}
	}
	items, _ := value.([]any)
	var list []string
	for _, item := range items {
		if text, ok := item.(string); ok {
			list = append(list, text)
		}
	}
	return list
}
