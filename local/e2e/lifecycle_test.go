package e2e

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"maps"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestLifecycle(t *testing.T) {
	run(t, "destroy") // of nothing: it starts the cloud
	empty := inventory(t)
	var exported map[string]string
	var container containerDefinition

	t.Run("an up from nothing ends with the URL", func(t *testing.T) {
		up := run(t, "up")
		exported = outputs(t)
		lines := strings.Split(strings.TrimSpace(up.stdout.String()), "\n")
		if last := lines[len(lines)-1]; last != exported["url"] || !strings.HasPrefix(last, "http://127.") {
			t.Errorf("the last line is %q, the URL is %q", last, exported["url"])
		}
		if url := strings.TrimSpace(run(t, "url").stdout.String()); url != exported["url"] {
			t.Errorf("url prints %q", url)
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	t.Run("the exports are those that are promised", func(t *testing.T) {
		want := []string{"apiId", "clusterName", "gatewayKind", "imageRef", "loadBalancerArn", "logGroupName", "probes", "repositoryUrl", "serviceName", "tableName", "targetGroupArn", "url"}
		if got := slices.Sorted(maps.Keys(exported)); !slices.Equal(got, want) {
			t.Errorf("exported %v, want %v", got, want)
		}
	})
	t.Run("the task definition runs the pushed digest", func(t *testing.T) {
		container = runningContainer(t, exported)
		if container.Image != exported["imageRef"] {
			t.Errorf("the task definition has %s, exported is %s", container.Image, exported["imageRef"])
		}
		if got, want := slices.Sorted(maps.Keys(pushed(t, exported))), []string{digest(exported["imageRef"])}; !slices.Equal(got, want) {
			t.Errorf("the repository holds %v, want %v", got, want)
		}
	})
	t.Run("no subnet gives public addresses at launch", func(t *testing.T) {
		var answer struct {
			Subnets []struct {
				ID     string `xml:"subnetId"`
				Public bool   `xml:"mapPublicIpOnLaunch"`
			} `xml:"subnetSet>item"`
		}
		if err := xml.Unmarshal([]byte(query(t, "ec2", "DescribeSubnets")), &answer); err != nil {
			t.Fatal(err)
		}
		made := 0
		for _, subnet := range answer.Subnets {
			if slices.Contains(empty, "subnetId "+subnet.ID) {
				continue
			}
			if made++; subnet.Public {
				t.Errorf("subnet %s does", subnet.ID)
			}
		}
		if made != 4 {
			t.Errorf("%d subnets were made, want 4: one public and one private in each of two zones", made)
		}
	})
	t.Run("everything that takes tags has the default ones", func(t *testing.T) { tagged(t, empty) })
	t.Run("a second up finds nothing to change and pushes nothing", func(t *testing.T) {
		before := pushed(t, exported)
		up := run(t, "up", "--", "--expect-no-changes")
		if changes := up.changes(); len(changes) > 0 {
			t.Errorf("it changed %v", changes)
		}
		if after := pushed(t, exported); !maps.EqualFunc(before, after, slices.Equal) {
			t.Errorf("the repository held %v, and now %v", before, after)
		}
	})
	t.Run("a preview finds nothing to change, and tells what the stack costs on AWS", func(t *testing.T) {
		preview := run(t, "preview", "--", "--expect-no-changes")
		if line := "On AWS about 61.94 USD a month"; !strings.Contains(preview.stdout.String(), line) {
			t.Errorf("it does not say %q", line)
		}
	})
	t.Run("a preview that reads the cloud anew finds nothing to change", func(t *testing.T) {
		run(t, "preview", "--", "--refresh", "--expect-no-changes")
	})
	t.Run("the URL answers with the app, in the build that was pushed", func(t *testing.T) { serves(t, exported) })
	t.Run("it runs in a private subnet, hardened as the task definition says", func(t *testing.T) {
		tasks := tasksOf(t, exported, "RUNNING")
		if len(tasks) != 1 || tasks[0].LastStatus != "RUNNING" {
			t.Fatalf("tasks %+v", tasks)
		}
		hardened(t, tasks[0], container)
	})
	t.Run("the app's lines and the requests are in the logs that were declared", func(t *testing.T) {
		eventually(t, "the app has logged its start", func() bool { return strings.Contains(logged(t, exported["logGroupName"]), "Next.js") })
		eventually(t, "the request is in the access log", func() bool {
			for line := range strings.Lines(logged(t, "/aws/vendedlogs/sallyport-local-access-")) {
				var entry struct{ Method, Path, Route, Status, IntegrationStatus string }
				if json.Unmarshal([]byte(line), &entry) == nil && entry.Path == "/api/build" {
					return entry.Method == "GET" && entry.Route == "$default" && entry.Status == "200" && entry.IntegrationStatus == "200"
				}
			}
			return false
		})
		if said := run(t, "logs").stdout.String(); !strings.Contains(said, "Next.js") {
			t.Errorf("logs prints %q", said)
		}
	})

	t.Run("a change of the app gives a new digest, one new task definition and an updated service", func(t *testing.T) {
		edit(t, "webapp/app/page.tsx", func(page string) string { return page + "\n// Another version.\n" })
		up := run(t, "up")
		want := []string{
			"create-replacement aws:ecs/taskDefinition:TaskDefinition sallyport-local",
			"delete-replaced aws:ecs/taskDefinition:TaskDefinition sallyport-local",
			"replace aws:ecs/taskDefinition:TaskDefinition sallyport-local",
			"update aws:ecs/service:Service sallyport-local",
			"update docker:index/image:Image sallyport-local",
		}
		if changes := up.changes(); !slices.Equal(changes, want) {
			t.Errorf("it did\n  %s\nwant\n  %s", strings.Join(changes, "\n  "), strings.Join(want, "\n  "))
		}
		changed := outputs(t)
		if changed["imageRef"] == exported["imageRef"] {
			t.Errorf("the image is still %s", changed["imageRef"])
		}
		if image := runningContainer(t, changed).Image; image != changed["imageRef"] {
			t.Errorf("the service runs %s, exported is %s", image, changed["imageRef"])
		}
		serves(t, changed)
		if images := pushed(t, changed); len(images) != 2 {
			t.Errorf("the repository holds %v, want the new image and the old one to go back to", images)
		}
		for name, value := range exported {
			if name != "imageRef" && changed[name] != value {
				t.Errorf("%s was %s and is %s", name, value, changed[name])
			}
		}
	})
	t.Run("a change that is taken back is deployed as a third image, since the tag of the first one can't be moved", func(t *testing.T) {
		run(t, "up") // the edit has ended with the test above
		back := outputs(t)
		if images := pushed(t, back); len(images) != 3 {
			t.Errorf("the repository holds %v, want three images", images)
		}
		if image := runningContainer(t, back).Image; image != back["imageRef"] || image == exported["imageRef"] {
			t.Errorf("the service runs %s; exported is %s, and the first one was %s", image, back["imageRef"], exported["imageRef"])
		}
		serves(t, back)
		run(t, "preview", "--", "--expect-no-changes")
	})
	t.Run("a destroy with three images in the repository leaves an empty cloud", func(t *testing.T) {
		run(t, "destroy")
		if left := more(empty, inventory(t)); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		if s := status(t); s.Repositories != 0 || len(s.APIs) != 0 {
			t.Errorf("the registry holds %d repositories, the gateway %d APIs", s.Repositories, len(s.APIs))
		}
		blobs := 0
		_ = filepath.WalkDir(filepath.Join(here.local, "registry"), func(_ string, entry os.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				blobs++
			}
			return err
		})
		if blobs > 0 {
			t.Errorf("the registry's folder holds %d files", blobs)
		}
	})
	t.Run("a second destroy has nothing to do", func(t *testing.T) { run(t, "destroy") })
	t.Run("there is no URL after it", func(t *testing.T) {
		fails(t, []string{"stack local is not deployed; `make up` deploys it"}, "url")
	})
}

// tagged checks what Pulumi knows of each resource that takes tags, and what the cloud says of those of EC2.
func tagged(t *testing.T, before []string) {
	want := map[string]string{"project": "sallyport", "stack": "local", "managed-by": "pulumi"}
	count := 0
	for _, r := range readState(t, "local").Deployment.Resources {
		all, takes := r.Outputs["tagsAll"]
		if !takes {
			continue
		}
		count++
		tags, _ := all.(map[string]any)
		for key, value := range want {
			if tags[key] != value {
				t.Errorf("%s: tag %s is %v, want %s", r.URN, key, tags[key], value)
			}
		}
	}
	if count < 30 {
		t.Errorf("%d resources take tags, want at least 30: are they still called tagsAll?", count)
	}
	var answer struct {
		Tags []struct {
			Resource string `xml:"resourceId"`
			Key      string `xml:"key"`
			Value    string `xml:"value"`
		} `xml:"tagSet>item"`
	}
	if err := xml.Unmarshal([]byte(query(t, "ec2", "DescribeTags")), &answer); err != nil {
		t.Fatal(err)
	}
	tags := map[string]map[string]string{}
	for _, tag := range answer.Tags {
		if tags[tag.Resource] == nil {
			tags[tag.Resource] = map[string]string{}
		}
		tags[tag.Resource][tag.Key] = tag.Value
	}
	for _, made := range more(before, inventory(t)) {
		kind, id, _ := strings.Cut(made, " ")
		switch kind {
		case "vpcId", "internetGatewayId", "natGatewayId", "allocationId", "vpcEndpointId", "flowLogId", "subnetId":
			for key, value := range want {
				if tags[id][key] != value {
					t.Errorf("%s: tag %s is %q in the cloud, want %s", made, key, tags[id][key], value)
				}
			}
		}
	}
}

type containerDefinition struct {
	Image       string
	User        string
	StopTimeout int
	Environment []struct{ Name, Value string }
	MountPoints []struct{ ContainerPath string }
}

// runningContainer is the container of the task definition that the service runs.
func runningContainer(t *testing.T, exported map[string]string) containerDefinition {
	t.Helper()
	services := ask[struct {
		Services []struct{ TaskDefinition string }
	}](t, "ecs", "DescribeServices", map[string]any{"cluster": exported["clusterName"], "services": []string{exported["serviceName"]}})
	if len(services.Services) != 1 {
		t.Fatalf("services %v", services)
	}
	task := ask[struct {
		TaskDefinition struct{ ContainerDefinitions []containerDefinition }
	}](t, "ecs", "DescribeTaskDefinition", map[string]any{"taskDefinition": services.Services[0].TaskDefinition})
	if len(task.TaskDefinition.ContainerDefinitions) != 1 {
		t.Fatalf("task definition %v", task)
	}
	return task.TaskDefinition.ContainerDefinitions[0]
}

// pushed are the digests in the stack's repository, with their tags.
func pushed(t *testing.T, exported map[string]string) map[string][]string {
	t.Helper()
	_, name, _ := strings.Cut(exported["repositoryUrl"], "/")
	answer := ask[struct {
		ImageDetails []struct {
			ImageDigest string
			ImageTags   []string
		}
	}](t, "ecr", "DescribeImages", map[string]any{"repositoryName": name})
	images := map[string][]string{}
	for _, image := range answer.ImageDetails {
		images[image.ImageDigest] = image.ImageTags
	}
	return images
}

func digest(ref string) string {
	_, digest, _ := strings.Cut(ref, "@")
	return digest
}

// serves checks the app at the URL: it is the build of the image that is exported.
func serves(t *testing.T, exported map[string]string) {
	t.Helper()
	tag := pushed(t, exported)[digest(exported["imageRef"])][0]
	if build := string(request(t, http.MethodGet, exported["url"]+"/api/build", nil, nil)); !strings.Contains(build, `"`+tag+`"`) {
		t.Errorf("/api/build answers %s, and the image's tag is %s", build, tag)
	}
	if page := string(request(t, http.MethodGet, exported["url"]+"/", nil, nil)); !strings.Contains(page, tag) || !strings.Contains(page, "</html>") {
		t.Errorf("the page does not name the build %s:\n%.2000s", tag, page)
	}
	request(t, http.MethodGet, exported["url"]+"/api/health", nil, nil)
}

// hardened checks the container of a task against what the task definition says.
func hardened(t *testing.T, one task, c containerDefinition) {
	t.Helper()
	subnet := query(t, "ec2", "DescribeSubnets", "SubnetId.1", one.detail("subnetId"))
	block, err := netip.ParsePrefix(elements(subnet, "cidrBlock")[0])
	if address, parsed := netip.ParseAddr(one.detail("privateIPv4Address")); errors.Join(err, parsed) != nil || !block.Contains(address) || !strings.Contains(subnet, "Private") {
		t.Errorf("the task has the address %s in\n%s", one.detail("privateIPv4Address"), subnet)
	}
	type binding struct{ HostIP string }
	var containers []struct {
		Config     struct{ User string }
		HostConfig struct {
			NanoCPUs, Memory int64
			ReadonlyRootfs   bool
			Privileged       bool
			Init             bool
			CapDrop          []string
		}
		NetworkSettings struct{ Ports map[string][]binding }
		Mounts          []struct {
			Destination string
			RW          bool
		}
	}
	if err := json.Unmarshal([]byte(docker(t, "inspect", one.Containers[0].RuntimeID)), &containers); err != nil {
		t.Fatal(err)
	}
	got := containers[0]
	if got.Config.User != "10001:10001" || c.User != got.Config.User || got.HostConfig.NanoCPUs != 250_000_000 || got.HostConfig.Memory != 512<<20 ||
		!got.HostConfig.ReadonlyRootfs || got.HostConfig.Privileged || !got.HostConfig.Init || !slices.Equal(got.HostConfig.CapDrop, []string{"ALL"}) {
		t.Errorf("the container runs as %+v", got)
	}
	if ports := got.NetworkSettings.Ports["3000/tcp"]; len(ports) != 1 || ports[0].HostIP != "127.0.0.1" || len(got.NetworkSettings.Ports) != 1 {
		t.Errorf("its ports are %v", got.NetworkSettings.Ports)
	}
	if len(got.Mounts) != 2 || len(c.MountPoints) != 2 {
		t.Errorf("it may write to %v, the task definition says %v", got.Mounts, c.MountPoints)
	}
}

// logged are the messages of a log group whose name begins so, of the newest where a killed run has left another: names
// end with the time.
func logged(t *testing.T, prefix string) string {
	t.Helper()
	groups := ask[struct {
		LogGroups []struct{ LogGroupName string }
	}](t, "logs", "DescribeLogGroups", map[string]any{"logGroupNamePrefix": prefix})
	if len(groups.LogGroups) == 0 {
		t.Fatalf("there is no log group %s…", prefix)
	}
	newest := groups.LogGroups[0].LogGroupName
	for _, group := range groups.LogGroups {
		newest = max(newest, group.LogGroupName)
	}
	var text strings.Builder
	for _, event := range ask[struct{ Events []struct{ Message string } }](t, "logs", "FilterLogEvents", map[string]any{"logGroupName": newest}).Events {
		text.WriteString(event.Message + "\n")
	}
	return text.String()
}

func docker(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}
