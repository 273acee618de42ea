package settings

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sallyport/internal/task"
)

// repository is the name of an image without tag and digest: a host, which has a dot or a port or is localhost, and
// path components in lower case. https://pkg.go.dev/github.com/distribution/reference
var repository = regexp.MustCompile(`^(?:(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d+)?|[A-Za-z0-9-]+:\d+|localhost)/)?` +
	`[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$`)

var sha256Digest = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// checkImage lets an empty image pass: one is built then.
func checkImage(image string) error {
	if image == "" {
		return nil
	}
	name, digest, pinned := strings.Cut(image, "@")
	var wrong []string
	switch at := strings.LastIndex(name, ":"); {
	case at > strings.LastIndex(name, "/") && pinned:
		wrong = append(wrong, "it has a tag beside its digest: leave the tag out")
	case at > strings.LastIndex(name, "/"):
		wrong = append(wrong, "it has a tag and no digest, and a tag can be moved to another image")
	case !repository.MatchString(name):
		wrong = append(wrong, fmt.Sprintf("%q is not the name of a repository", name))
	}
	switch {
	case pinned && !sha256Digest.MatchString(digest):
		wrong = append(wrong, "its digest is not sha256: and 64 hexadecimal digits")
	case !pinned && len(wrong) == 0:
		wrong = append(wrong, "it has no digest")
	}
	return joined(wrong)
}

// checkImageRelations judges where the image comes from: it is built or it is there already.
func checkImageRelations(s *Settings, valid func(keys ...string) bool) (problems []*problem) {
	if !valid("app.image") {
		return nil
	}
	if s.App.Image == "" {
		if valid("app.context") {
			problems = append(problems, checkContext(s.App.Context))
		}
		return problems
	}
	const unused = "nothing is built while app.image is set"
	instead := "leave it out, or leave app.image out to build"
	if valid("app.context") && s.App.Context != rowOf("app.context").value.standard() {
		problems = append(problems, &problem{key: "app.context", wrong: unused, instead: instead})
	}
	if valid("app.buildArgs") && len(s.App.BuildArgs) > 0 {
		problems = append(problems, &problem{key: "app.buildArgs", wrong: unused, instead: instead})
	}
	if valid("app.buildOnPreview") && s.App.BuildOnPreview {
		problems = append(problems, &problem{key: "app.buildOnPreview", wrong: unused, instead: instead})
	}
	from, inECR := task.ParseRepository(s.App.Image)
	if valid("name", "aws:region", "aws:allowedAccountIds") && inECR && from.Path == s.Name && from.Region == s.AWS.Region &&
		(len(s.AWS.AllowedAccountIDs) == 0 || slices.Contains(s.AWS.AllowedAccountIDs, from.Account)) {
		problems = append(problems, &problem{
			key:     "app.image",
			wrong:   fmt.Sprintf("%s in account %s is by its name the repository that this stack builds into, which is deleted once app.image is set", from.Path, from.Account),
			instead: "copy the image to a repository of another name first; where the stack is not in that account, name its own in aws:allowedAccountIds",
		})
	}
	if valid("aws:region", "network.egress", "network.vpcId") && !s.Network.Existing() && s.Network.Egress != EgressNAT && s.Network.Egress != EgressNATPerZone {
		if !inECR || from.Region != s.AWS.Region {
			problems = append(problems, &problem{
				key:     "app.image",
				wrong:   fmt.Sprintf("with a network.egress of %s a task reaches no registry but ECR's in %s", s.Network.Egress, s.AWS.Region),
				allowed: fmt.Sprintf("an image that is already in ECR in %s; or nat or nat-per-zone for network.egress", s.AWS.Region),
				why:     aws + "AmazonECR/latest/userguide/vpc-endpoints.html",
			})
		}
	}
	return problems
}

func checkContext(dir string) *problem {
	p := &problem{key: "app.context"}
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		p.wrong = "there is no such directory"
		return p
	case !info.IsDir():
		p.wrong = "it is not a directory"
		return p
	}
	if info, err := os.Stat(filepath.Join(dir, "Dockerfile")); err != nil || info.IsDir() {
		p.wrong = "it holds no Dockerfile"
		return p
	}
	return nil
}
