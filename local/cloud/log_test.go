package cloud

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLogIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	log, err := openLog(path, 1000)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	for i := range 500 {
		if _, err := fmt.Fprintf(log, "line %d\n", i); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Size() > 1000 {
			t.Fatalf("%d bytes, error %v", info.Size(), err)
		}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	if len(lines) < 40 || lines[len(lines)-1] != "line 499" {
		t.Errorf("%d lines, the last is %q", len(lines), lines[len(lines)-1])
	}
	for i, line := range lines {
		if want := fmt.Sprintf("line %d", 500-len(lines)+i); line != want {
			t.Fatalf("line %d of the log is %q, want %q", i, line, want)
		}
	}
}
