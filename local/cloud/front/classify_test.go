package front

import (
	"net/http"
	"testing"
)

func TestClassify(t *testing.T) {
	const url = "http://127.0.0.1:4566"
	presigned, err := http.NewRequest("GET", url+"/bucket/key?X-Amz-Credential=K%2F20260101%2Feu-west-1%2Fs3%2Faws4_request", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		request *http.Request
		want    Call
	}{
		"JSON":            {signed(t, "POST", url, "ecr", ecrTarget+"CreateRepository", "{}"), Call{"ecr", "eu-west-1", "CreateRepository", JSON, "", "AKIDSECRET"}},
		"query":           {signed(t, "POST", url, "elasticloadbalancing", "", "Action=CreateListener&Version=2015-12-01"), Call{"elasticloadbalancing", "eu-west-1", "CreateListener", Query, "", "AKIDSECRET"}},
		"query in a GET":  {signed(t, "GET", url+"/?Action=GetCallerIdentity", "sts", "", ""), Call{"sts", "eu-west-1", "GetCallerIdentity", Query, "", "AKIDSECRET"}},
		"EC2":             {signed(t, "POST", url, "ec2", "", "Action=DescribeVpcs"), Call{"ec2", "eu-west-1", "DescribeVpcs", EC2, "", "AKIDSECRET"}},
		"REST with JSON":  {signed(t, "POST", url+"/v2/apis", "apigateway", "", "{}"), Call{"apigateway", "eu-west-1", "POST /v2/apis", RESTJSON, "", "AKIDSECRET"}},
		"REST with XML":   {signed(t, "PUT", url+"/bucket/key", "s3", "", "Action=x"), Call{"s3", "eu-west-1", "PUT /bucket/key", RESTXML, "", "AKIDSECRET"}},
		"a presigned URL": {presigned, Call{"s3", "eu-west-1", "GET /bucket/key", RESTXML, "", "K"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Classify(c.request); got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}
