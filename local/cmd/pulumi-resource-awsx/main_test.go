package main

import (
	"bufio"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
)

func built(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "pulumi-resource-awsx")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// What it does for an engine is tested in package awsx; here is what it says of
// itself.
func TestTheBinarySaysWhatItStandsInFor(t *testing.T) {
	binary := built(t)
	const about = "Sallyport's stand-in for awsx 2.22.0: it makes the component awsx:ec2:Vpc alone"

	t.Run("to a person who asks for its version", func(t *testing.T) {
		out, err := exec.Command(binary, "--version").Output()
		if err != nil || string(out) != about+"\n" {
			t.Errorf("got %q, %v", out, err)
		}
	})
	t.Run("to a person who starts it by hand, and fails", func(t *testing.T) {
		out, err := exec.Command(binary).CombinedOutput()
		want := about + ". The Pulumi engine starts it, with its address as the argument.\n"
		if err == nil || string(out) != want {
			t.Errorf("got %q, %v", out, err)
		}
	})
	t.Run("to the engine, by the official version and a schema in its own name", func(t *testing.T) {
		client := started(t, binary)
		info, err := client.GetPluginInfo(t.Context(), &emptypb.Empty{})
		if err != nil || info.Version != "2.22.0" {
			t.Errorf("plugin info: %v, %v", info, err)
		}
		response, err := client.GetSchema(t.Context(), &pulumirpc.GetSchemaRequest{})
		if err != nil {
			t.Fatal(err)
		}
		var schema struct {
			Name, Version, DisplayName, Description string
			Resources                               map[string]struct{ IsComponent bool }
		}
		if err := json.Unmarshal([]byte(response.Schema), &schema); err != nil {
			t.Fatal(err)
		}
		if schema.Name != "awsx" || schema.Version != "2.22.0" || schema.DisplayName != "Sallyport's stand-in for awsx 2.22.0" ||
			!strings.Contains(schema.Description, "Not the official awsx plugin") {
			t.Errorf("schema: %+v", schema)
		}
		if len(schema.Resources) != 1 || !schema.Resources["awsx:ec2:Vpc"].IsComponent {
			t.Errorf("resources: %v", schema.Resources)
		}
	})
}

// started runs the plugin as the engine does, with this test as the engine.
func started(t *testing.T, binary string) pulumirpc.ResourceProviderClient {
	t.Helper()
	cmd := exec.Command(binary, engine(t))
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	port, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the plugin printed no port: %v", err)
	}
	conn, err := grpc.NewClient("127.0.0.1:"+strings.TrimSpace(port), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return pulumirpc.NewResourceProviderClient(conn)
}

// engine is the address of a server that is alive and does nothing else.
func engine(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer()
	pulumirpc.RegisterEngineServer(s, &pulumirpc.UnimplementedEngineServer{})
	go func() { _ = s.Serve(listener) }()
	t.Cleanup(s.Stop)
	return listener.Addr().String()
}
