// Echo answers every request with 200 and the headers that came with it, and logs that it has begun.
package main

import (
	"encoding/json"
	"log"
	"net"
	"net/http"
	"os"
)

func main() {
	address := net.JoinHostPort(os.Getenv("HOSTNAME"), os.Getenv("PORT"))
	log.Print("listening on ", address)
	log.Fatal(http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(r.Header)
	})))
}
