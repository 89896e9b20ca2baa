package compat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"testing"

	"numstore.example/contracts/gossipkv"
	"numstore.example/contracts/gossipkvpb"
)

// gossipkvCluster is servers of gossipkv, each of which is a plain process of this machine, linked to all others.
type gossipkvCluster struct {
	servers   []*kvProcess // by their numbers, less one
	addresses []string     // which they keep
}

func newGossipkvCluster(t *testing.T, n int, flags ...string) *gossipkvCluster {
	t.Helper()
	c := new(gossipkvCluster)
	for range n {
		c.addresses = append(c.addresses, freeAddress(t))
	}
	for i, address := range c.addresses {
		own := []string{fmt.Sprint("--id=", i+1), "--addr=" + address, "--peers=" + strings.Join(c.addresses, ",")}
		server := prepareStore(t, "gossipkv", append(own, flags...)...)
		server.start(t)
		c.servers = append(c.servers, server)
	}
	return c
}

// alone returns what the folder of a server has, which does not run, as it tells when it is started without any link.
func (c *gossipkvCluster) alone(t *testing.T, i int) gossipkvState {
	t.Helper()
	server := &kvProcess{executable: c.servers[i].executable, folder: c.servers[i].folder, flags: []string{fmt.Sprint("--id=", i+1)}}
	server.start(t)
	defer server.stop(t)
	return stateOf(t, dialGossipkv(t, server.port()))
}

// awaitEqual waits until all servers know the same, and returns what they have, which must be the same as well.
func (c *gossipkvCluster) awaitEqual(t *testing.T) gossipkvState {
	t.Helper()
	var clients []gossipkvpb.GossipKVClient
	for _, server := range c.servers {
		clients = append(clients, dialGossipkv(t, server.port()))
	}
	return awaitEqual(t, clients...)
}

func awaitEqual(t *testing.T, clients ...gossipkvpb.GossipKVClient) gossipkvState {
	t.Helper()
	if err := eventually(t, func(ctx context.Context) error {
		var first string
		for i, client := range clients {
			status, err := client.Status(ctx, new(gossipkvpb.StatusRequest))
			if err != nil {
				return err
			}
			vector := fmt.Sprint(status.GetVector())
			if i == 0 {
				first = vector
			} else if vector != first {
				return fmt.Errorf("server %d knows %s, another one %s", status.GetServer(), vector, first)
			}
		}
		return nil
	}); err != nil {
		t.Fatalf("the servers did not become equal: %v", err)
	}
	first := stateOf(t, clients[0])
	for i, client := range clients[1:] {
		if other := stateOf(t, client); !maps.Equal(first, other) {
			t.Fatalf("with equal vectors, the first has %d keys, and number %d of them has %d, or others", len(first), i+1, len(other))
		}
	}
	return first
}

// gossipkvState is all that a server has.
type gossipkvState map[string]gossipkvEntry

type gossipkvEntry struct {
	value   string
	version gossipkv.Version
}

func stateOf(t *testing.T, client gossipkvpb.GossipKVClient) gossipkvState {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	stream, err := client.Dump(ctx, new(gossipkvpb.DumpRequest))
	if err != nil {
		t.Fatal(err)
	}
	state := make(gossipkvState)
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return state
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, pair := range part.GetPairs() {
			state[string(pair.GetKey())] = gossipkvEntry{string(pair.GetValue()), gossipkv.VersionOf(pair.GetVersion())}
		}
	}
}

// incarnation returns that of a server, as it tells itself.
func incarnation(t *testing.T, client gossipkvpb.GossipKVClient) uint64 {
	t.Helper()
	status, err := client.Status(t.Context(), new(gossipkvpb.StatusRequest))
	if err != nil {
		t.Fatal(err)
	}
	return status.GetIncarnation()
}

// awaitNoTombstones waits until no server keeps a tombstone.
func (c *gossipkvCluster) awaitNoTombstones(t *testing.T) {
	t.Helper()
	if err := eventually(t, func(ctx context.Context) error {
		for _, server := range c.servers {
			status, err := dialGossipkv(t, server.port()).Status(ctx, new(gossipkvpb.StatusRequest))
			if err != nil {
				return err
			}
			if status.GetTombstones() > 0 {
				return fmt.Errorf("server %d keeps %d tombstones", status.GetServer(), status.GetTombstones())
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
