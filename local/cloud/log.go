package cloud

import (
	"bytes"
	"io"
	"os"
	"sync"
)

// boundedLog is a log file that drops its older half when it has grown to its limit. It is cut in place, because the
// daemon's standard error goes to the same file.
type boundedLog struct {
	mu    sync.Mutex
	file  *os.File
	limit int64
}

func openLog(path string, limit int64) (*boundedLog, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	return &boundedLog{file: file, limit: limit}, err
}

func (l *boundedLog) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if info, err := l.file.Stat(); err == nil && info.Size()+int64(len(line)) > l.limit {
		if err := l.halve(info.Size()); err != nil {
			return 0, err
		}
	}
	return l.file.Write(line)
}

func (l *boundedLog) halve(size int64) error {
	newer := make([]byte, min(size, l.limit/2))
	if _, err := l.file.ReadAt(newer, size-int64(len(newer))); err != nil && err != io.EOF {
		return err
	}
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, newer, _ = bytes.Cut(newer, []byte("\n")) // the first line is cut
	_, err := l.file.Write(newer)
	return err
}

// Close closes the file.
func (l *boundedLog) Close() error { return l.file.Close() }
