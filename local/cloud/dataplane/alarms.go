package dataplane

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// alarms asks moto, which keeps the alarms. It never looks at their metrics: an alarm rings when SetAlarmState says so.
type alarms struct{ region *region }

// Ringing returns those of the alarms that are in the state ALARM. It is one call of a service that nothing else here
// asks, made by hand instead of with one more package of AWS's SDK.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
func (a alarms) Ringing(ctx context.Context, names []string) ([]string, error) {
	config, err := a.region.config()
	if err != nil {
		return nil, err
	}
	form := url.Values{"Action": {"DescribeAlarms"}, "Version": {"2010-08-01"}}
	for i, name := range names {
		form.Set(fmt.Sprintf("AlarmNames.member.%d", i+1), name)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, *config.BaseEndpoint+"/", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	// moto takes the service and the Region from the scope, and checks no signature.
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20000101/"+a.region.name+"/monitoring/aws4_request, SignedHeaders=host, Signature=0")
	response, err := config.HTTPClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("DescribeAlarms: %s: %.200s", response.Status, body)
	}
	return ringing(body)
}

func ringing(answer []byte) ([]string, error) {
	var described struct {
		Alarms []struct {
			Name  string `xml:"AlarmName"`
			State string `xml:"StateValue"`
		} `xml:"DescribeAlarmsResult>MetricAlarms>member"`
	}
	if err := xml.Unmarshal(answer, &described); err != nil {
		return nil, fmt.Errorf("DescribeAlarms: %w", err)
	}
	var names []string
	for _, alarm := range described.Alarms {
		if alarm.State == "ALARM" {
			names = append(names, alarm.Name)
		}
	}
	return names, nil
}
