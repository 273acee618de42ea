package task_test

import (
	"testing"

	"sallyport/internal/task"
)

func TestSecret(t *testing.T) {
	const secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf"
	for valueFrom, want := range map[string]string{
		secret:                      secret,
		secret + ":password::":      secret,
		secret + ":password:stage:": secret,
		"arn:aws:ssm:us-east-1:123456789012:parameter/a/b": "arn:aws:ssm:us-east-1:123456789012:parameter/a/b",
		"":      "",
		"a:b:c": "a:b:c",
	} {
		if got := task.Secret(valueFrom); got != want {
			t.Errorf("of %q permissions name %q, want %q", valueFrom, got, want)
		}
	}
}

func TestParseRepository(t *testing.T) {
	for image, want := range map[string]string{
		"123456789012.dkr.ecr.us-east-1.amazonaws.com/team/web":                    "arn:aws:ecr:us-east-1:123456789012:repository/team/web",
		"123456789012.dkr.ecr.us-east-1.amazonaws.com/web@sha256:0":                "arn:aws:ecr:us-east-1:123456789012:repository/web",
		"123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1":                       "arn:aws:ecr:us-east-1:123456789012:repository/web",
		"123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/web":                "arn:aws-us-gov:ecr:us-gov-west-1:123456789012:repository/web",
		"123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/web":                     "arn:aws-cn:ecr:cn-north-1:123456789012:repository/web",
		"123456789012.dkr-ecr.eu-west-1.on.aws/web":                                "arn:aws:ecr:eu-west-1:123456789012:repository/web",
		"123456789012.dkr-ecr.cn-northwest-1.on.amazonwebservices.com.cn/team/web": "arn:aws-cn:ecr:cn-northwest-1:123456789012:repository/team/web",
		"public.ecr.aws/docker/library/nginx":                                      "",
		"12345.dkr.ecr.us-east-1.amazonaws.com/web":                                "",
		"123456789012.dkr.ecr.us-east-1.amazonaws.com.evil.example/web":            "",
		"nginx": "",
	} {
		got, ok := task.ParseRepository(image)
		if ok != (want != "") || ok && got.ARN() != want {
			t.Errorf("%s is %+v, %v, want %q", image, got, ok, want)
		}
	}
}
