// Command server is what the tests run in containers.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
)

func main() {
	mode := ""
	if len(os.Args) > 1 {
		mode = os.Args[1]
	}
	switch mode {
	case "exit":
		code, _ := strconv.Atoi(os.Args[2])
		fmt.Println("exiting")
		os.Exit(code)
	case "check": // a health check
		c, err := net.Dial("tcp", "127.0.0.1:8080")
		if err != nil {
			os.Exit(1)
		}
		c.Close()
		return
	case "ignore":
		signal.Ignore(syscall.SIGTERM)
	default:
		terminated := make(chan os.Signal, 1)
		signal.Notify(terminated, syscall.SIGTERM)
		go func() {
			<-terminated
			fmt.Println("terminated")
			os.Exit(3)
		}()
	}
	if mode == "idle" {
		select {}
	}
	fmt.Println("listening")
	fmt.Fprintln(os.Stderr, strings.Repeat("x", 40000))
	http.HandleFunc("/env", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, os.Getenv(r.FormValue("name")))
	})
	http.HandleFunc("/host", func(w http.ResponseWriter, r *http.Request) {
		name, _ := os.Hostname()
		fmt.Fprint(w, name)
	})
	http.HandleFunc("/user", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%d:%d", os.Getuid(), os.Getgid())
	})
	http.HandleFunc("/read", func(w http.ResponseWriter, r *http.Request) {
		b, err := os.ReadFile(r.FormValue("path"))
		fmt.Fprintf(w, "%s %v", b, err)
	})
	http.HandleFunc("/write", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, os.WriteFile(r.FormValue("path"), []byte("written"), 0o600))
	})
	http.HandleFunc("/files", func(w http.ResponseWriter, r *http.Request) {
		var limit syscall.Rlimit
		_ = syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
		fmt.Fprintf(w, "%d", limit.Max)
	})
	http.HandleFunc("/eat", func(w http.ResponseWriter, r *http.Request) {
		var eaten [][]byte
		for range 4096 {
			b := make([]byte, 1<<20)
			for i := range b {
				b[i] = 1
			}
			eaten = append(eaten, b)
		}
		fmt.Fprint(w, len(eaten))
	})
	fmt.Println(http.ListenAndServe(":8080", nil))
}
