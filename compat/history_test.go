package compat

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os/exec"
	"path/filepath"
	"testing"

	"numstore.example/contracts/raftkvpb"
)

// TestHistory records what clients see that call at the same time, and expects that it is linearizable.
// That the checker notices when it is not is shown beside it, in tools/loadgen.
func TestHistory(t *testing.T) {
	eachColumn(t, recordHistory)
}

func recordHistory(t *testing.T, column column) {
	loadgen, history := build(t, "./tools/loadgen"), filepath.Join(t.TempDir(), "history.jsonl")
	for _, command := range [][]string{
		{"run", column.start(t), "--clients", "8", "--keys", "10", "--values", "-1..22", "--history", history, "--history-limit", "5000"},
		{"check", history},
	} {
		output, err := exec.Command(loadgen, command...).CombinedOutput()
		if err != nil {
			t.Fatalf("loadgen %v: %v\n%s", command, err, output)
		}
		t.Logf("%s", output)
	}
}

// TestRaftkv_history records what Clerks see of a few keys while the server is killed again and again, and expects
// that it is linearizable.
func TestRaftkv_history(t *testing.T) {
	loadgen, history := build(t, "./tools/loadgen"), filepath.Join(t.TempDir(), "history.jsonl")
	address := freeAddress(t)
	server := newKVProcess(t, "--addr="+address) // the same after each start
	var said bytes.Buffer
	run := exec.Command(loadgen, "run", address, "--service=raftkv", "--clients=16", "--keys=5",
		"--mix=get=30,put=20,append=20,delete=10,cas=20", "--value-size=10..100", "--duration=10m", "--history-limit=20000", "--history="+history)
	run.Stdout, run.Stderr = &said, &said
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	running, stopped := context.WithCancel(t.Context())
	var failure error
	go func() { failure = run.Wait(); stopped() }()
	kills := 0
	for ; kills < 5 && awaitWrites(running, t, dialRaftkv(t, server.port()), 500); kills++ {
		server.kill(t)
		server.start(t)
	}
	if <-running.Done(); failure != nil || kills == 0 {
		t.Fatalf("%d kills, %v: %v\n%s", kills, run, failure, &said)
	}
	t.Logf("%d kills\n%s", kills, &said)
	output, err := exec.Command(loadgen, "check", "--service=raftkv", history).CombinedOutput()
	if err != nil {
		t.Fatalf("loadgen check: %v\n%s", err, output)
	}
	t.Logf("%s", output)
}

// freeAddress returns an address of this machine that nobody listens on. Its port is below those that the system hands out, to
// connections too, so that it is still free when somebody listens there.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		listener, err := net.Listen("tcp", fmt.Sprintf("localhost:%d", 10000+rand.IntN(20000)))
		if err == nil {
			defer listener.Close()
			return listener.Addr().String()
		}
	}
	t.Fatal("none of 100 ports is free")
	return ""
}

// awaitWrites waits until a server has done so many writes since its start. It returns false when ctx ends before.
func awaitWrites(ctx context.Context, t *testing.T, client raftkvpb.RaftKVClient, writes uint64) bool {
	t.Helper()
	for {
		stat, err := client.Stat(ctx, &raftkvpb.StatRequest{})
		if ctx.Err() != nil {
			return false
		}
		if err != nil {
			t.Fatal(err)
		}
		if stat.GetSets()+stat.GetAppends()+stat.GetDeletes() >= writes {
			return true
		}
	}
}
