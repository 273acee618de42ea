package e2e

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// onLoopback looks at all sockets of this cloud's processes that listen, and at all ports of its containers that the
// engine opens on this machine. One may listen elsewhere, on the engine's own bridge: that of the tasks' AWS API.
func onLoopback(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there is no /proc/net here")
	}
	cloud := status(t)
	mine := map[string]bool{} // sockets, by inode
	for _, one := range append(running(), cloud.Process, cloud.Moto.Identity) {
		files := fmt.Sprintf("/proc/%d/fd", one.PID)
		entries, err := os.ReadDir(files)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			target, _ := os.Readlink(filepath.Join(files, entry.Name()))
			if inode, found := strings.CutPrefix(target, "socket:["); found {
				mine[strings.TrimSuffix(inode, "]")] = true
			}
		}
	}
	bridge, err := netip.ParseAddr(docker(t, "network", "inspect", "--format", "{{range .IPAM.Config}}{{.Gateway}}{{end}}", "bridge"))
	if err != nil {
		t.Fatal(err)
	}
	inside := 0
	found := map[uint16]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		content, err := os.ReadFile(table)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(content)) {
			// sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode
			columns := strings.Fields(line)
			const listens = "0A"
			if len(columns) < 10 || columns[3] != listens || !mine[columns[9]] {
				continue
			}
			at := addressIn(t, columns[1])
			found[at.Port()] = true
			if at.Addr().Unmap() == bridge {
				inside++
			} else if !at.Addr().Unmap().IsLoopback() {
				t.Errorf("%s listens on %s", columns[9], at)
			}
		}
	}
	if inside > 1 {
		t.Errorf("%d sockets listen on the engine's bridge %s", inside, bridge)
	}
	_, gateway, _ := net.SplitHostPort(strings.TrimPrefix(outputs(t)["url"], "http://"))
	_, front, _ := net.SplitHostPort(here.front)
	_, images, _ := net.SplitHostPort(here.images)
	for _, port := range []string{gateway, front, images, strconv.Itoa(cloud.Moto.Port)} {
		if number, _ := strconv.Atoi(port); !found[uint16(number)] {
			t.Errorf("nothing was found to listen on port %s; found are %v", port, found)
		}
	}
	open := 0
	for _, id := range containers(t, cloud.Config.Dir) {
		for _, host := range strings.Fields(docker(t, "inspect", "--format", "{{range .NetworkSettings.Ports}}{{range .}}{{.HostIp}} {{end}}{{end}}", id)) {
			open++
			if at, err := netip.ParseAddr(host); err != nil || !at.IsLoopback() {
				t.Errorf("container %s has a port on %s", id, host)
			}
		}
	}
	if open == 0 {
		t.Error("no container has a port")
	}
}

// addressIn reads an address as the kernel prints it: words of four bytes in the order of the machine, then the port.
func addressIn(t *testing.T, text string) netip.AddrPort {
	t.Helper()
	words, port, _ := strings.Cut(text, ":")
	bytes, err := hex.DecodeString(words)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	for i := 0; i+4 <= len(bytes); i += 4 {
		binary.NativeEndian.PutUint32(bytes[i:], binary.BigEndian.Uint32(bytes[i:]))
	}
	address, ok := netip.AddrFromSlice(bytes)
	number, err := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil {
		t.Fatalf("%s is no address", text)
	}
	return netip.AddrPortFrom(address, uint16(number))
}
