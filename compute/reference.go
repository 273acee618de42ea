package compute

import (
	"fmt"
	"regexp"
	"strings"
)

// reference is an image that was built elsewhere.
type reference struct {
	repository string // HOST/PATH, without a digest
	// arn of the repository; empty where it is not a private one of ECR.
	arn string
}

var pinned = regexp.MustCompile(`^([^@\s]+)@sha256:[0-9a-f]{64}$`)

// privateECR has the account, the Region and the path of a repository:
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
var privateECR = regexp.MustCompile(`^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(amazonaws\.com|amazonaws\.com\.cn|on\.aws|on\.amazonwebservices\.com\.cn)/(.+)$`)

func parseReference(ref string) (reference, error) {
	found := pinned.FindStringSubmatch(ref)
	if found == nil || strings.LastIndex(found[1], ":") > strings.LastIndex(found[1], "/") {
		return reference{}, fmt.Errorf("invalid Prebuilt %q: must be REPOSITORY@sha256:DIGEST, without a tag", ref)
	}
	r := reference{repository: found[1]}
	if ecr := privateECR.FindStringSubmatch(r.repository); ecr != nil {
		partition := "aws"
		switch {
		case strings.HasSuffix(ecr[3], ".cn"):
			partition = "aws-cn"
		case strings.HasPrefix(ecr[2], "us-gov-"):
			partition = "aws-us-gov"
		}
		r.arn = fmt.Sprintf("arn:%s:ecr:%s:%s:repository/%s", partition, ecr[2], ecr[1], ecr[4])
	}
	return r, nil
}
