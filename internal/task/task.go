// Package task has the facts about an ECS task that both its settings and the components that make it go by.
package task

import (
	"fmt"
	"regexp"
	"strings"
)

// The variables that the program sets itself in the container's environment.
const (
	Hostname  = "HOSTNAME"           // the address that the app listens on
	KeepAlive = "KEEP_ALIVE_TIMEOUT" // of idle connections, in milliseconds
	Port      = "PORT"               // that the app listens on
	TableName = "TABLE_NAME"         // of the app's table, where it has one
)

// Secret is the ARN that permissions name of what a container reads a secret from: that of a Secrets Manager secret
// without the JSON key and the version behind it, or that of an SSM parameter.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
func Secret(valueFrom string) string {
	parts := strings.Split(valueFrom, ":")
	return strings.Join(parts[:min(7, len(parts))], ":")
}

// Repository is a private repository of ECR.
type Repository struct {
	Account, Region, Path string
	china                 bool
}

// https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
var privateECR = regexp.MustCompile(`^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(amazonaws\.com|amazonaws\.com\.cn|on\.aws|on\.amazonwebservices\.com\.cn)/([^:@]+)`)

// ParseRepository is false for what is no image in a private repository of ECR. What follows the repository's name, a tag
// or a digest, is left aside.
func ParseRepository(image string) (Repository, bool) {
	found := privateECR.FindStringSubmatch(image)
	if found == nil {
		return Repository{}, false
	}
	return Repository{Account: found[1], Region: found[2], Path: found[4], china: strings.HasSuffix(found[3], ".cn")}, true
}

// ARN is what permissions name it.
func (r Repository) ARN() string {
	partition := "aws"
	switch {
	case r.china:
		partition = "aws-cn"
	case strings.HasPrefix(r.Region, "us-gov-"):
		partition = "aws-us-gov"
	}
	return fmt.Sprintf("arn:%s:ecr:%s:%s:repository/%s", partition, r.Region, r.Account, r.Path)
}
