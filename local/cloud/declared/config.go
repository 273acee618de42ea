package declared

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// ErrDown is the error of a call that was not made because the AWS API does not run, or not yet.
var ErrDown = errors.New("the AWS API of the local cloud is not running; it is tried again until it is")

// attempts is how often a call is tried. Who calls goes on trying by itself, so few do.
const attempts = 3

// connections are not kept: moto's server closes an idle one without a word, and a call that was sent into it is lost.
// The proxy that the environment may name is not asked.
var connections = &http.Client{
	Timeout:   30 * time.Second,
	Transport: &http.Transport{DisableKeepAlives: true, DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext},
}

// Config returns the settings of an AWS client for the API that upstream names, which is the store of what was
// declared and not the front. Nothing of the user's environment or shared configuration is in them. The error is
// ErrDown.
func Config(upstream func() (hostPort string, up bool), region string) (aws.Config, error) {
	address, up := upstream()
	if !up {
		return aws.Config{}, ErrDown
	}
	return aws.Config{
		Region:       region,
		BaseEndpoint: aws.String("http://" + address),
		HTTPClient:   connections,
		// Any credentials will do.
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = attempts, time.Second })
		},
	}, nil
}
