package settings

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// joined is one error for everything that is wrong with one value, in a fixed order; nil when nothing is.
func joined(wrong []string) error {
	if len(wrong) == 0 {
		return nil
	}
	slices.Sort(wrong)
	return errors.New(strings.Join(slices.Compact(wrong), "; "))
}

// both is what is wrong by either error.
func both(a, b error) error {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	return fmt.Errorf("%w; %w", a, b)
}

func between(low, high int) func(int) error {
	return func(n int) error {
		if n < low {
			return fmt.Errorf("it is less than %d", low)
		}
		if n > high {
			return fmt.Errorf("it is more than %d", high)
		}
		return nil
	}
}

func oneOf[T string | Egress | int](values ...T) func(T) error {
	return func(v T) error {
		if !slices.Contains(values, v) {
			return errors.New("it is none of the values allowed")
		}
		return nil
	}
}

func matching(pattern, otherwise string) func(string) error {
	re := regexp.MustCompile(pattern)
	return func(s string) error {
		if !re.MatchString(s) {
			return errors.New(otherwise)
		}
		return nil
	}
}

// nameLimit leaves room for the eight characters that Pulumi appends to the name of a load balancer or a target group
// (https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming), which AWS limits to 32.
// Every other name made from it has more room: ECR 256, IAM role 64, log group 512.
const nameLimit = 24

var wellFormedName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// checkName lets an empty name pass: the stack's own takes its place, and is checked then.
func checkName(name string) error {
	if name == "" {
		return nil
	}
	var wrong []string
	if n := utf8.RuneCountInString(name); n > nameLimit {
		wrong = append(wrong, fmt.Sprintf("it has %d characters", n))
	}
	if len(name) < 2 {
		wrong = append(wrong, "it has less than two characters")
	}
	if !wellFormedName.MatchString(name) {
		wrong = append(wrong, "it is not made of lower-case letters, digits and single hyphens between them, with a letter first")
	}
	for _, reserved := range []string{"internal-", "sg-"} {
		if strings.HasPrefix(name, reserved) {
			wrong = append(wrong, "it starts with "+reserved)
		}
	}
	return joined(wrong)
}

// tagLimit is what remains of AWS's 50 tags a resource after those that the program and its components set.
const tagLimit = 40

func checkTags(tags map[string]string) error {
	var wrong []string
	if len(tags) > tagLimit {
		wrong = append(wrong, fmt.Sprintf("there are %d", len(tags)))
	}
	for key, value := range tags {
		quoted := strconv.Quote(key)
		if n := utf8.RuneCountInString(key); n < 1 || n > 128 {
			wrong = append(wrong, fmt.Sprintf("the key %s has %d characters", quoted, n))
		}
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			wrong = append(wrong, fmt.Sprintf("the key %s starts with aws:", quoted))
		}
		if !tagCharacters(key) {
			wrong = append(wrong, fmt.Sprintf("the key %s has characters that AWS refuses", quoted))
		}
		if n := utf8.RuneCountInString(value); n > 256 {
			wrong = append(wrong, fmt.Sprintf("the value of %s has %d characters", quoted, n))
		}
		if !tagCharacters(value) {
			wrong = append(wrong, fmt.Sprintf("the value of %s has characters that AWS refuses", quoted))
		}
	}
	keys := slices.Collect(maps.Keys(tags))
	for key := range DefaultTags("", "") {
		if _, overridden := tags[key]; !overridden {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for i, key := range keys {
		for _, other := range keys[i+1:] {
			if strings.EqualFold(key, other) {
				wrong = append(wrong, fmt.Sprintf("the keys %q and %q differ by case alone, which IAM takes for one key", key, other))
			}
		}
	}
	return joined(wrong)
}

func tagCharacters(s string) bool {
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != ' ' && !strings.ContainsRune("_.:/=+-@", r) {
			return false
		}
	}
	return true
}

// variableName is that of an environment variable in POSIX, and of an ARG.
var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func checkBuildArgs(args map[string]string) error {
	var wrong []string
	for name := range args {
		if !variableName.MatchString(name) {
			wrong = append(wrong, fmt.Sprintf("%q can't be the name of an ARG", name))
		}
		if name == "BUILD_ID" {
			wrong = append(wrong, "BUILD_ID is set by the program, to the image's tag")
		}
	}
	return joined(wrong)
}

var userAndGroup = regexp.MustCompile(`^(\d{1,10})(?::(\d{1,10}))?$`)

func checkUser(user string) error {
	ids := userAndGroup.FindStringSubmatch(user)
	if ids == nil {
		return errors.New("it is not a number, or two with a colon between them")
	}
	for _, id := range ids[1:] {
		if id == "" {
			continue
		}
		switch n, err := strconv.ParseInt(id, 10, 32); {
		case err != nil:
			return errors.New("an id is more than 2147483647")
		case n == 0:
			return errors.New("0 is root")
		}
	}
	return nil
}

var mountable = regexp.MustCompile(`^/[A-Za-z0-9._@+/-]+$`)

func checkWritablePaths(paths []string) error {
	var wrong []string
	seen := map[string]bool{}
	for _, p := range paths {
		quoted := strconv.Quote(p)
		switch {
		case p == "/":
			wrong = append(wrong, `"/" would make the whole file system writable`)
		case !strings.HasPrefix(p, "/"):
			wrong = append(wrong, quoted+" is not absolute")
		case path.Clean(p) != p:
			wrong = append(wrong, fmt.Sprintf("%s should be written %q", quoted, path.Clean(p)))
		case !mountable.MatchString(p):
			wrong = append(wrong, quoted+" has characters that a mount point can't have")
		case seen[p]:
			wrong = append(wrong, quoted+" is there twice")
		}
		seen[p] = true
	}
	return joined(wrong)
}

var accountID = regexp.MustCompile(`^\d{12}$`)

func checkAccounts(ids []string) error {
	var wrong []string
	for _, id := range ids {
		if !accountID.MatchString(id) {
			wrong = append(wrong, fmt.Sprintf("%q doesn't have twelve digits", id))
		}
	}
	return joined(wrong)
}
