// Etcd is one node of etcd as its project releases it, for comparison with raftkv. It takes free ports,
// serves once it is ready, and prints the address for clients, where /metrics is too.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	dir := flag.String("data-dir", "", "folder for the data; it is made if need be")
	flag.Parse()
	if *dir == "" {
		log.Fatal("etcd: --data-dir is missing; name a folder on the disk that is to be measured")
	}
	clients, peers := freeAddress(), freeAddress()
	go sayReady(clients)
	// Its own defaults but for addresses, and for logs: it would call its own end an error.
	etcdmain.Main([]string{os.Args[0], "--data-dir", *dir, "--log-level", "fatal",
		"--listen-client-urls", "http://" + clients, "--advertise-client-urls", "http://" + clients,
		"--listen-peer-urls", "http://" + peers, "--initial-advertise-peer-urls", "http://" + peers,
		"--initial-cluster", "default=http://" + peers})
}

// freeAddress returns an address of this machine that nobody listens on. Somebody may take it before etcd
// does; etcd then says so and ends.
func freeAddress() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// sayReady prints the address once etcd says that it is healthy, which takes a leader. It ends with the
// program if that never comes.
func sayReady(address string) {
	for ; ; time.Sleep(50 * time.Millisecond) {
		reply, err := http.Get("http://" + address + "/health")
		if err != nil {
			continue
		}
		reply.Body.Close()
		if reply.StatusCode == http.StatusOK {
			fmt.Println("etcd listening on", address)
			return
		}
	}
}
