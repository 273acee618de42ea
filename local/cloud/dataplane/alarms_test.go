package dataplane

import (
	"slices"
	"testing"
)

// The answer is in the form of https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
func TestRinging(t *testing.T) {
	const answer = `<DescribeAlarmsResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><DescribeAlarmsResult><MetricAlarms>
		<member><AlarmName>errors</AlarmName><AlarmActions><member>arn:one</member></AlarmActions><StateValue>ALARM</StateValue></member>
		<member><AlarmName>hosts</AlarmName><StateValue>OK</StateValue></member>
		<member><AlarmName>latency</AlarmName><StateValue>INSUFFICIENT_DATA</StateValue></member>
	</MetricAlarms><CompositeAlarms/></DescribeAlarmsResult></DescribeAlarmsResponse>`
	if got, err := ringing([]byte(answer)); err != nil || !slices.Equal(got, []string{"errors"}) {
		t.Errorf("got %v and %v", got, err)
	}
	if _, err := ringing([]byte("moto is starting")); err == nil {
		t.Error("what is no answer is one")
	}
}
