package compute

import (
	"fmt"
	"regexp"
	"strings"

	"sallyport/internal/task"
)

// reference is an image that was built elsewhere.
type reference struct {
	repository string // HOST/PATH, without a digest
	// arn of the repository; empty where it is not a private one of ECR.
	arn string
}

var pinned = regexp.MustCompile(`^([^@\s]+)@sha256:[0-9a-f]{64}$`)

func parseReference(ref string) (reference, error) {
	found := pinned.FindStringSubmatch(ref)
	if found == nil || strings.LastIndex(found[1], ":") > strings.LastIndex(found[1], "/") {
		return reference{}, fmt.Errorf("invalid Prebuilt %q: must be REPOSITORY@sha256:DIGEST, without a tag", ref)
	}
	r := reference{repository: found[1]}
	if in, ok := task.ParseRepository(r.repository); ok {
		r.arn = in.ARN()
	}
	return r, nil
}
