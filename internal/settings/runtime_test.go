package settings

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

const (
	sum   = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	inECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop" + sum
	// The ARNs are those of AWS's own examples, with its example account.
	secret    = "arn:aws:secretsmanager:us-east-1:123456789012:secret:appauthexample-AbCdEf"
	parameter = "arn:aws:ssm:us-east-1:123456789012:parameter/prod/api-token"
	key       = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
)

// mistakes loads a stack for each case, which must have exactly the problems whose first lines are given.
func mistakes(t *testing.T, cases []mistake) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			config := map[string]string{}
			for name, value := range c.config {
				if !strings.Contains(name, ":") {
					name = "sallyport:" + name
				}
				config[name] = value
			}
			_, err := load(t, "dev", with(config))
			if len(c.want) == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			got := problemsOf(t, err)
			if len(got) != len(c.want) {
				t.Fatalf("got %d problems, want %d:\n%v", len(got), len(c.want), err)
			}
			for i, want := range c.want {
				head, wrong, _ := strings.Cut(want, " ")
				if !strings.HasPrefix(got[i], "sallyport:"+head+" ") || !strings.Contains(got[i], "\n  Problem: "+wrong+"\n") {
					t.Errorf("got:\n%s\nwant %s with the problem %q", got[i], head, wrong)
				}
			}
		})
	}
}

type mistake struct {
	name   string
	config map[string]string
	want   []string // KEY PROBLEM
}

func TestTheTableHasItsOwnVariable(t *testing.T) {
	const wrong = "TABLE_NAME is set by the program, to the name of the app's table"
	mistakes(t, []mistake{
		{"it is no name for a variable of the app's own, be it in the clear or a secret",
			map[string]string{"app.environment": `{"TABLE_NAME":"theirs"}`, "app.secrets": `{"TABLE_NAME":"` + parameter + `"}`},
			[]string{"app.secrets app.environment has TABLE_NAME as well: leave one of the two out", "app.environment " + wrong, "app.secrets " + wrong}},
		{"an app without a table may use it for one that is elsewhere",
			map[string]string{"app.environment": `{"TABLE_NAME":"theirs"}`, "app.table": "false"}, nil},
		{"another name is nobody's business", map[string]string{"app.environment": `{"TABLE_NAMES":"theirs"}`}, nil},
	})
}

func TestAPrebuiltImageIsNamedByItsDigest(t *testing.T) {
	const noRepository = "is not the name of a repository"
	mistakes(t, []mistake{
		{"an image in ECR", map[string]string{"app.image": inECR}, nil},
		{"an image on Docker Hub, by its short name", map[string]string{"app.image": "nginx" + sum}, nil},
		{"an image in a registry at a port", map[string]string{"app.image": "127.0.0.1:5000/team/shop_web" + sum}, nil},
		{"a tag", map[string]string{"app.image": "nginx:1.27"},
			[]string{"app.image it has a tag and no digest, and a tag can be moved to another image"}},
		{"a tag in a registry at a port", map[string]string{"app.image": "localhost:5000/shop:latest"},
			[]string{"app.image it has a tag and no digest, and a tag can be moved to another image"}},
		{"neither tag nor digest", map[string]string{"app.image": "nginx"}, []string{"app.image it has no digest"}},
		{"a tag and a digest", map[string]string{"app.image": "nginx:1.27" + sum},
			[]string{"app.image it has a tag beside its digest: leave the tag out"}},
		{"half a digest", map[string]string{"app.image": "nginx@sha256:0123"},
			[]string{"app.image its digest is not sha256: and 64 hexadecimal digits"}},
		{"a digest of another kind", map[string]string{"app.image": "nginx@sha512" + sum[7:]},
			[]string{"app.image its digest is not sha256: and 64 hexadecimal digits"}},
		{"a digest alone", map[string]string{"app.image": sum}, []string{`app.image "" ` + noRepository}},
		{"capitals", map[string]string{"app.image": "Shop/Web" + sum}, []string{`app.image "Shop/Web" ` + noRepository}},
		{"a URL", map[string]string{"app.image": "https://example.com/shop" + sum}, []string{`app.image "https://example.com/shop" ` + noRepository}},
	})
}

func TestAPrebuiltImageLeavesNothingToBuild(t *testing.T) {
	const unused = " nothing is built while app.image is set"
	mistakes(t, []mistake{
		{"all that says how to build contradicts it", map[string]string{
			"app.image": inECR, "app.context": "elsewhere", "app.buildArgs": `{"A":"1"}`, "app.buildOnPreview": "true",
		}, []string{"app.context" + unused, "app.buildArgs" + unused, "app.buildOnPreview" + unused}},
		{"the defaults, which Pulumi hands over for what is not set, don't", map[string]string{
			"app.image": inECR, "app.context": "webapp", "app.buildArgs": `{}`, "app.buildOnPreview": "false",
		}, nil},
		{"an image that can't be used is told alone", map[string]string{"app.image": "nginx", "app.buildOnPreview": "true", "app.context": "nowhere"},
			[]string{"app.image it has no digest"}},
		{"the stack's own repository goes with what it builds", map[string]string{
			"app.image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/sallyport-dev" + sum,
		}, []string{"app.image sallyport-dev in account 123456789012 is by its name the repository that this stack builds into, which is deleted once app.image is set"}},
		{"a repository of that name in another registry is not the stack's", map[string]string{"app.image": "ghcr.io/sallyport-dev" + sum}, nil},
		{"nor is one in another Region", map[string]string{"app.image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/sallyport-dev" + sum}, nil},
		{"nor one in an account that the stack can't be in", map[string]string{
			"app.image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/sallyport-dev" + sum, "aws:allowedAccountIds": `["210987654321"]`,
		}, nil},
	})
	t.Run("there need not be a directory to build", func(t *testing.T) {
		t.Chdir(t.TempDir())
		if _, err := os.Stat("webapp"); err == nil {
			t.Fatal("there is one")
		}
		if _, err := loadHere(t, "dev", with(map[string]string{"sallyport:app.image": inECR})); err != nil {
			t.Error(err)
		}
	})
}

func TestWithoutANATGatewayTheImageIsInECRInTheSameRegion(t *testing.T) {
	const far = "app.image with a network.egress of none a task reaches no registry but ECR's in us-east-1"
	none := func(image string) map[string]string {
		return map[string]string{"network.egress": "none", "app.waitForSteadyState": "false", "app.image": image}
	}
	mistakes(t, []mistake{
		{"ECR in the same Region", none(inECR), nil},
		{"its dual-stack address", none("123456789012.dkr-ecr.us-east-1.on.aws/shop" + sum), nil},
		{"ECR in another Region", none(strings.Replace(inECR, "us-east-1", "eu-west-1", 1)), []string{far}},
		{"Docker Hub", none("nginx" + sum), []string{far}},
		{"ECR's public gallery", none("public.ecr.aws/nginx/nginx" + sum), []string{far}},
		{"with a NAT gateway, anything goes", map[string]string{"network.egress": "nat-per-zone", "app.image": "nginx" + sum}, nil},
	})
}

func TestVariablesOfTheApp(t *testing.T) {
	mistakes(t, []mistake{
		{"variables and secrets", map[string]string{
			"app.environment": `{"NODE_ENV":"production","_x1":""}`, "app.secrets": `{"PASSWORD":"` + secret + `","TOKEN":"` + parameter + `"}`,
			"app.secretsKeyArn": key,
		}, nil},
		{"every wrong variable", map[string]string{
			"app.environment": `{"A-B":"1","1A":"1","":"1","PORT":"1","HOSTNAME":"1","KEEP_ALIVE_TIMEOUT":"1"}`,
		}, []string{`app.environment "" can't be the name of an environment variable; "1A" can't be the name of an environment variable; ` +
			`"A-B" can't be the name of an environment variable; HOSTNAME is set by the program; KEEP_ALIVE_TIMEOUT is set by the program; PORT is set by the program`}},
		{"credentials", map[string]string{"app.environment": `{"AWS_SECRET_ACCESS_KEY":"hush"}`},
			[]string{"app.environment AWS_SECRET_ACCESS_KEY would show credentials to whoever may read the task definition: " +
				"give the task role what the app needs, or use app.secrets"}},
		{"a fraction, which is another text by now", map[string]string{"app.environment": `{"V":1.10}`},
			[]string{`app.environment the value of "V" is not text: write it in quotes`}},
		{"secrets under names that they can't have", map[string]string{"app.secrets": `{"PORT":"` + secret + `","A.B":"` + secret + `"}`},
			[]string{`app.secrets "A.B" can't be the name of an environment variable; PORT is set by the program`}},
		{"a name that is in both", map[string]string{
			"app.environment": `{"A":"1","B":"1","C":"1"}`, "app.secrets": `{"A":"` + secret + `","C":"` + parameter + `"}`,
		}, []string{"app.secrets app.environment has A, C as well: leave one of the two out"}},
		{"secrets of another Region", map[string]string{
			"app.secrets":       `{"A":"` + strings.Replace(secret, "us-east-1", "eu-west-1", 1) + `","B":"` + parameter + `"}`,
			"app.secretsKeyArn": strings.Replace(key, "us-east-1", "eu-west-1", 1),
		}, []string{"app.secretsKeyArn it is in eu-west-1, and the stack in us-east-1", "app.secrets A is in eu-west-1, and the stack in us-east-1"}},
		{"a key without secrets", map[string]string{"app.secretsKeyArn": key},
			[]string{"app.secretsKeyArn there are no app.secrets that it could decrypt"}},
		{"an alias, which no policy knows", map[string]string{
			"app.secrets": `{"A":"` + secret + `"}`, "app.secretsKeyArn": "arn:aws:kms:us-east-1:123456789012:alias/app",
		}, []string{"app.secretsKeyArn it is not the ARN of a key, arn:PARTITION:kms:REGION:ACCOUNT:key/ID"}},
	})
	t.Run("variables that the stack encrypts are refused, since the task definition would show them", func(t *testing.T) {
		t.Setenv("PULUMI_CONFIG_SECRET_KEYS", `["sallyport:app.environment"]`)
		_, err := load(t, "dev", with(map[string]string{"sallyport:app.environment": `{"PASSWORD":"hush"}`}))
		if got := problemsOf(t, err); len(got) != 1 || !strings.Contains(got[0], "app.environment = [secret]\n  Problem: it is encrypted here") || strings.Contains(got[0], "hush") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("as many secrets as the role's policy has room for, in which one with several keys counts once", func(t *testing.T) {
		many := func(format string, n int) string {
			arns := map[string]string{}
			for i := range n {
				arns[fmt.Sprintf("S%d", i)] = fmt.Sprintf(format, i)
			}
			return text(arns)
		}
		const format = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app%04d-AbCdEf" // 67 characters
		for config, want := range map[string]string{
			many(format, 5000/67):     "",
			many(format, 5000/67+1):   "their ARNs have 5025 characters together: keep several values in one secret, by JSON keys",
			many(secret+":k%d::", 99): "",
		} {
			err := checkSecretsText(config)
			if (err == nil) != (want == "") || err != nil && err.Error() != want {
				t.Errorf("got %v, want %q", err, want)
			}
		}
	})
}

func checkSecretsText(raw string) error {
	secrets, err := readObject(raw)
	return both(err, checkSecrets(secrets))
}

// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html and
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html
func TestWhatASecretMayBe(t *testing.T) {
	const (
		whole = "it is not the whole ARN of a secret, arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME-SUFFIX, with the six characters that Secrets Manager adds to the name"
		three = "what follows the secret's ARN must be :JSON-KEY:VERSION-STAGE:VERSION-ID, with all three colons"
		ssm   = "it is not the ARN of a parameter, arn:PARTITION:ssm:REGION:ACCOUNT:parameter/NAME"
	)
	cases := map[string]string{
		secret:                          "",
		secret + ":username1::":         "",
		secret + "::AWSPREVIOUS:":       "",
		secret + ":username1::9d4cb84b": "",
		secret + ":::":                  "",
		parameter:                       "",
		"arn:aws-us-gov:ssm:us-gov-west-1:123456789012:parameter/name":        "",
		"arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:a/b-AbCdEf": "",
		secret + ":username1":                                    three,
		secret + ":a:b:c:d":                                      three,
		secret + ":a:AWSPREVIOUS:9d4cb84b":                       "it has a version stage and a version id, and ECS takes one of them",
		secret[:len(secret)-7]:                                   whole,
		"arn:aws:secretsmanager:us-east-1:123456789012:secret:*": whole,
		"arn:aws:secretsmanager:us-east-1:123456789012:secret":   whole,
		"api-token":      "it is not an ARN",
		"":               "it is not an ARN",
		"arn:aws:ssm":    "it is not an ARN",
		parameter + ":3": ssm,
		"arn:aws:ssm:us-east-1:123456789012:parameter/*": ssm,
		"arn:aws:s3:::bucket":                            "an ARN of s3 is neither a secret's nor a parameter's",
	}
	for _, given := range slices.Sorted(maps.Keys(cases)) {
		got := ""
		if err := checkValueFrom(given); err != nil {
			got = err.Error()
		}
		if got != cases[given] {
			t.Errorf("%q: got %q, want %q", given, got, cases[given])
		}
	}
}

func TestATaskIsStartedWithTheServicesThatItsSecretsAndExecNeed(t *testing.T) {
	for _, c := range []struct {
		app  App
		want []string
	}{
		{App{}, nil},
		{App{Secrets: map[string]string{"A": secret + ":a::", "B": secret + ":b::"}}, []string{"secretsmanager"}},
		{App{Secrets: map[string]string{"A": parameter}}, []string{"ssm"}},
		{App{Secrets: map[string]string{"A": secret, "B": parameter}, Exec: true}, []string{"secretsmanager", "ssm", "ssmmessages"}},
	} {
		got := (&Settings{App: c.app}).StartServices()
		if want := append([]string{"ecr.api", "ecr.dkr", "logs"}, c.want...); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

func TestASettingThatCannotWorkSaysWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		with map[string]string
		want string
	}{
		"an image out of reach": {
			map[string]string{"sallyport:network.egress": "endpoints", "sallyport:app.image": "nginx" + sum},
			"Allowed: an image that is already in ECR in us-east-1; or nat or nat-per-zone for network.egress\n",
		},
		"an address for alarms that there are none of": {
			map[string]string{"sallyport:alarms.email": "ops@example.com"},
			"Instead: set alarms.enabled to true, or remove this\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := loadHere(t, "dev", with(c.with)); err == nil || !strings.Contains(err.Error()+"\n", c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}
