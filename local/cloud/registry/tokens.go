package registry

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Tokens makes and checks the passwords that ecr GetAuthorizationToken hands out. A password is good for the
// repositories of one region, and for as long as its Tokens live.
type Tokens struct{ key []byte }

// NewTokens returns a maker of passwords that no other one accepts.
func NewTokens() *Tokens {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails, see crypto/rand
	return &Tokens{key: key}
}

// Password returns the password for a region, always the same for the same region.
func (t *Tokens) Password(region string) string {
	return region + "." + t.sign(region)
}

// Check returns the region that a password is good for.
func (t *Tokens) Check(password string) (region string, good bool) {
	region, signature, _ := strings.Cut(password, ".")
	return region, hmac.Equal([]byte(signature), []byte(t.sign(region)))
}

func (t *Tokens) sign(region string) string {
	mac := hmac.New(sha256.New, t.key)
	mac.Write([]byte(region))
	return hex.EncodeToString(mac.Sum(nil))
}
