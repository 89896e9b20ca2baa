// Etcd is one member of etcd as its project releases it, for comparison with raftkv. It takes free ports unless it is
// told others, and prints the address for clients, where /metrics is too, once it serves and there is a leader.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	dir := flag.String("data-dir", "", "folder for the data; it is made if need be")
	addr := flag.String("addr", "", "host:port for clients (default: a free port)")
	node := flag.String("node", "default", "this member's name among --peers")
	peers := flag.String("peers", "", "members of a cluster, as name=host:port,…, this one included; without it this one is alone")
	cert := flag.String("tls-cert", "", "file with a certificate (PEM), with --tls-key: clients speak TLS, and show one that this one has signed, or itself")
	key := flag.String("tls-key", "", "file with the key (PEM) of --tls-cert")
	flag.Parse()
	if *dir == "" {
		log.Fatal("etcd: --data-dir is missing; name a folder on the disk that is to be measured")
	}
	if *addr == "" {
		*addr = freeAddress()
	}
	if *peers == "" {
		*peers = *node + "=" + freeAddress()
	}
	own, all := cluster(*node, *peers)
	clients, security, ask := "http://"+*addr, []string(nil), http.DefaultClient
	if *cert != "" {
		clients, ask = "https://"+*addr, askWith(*cert, *key)
		security = []string{"--cert-file", *cert, "--key-file", *key, "--client-cert-auth", "--trusted-ca-file", *cert}
	}
	go sayReady(ask, clients, *addr)
	// Its own defaults but for addresses, and for logs: it would call its own end an error.
	etcdmain.Main(append([]string{os.Args[0], "--data-dir", *dir, "--log-level", "fatal", "--name", *node,
		"--listen-client-urls", clients, "--advertise-client-urls", clients,
		"--listen-peer-urls", own, "--initial-advertise-peer-urls", own, "--initial-cluster", all}, security...))
}

// askWith returns what asks this etcd itself, with the certificate that clients show.
func askWith(cert, key string) *http.Client {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		log.Fatal("etcd: --tls-cert, --tls-key: ", err)
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
		Certificates: []tls.Certificate{pair}, InsecureSkipVerify: true, // it is this process
	}}}
}

// cluster returns the URL of a member, and what etcd is told of all.
func cluster(node, peers string) (own, all string) {
	var members []string
	for _, peer := range strings.Split(peers, ",") {
		name, address, _ := strings.Cut(peer, "=")
		members = append(members, name+"=http://"+address)
		if name == node {
			own = "http://" + address
		}
	}
	if own == "" {
		log.Fatalf("etcd: --peers is %q; it must name this member, %s, as %s=host:port", peers, node, node)
	}
	return own, strings.Join(members, ",")
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
func sayReady(ask *http.Client, url, address string) {
	for ; ; time.Sleep(5 * time.Millisecond) {
		reply, err := ask.Get(url + "/health")
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
