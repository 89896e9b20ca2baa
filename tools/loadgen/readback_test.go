package main

import (
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"numstore.example/contracts/numstorepb"
	"numstore.example/tools/internal/history"
	"numstore.example/tools/loadgen/internal/model"
	"numstore.example/tools/loadgen/internal/service"
)

// survived records a history, lets something happen to the servers, and says what they have of it then.
func survived(t *testing.T, name, target string, happen func(keys []string) (target string)) model.Survival {
	t.Helper()
	file := filepath.Join(t.TempDir(), "history.json")
	args := "run " + target + " --service " + name + " --keys 5 --clients 4 --duration 10s --history-limit 200 --history " + file
	if code, stdout, stderr := loadgen(t, args); code != exitOK {
		t.Fatalf("status %d, printed\n%s\nand %q", code, stdout, stderr)
	}
	before, err := history.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	keys := make(map[string]bool)
	for _, o := range before {
		if o.Key != "" {
			keys[o.Key] = true
		}
	}
	all := slices.Sorted(maps.Keys(keys))
	asked := service.Target{Dialing: []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}}
	for address := range strings.SplitSeq(happen(all), ",") {
		asked.Servers = append(asked.Servers, service.Server{Addr: address})
	}
	after, err := service.All[name].ReadBack(t.Context(), asked, all)
	if err != nil {
		t.Fatal(err)
	}
	found, err := model.Survived(name, before, after)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestReadBack_raftkv: a key that is gone, and one that is as it was before its last write.
func TestReadBack_raftkv(t *testing.T) {
	for lose, lost := range map[bool]int{false: 0, true: 2} {
		server, port := serveKV(t, "")
		found := survived(t, "raftkv", port, func(keys []string) string {
			server.mu.Lock()
			defer server.mu.Unlock()
			if lose {
				delete(server.pairs, keys[0])
				server.pairs[keys[1]] = server.before[keys[1]]
			}
			return "127.0.0.1:" + port
		})
		if found.Keys != 5 || found.Lost != lost {
			t.Errorf("%+v; want that %d of 5 are lost", found, lost)
		}
	}
}

// TestReadBack_numstore: a server that was started anew.
func TestReadBack_numstore(t *testing.T) {
	for lose, lost := range map[bool]int{false: 0, true: 5} {
		listener, err := net.Listen("tcp", "localhost:0")
		if err != nil {
			t.Fatal(err)
		}
		l := &ledger{values: make(map[string]int64)}
		server := grpc.NewServer()
		numstorepb.RegisterNumStoreServer(server, l)
		go server.Serve(listener)
		t.Cleanup(server.Stop)
		found := survived(t, "numstore", listener.Addr().String(), func([]string) string {
			l.mu.Lock()
			defer l.mu.Unlock()
			if lose {
				clear(l.values)
			}
			return listener.Addr().String()
		})
		if found.Keys != 5 || found.Lost != lost {
			t.Errorf("%+v; want that %d of 5 are lost", found, lost)
		}
	}
}

// TestReadBack_gossipkv: the same servers, and others.
func TestReadBack_gossipkv(t *testing.T) {
	for lose, lost := range map[bool]int{false: 0, true: 10} {
		_, _, target := serveGossip(t, 2)
		found := survived(t, "gossipkv", target, func([]string) string {
			if lose {
				_, _, target = serveGossip(t, 2)
			}
			return target
		})
		if found.Keys != 10 || found.Lost != lost {
			t.Errorf("%+v; want that %d of 10 are lost", found, lost)
		}
	}
}
