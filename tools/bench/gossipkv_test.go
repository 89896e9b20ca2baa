package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"

	"numstore.example/contracts/gossipkv/inprocess"
	"numstore.example/tools/internal/lab"
)

// gossipsInMemory are servers that are linked as told, and which the bench knows as those of a command.
func gossipsInMemory(t *testing.T, links ...[2]uint32) []string {
	t.Helper()
	cluster := inprocess.NewCluster()
	var addresses []string
	for i := range gossips {
		listener, err := net.Listen("tcp", "localhost:0")
		if err != nil {
			t.Fatal(err)
		}
		server := grpc.NewServer()
		cluster.Register(server, uint32(i+1), listener.Addr().String())
		go server.Serve(listener)
		t.Cleanup(server.Stop)
		addresses = append(addresses, listener.Addr().String())
	}
	for _, link := range links {
		cluster.Connect(link[0], link[1])
	}
	return addresses
}

// TestGossipTrials: what is measured happens, and is over when the servers are as they shall be.
func TestGossipTrials(t *testing.T) {
	var all [][2]uint32
	for a := uint32(1); a <= gossips; a++ {
		for b := a + 1; b <= gossips; b++ {
			all = append(all, [2]uint32{a, b})
		}
	}
	b := &bench{Keys: 10}
	for what, trial := range map[string]struct {
		measure func(context.Context, *bench, []string) (float64, error)
		servers []string
		keys    uint64 // that every server has then
	}{
		"heal":  {heal, gossipsInMemory(t, all...), 100},
		"wire":  {onTheWire(10), gossipsInMemory(t, all...), 100},
		"cross": {cross, gossipsInMemory(t, [2]uint32{1, 2}, [2]uint32{2, 3}, [2]uint32{3, 4}, [2]uint32{4, 5}), 1},
	} {
		for range 2 {
			if value, err := trial.measure(t.Context(), b, trial.servers); err != nil || value < 0 {
				t.Fatalf("%s: %v, %v", what, value, err)
			}
		}
		g, err := dialGossip(trial.servers)
		if err != nil {
			t.Fatal(err)
		}
		defer g.close()
		statuses, err := g.statuses(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range statuses {
			if r.GetKeys() != trial.keys {
				t.Errorf("%s: server %d has %d keys; want %d", what, i+1, r.GetKeys(), trial.keys)
			}
		}
	}
}

// TestGossipLinks: the servers of a mesh link themselves to all before them, those of a chain to the one before.
func TestGossipLinks(t *testing.T) {
	b := &bench{scratch: t.TempDir(), Keys: 10}
	s, err := gossipkvSuite(b)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]int{mesh: {0, 1, 2, 3, 4}, chain: {0, 1, 1, 1, 1}} {
		i := slices.IndexFunc(s.servers, func(c lab.Command) bool { return c.Name == name })
		var before []string
		for place, p := range s.servers[i].Processes {
			var peers []string
			if at := slices.Index(p.Args, "--peers"); at >= 0 {
				peers = strings.Split(p.Args[at+1], ",")
			}
			if own := p.Args[slices.Index(p.Args, "--addr")+1]; len(peers) != want[place] || !slices.Equal(peers, before[max(0, len(before)-len(peers)):]) {
				t.Errorf("%s: server %d is told of %v, behind %v; want the last %d", name, place+1, peers, before, want[place])
			} else {
				before = append(before, own)
			}
		}
	}
	for _, trial := range s.trials {
		if trial.server != "" && !slices.ContainsFunc(s.servers, func(c lab.Command) bool { return c.Name == trial.server }) {
			t.Errorf("%s is done to %s, which is not started", trial.what, trial.server)
		}
	}
}

// TestOrchestrate: the figure is what orchestrate says.
func TestOrchestrate(t *testing.T) {
	b := &bench{Bin: t.TempDir(), Keys: 1}
	for script, want := range map[string]float64{
		"cat >/dev/null; echo 'orchestrate: 40 commands in 0.5 s: 80.25 commands/s, 60.00 puts/s' >&2": 80.25,
		"cat >/dev/null; echo nothing":          0,
		"cat >/dev/null; echo it failed; false": 0,
	} {
		if err := os.WriteFile(filepath.Join(b.Bin, "orchestrate"), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		if got, err := orchestrate(t.Context(), b, nil); got != want || (err == nil) != (want > 0) {
			t.Errorf("%s: %v, %v; want %v", script, got, err, want)
		}
	}
}
