package verify

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Checks are all checks of a stack, in the order of a request's way: that it is answered, by what, and that nothing else
// is reachable. The facts say which requests there are.
func Checks(f *Facts) []Check {
	if f == nil {
		f = &Facts{}
	}
	checks := []Check{{"probes", "The stack names the requests that it must answer", judgeNoProbes}}
	if f.Outputs.Probes != nil {
		checks = nil
	}
	for _, p := range f.Outputs.Probes {
		checks = append(checks, Check{p.String(), "The URL answers with 200", func(f *Facts) Finding { return judgeProbe(f, p) }})
	}
	checks = append(checks,
		Check{"build", "Every running task runs the image just pushed", judgeBuild},
		Check{"targets", "Requests go to the stack's own tasks, and all of them are healthy", judgeTargets},
		Check{"vpc-link", "The VPC link is available", judgeLinks},
		Check{"app-log", "Every running task logs to the app's log group", judgeAppLog},
		Check{"access-log", "The requests are in the access log", judgeAccessLog},
	)
	// An API that lets nobody in without a token has no probe.
	if f.Outputs.Probes == nil || len(f.Outputs.Probes) > 0 {
		checks = append(checks, Check{"gateway-overhead", "The gateway's own part of the time is measured", judgeOverhead})
	}
	checks = append(checks,
		Check{"task-addresses", "No task has a public address", judgeTaskAddresses},
		Check{"private-subnets", "No subnet of a task routes to an internet gateway", judgeSubnets},
		Check{"internal-balancer", "The load balancer is internal", judgeBalancer},
		Check{"security-groups", "Only the VPC link reaches the load balancer, and only the load balancer the tasks", judgeGroups},
		Check{"public-names", "The API is the only way in from the internet", judgePublicNames},
	)
	for i, c := range checks {
		checks[i].Judge = func(f *Facts) Finding {
			if f == nil {
				f = &Facts{}
			}
			return c.Judge(f)
		}
	}
	return checks
}

// problem is one of several things that a check can find.
type problem struct {
	what, todo string
	patient    bool // as Finding.Patience
}

// verdict is a pass without problems, and else a Finding of all of them. It is worth waiting only where time may mend
// each.
func verdict(problems []problem, good string) Finding {
	if len(problems) == 0 {
		return pass(good)
	}
	var whats, todos []string
	patience := true
	for _, p := range problems {
		if !slices.Contains(whats, p.what) {
			whats = append(whats, p.what)
		}
		if !slices.Contains(todos, p.todo) {
			todos = append(todos, p.todo)
		}
		patience = patience && p.patient
	}
	return Finding{Evidence: some(whats, "; "), Todo: strings.Join(todos, " "), Patience: patience}
}

// some joins the first of a list: what a hundred tasks have in common is seen from five.
func some(list []string, separator string) string {
	const most = 5
	if len(list) > most {
		list = append(list[:most:most], fmt.Sprintf("and %d more", len(list)-most))
	}
	return strings.Join(list, separator)
}

// oneLine is a text of elsewhere for a line of evidence.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// count is a number with its noun, in the singular or with an s.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// tail is the last part of an ARN: a task's id, FAMILY:REVISION of a task definition.
func tail(arn *string) string {
	text := aws.ToString(arn)
	return text[strings.LastIndex(text, "/")+1:]
}

// running are the tasks that take traffic; those that are told to stop take no more.
func (f *Facts) running() []ecstypes.Task {
	var tasks []ecstypes.Task
	for _, t := range f.Tasks {
		if isRunning(t) {
			tasks = append(tasks, t)
		}
	}
	return tasks
}

func isRunning(t ecstypes.Task) bool {
	return aws.ToString(t.LastStatus) == "RUNNING" && aws.ToString(t.DesiredStatus) != "STOPPED"
}

// noTask is what the checks of tasks say where there is none to judge.
var noTask = later("no task of the service is running", "See the check build, and run `make why`, which tells why tasks stop.")

// detail is a detail of a task's network interface: networkInterfaceId, subnetId, privateIPv4Address.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html
func detail(t ecstypes.Task, name string) string {
	for _, a := range t.Attachments {
		for _, d := range a.Details {
			if aws.ToString(a.Type) == "ElasticNetworkInterface" && aws.ToString(d.Name) == name {
				return aws.ToString(d.Value)
			}
		}
	}
	return ""
}

// network is where the service starts tasks; nil where that is not known.
func (f *Facts) network() *ecstypes.AwsVpcConfiguration {
	if f.Service == nil || f.Service.NetworkConfiguration == nil {
		return nil
	}
	return f.Service.NetworkConfiguration.AwsvpcConfiguration
}

// served is what the service registers in the stack's target group; nil where it registers nothing there.
func (f *Facts) served() *ecstypes.LoadBalancer {
	if f.Service == nil {
		return nil
	}
	for _, l := range f.Service.LoadBalancers {
		if f.Outputs.TargetGroupARN != "" && aws.ToString(l.TargetGroupArn) == f.Outputs.TargetGroupARN {
			return &l
		}
	}
	return nil
}

// address is ADDRESS:PORT.
func address(host *string, port *int32) string {
	return net.JoinHostPort(aws.ToString(host), fmt.Sprint(aws.ToInt32(port)))
}
