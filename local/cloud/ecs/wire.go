package ecs

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/aws/smithy-go"
)

// decode reads JSON with its numbers as they are: a timestamp must come out as it went in.
func decode(body []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	return decoder.Decode(into)
}

func encode(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimRight(out.Bytes(), "\n"), err
}

// epoch is a time as ECS's protocol has it: seconds since 1970, with milliseconds.
func epoch(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// put sets a time that there is.
func put(object map[string]any, name string, t time.Time) {
	if !t.IsZero() {
		object[name] = epoch(t)
	}
}

// refusal is an error in the shape of AWS's.
func refusal(code, format string, args ...any) error {
	return &smithy.GenericAPIError{Code: code, Message: fmt.Sprintf(format, args...), Fault: smithy.FaultClient}
}

func invalid(format string, args ...any) error {
	return refusal("InvalidParameterException", format, args...)
}

// shortName returns the last part of an ARN or name.
func shortName(nameOrARN, otherwise string) string {
	if nameOrARN == "" {
		return otherwise
	}
	return nameOrARN[strings.LastIndexByte(nameOrARN, '/')+1:]
}

// arnOf makes an ARN of another kind in the account and Region of an ECS ARN.
func arnOf(arn, kind, name string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return strings.Join(parts[:5], ":") + ":" + kind + "/" + name
	}
	return "arn:aws:ecs:::" + kind + "/" + name
}

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}

func newUUID() string {
	id := newID()
	return id[:8] + "-" + id[8:12] + "-4" + id[13:16] + "-a" + id[17:20] + "-" + id[20:]
}

// newDeploymentID is one of 19 digits, as AWS's are.
func newDeploymentID() string {
	n, _ := rand.Int(rand.Reader, big.NewInt(8e18))
	return fmt.Sprintf("ecs-svc/%d", n.Int64()+1e18)
}

func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
