package compat

import (
	"bytes"
	"fmt"
	"testing"

	"numstore.example/contracts/gossipkvpb"
)

// TestGossipkv_slowPeer: a server that stands still holds up nobody, and what is meant for it does not fill memory, though values are as long as
// they may be. When it goes on, it gets all.
func TestGossipkv_slowPeer(t *testing.T) {
	const values, keys = 64, 4
	cluster := newGossipkvCluster(t, 3, "--log-level=warn")
	first := dialGossipkv(t, cluster.servers[0].port())
	large := bytes.Repeat([]byte("0123456789abcdef"), maxValue/16)
	write := func(i int) {
		t.Helper()
		large[0] = byte('A' + i) // each is another one
		if _, err := first.Put(t.Context(), &gossipkvpb.PutRequest{Key: fmt.Append(nil, "large ", i%keys), Value: large}); err != nil {
			t.Fatal(err)
		}
	}
	write(0)
	cluster.awaitEqual(t)
	resume := cluster.servers[1].pause(t)
	peak := watchMemory(t, cluster.servers[0].server.PID())
	before := peak()
	for i := range values {
		write(i)
	}
	others := awaitEqual(t, first, dialGossipkv(t, cluster.servers[2].port()))
	growth := peak() - before
	t.Logf("%d MiB written, while a server stood still: %d MiB more than %d", values*maxValue/mebibyte, growth/mebibyte, before/mebibyte)
	if most := values * maxValue; growth > most { // what it would have kept of them, beside what it takes for itself
		t.Errorf("the server has taken %d MiB; want at most %d MiB", growth/mebibyte, most/mebibyte)
	}
	if len(others) != keys {
		t.Errorf("there are %d keys; want %d", len(others), keys)
	}
	resume()
	cluster.awaitEqual(t)
}
