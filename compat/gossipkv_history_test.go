package compat

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"numstore.example/contracts/gossipkvpb"
)

// TestGossipkv_history records what sessions see that move between three servers, each of which is killed again and again, and expects
// that nothing is broken of what they are promised, that no server loses what it has told, and that all are equal in the end. That the
// checker notices when it is not so is shown beside it, in tools/loadgen.
func TestGossipkv_history(t *testing.T) {
	loadgen, history := build(t, "./tools/loadgen"), filepath.Join(t.TempDir(), "history.jsonl")
	var addresses []string
	for range 3 {
		addresses = append(addresses, freeAddress(t))
	}
	all := strings.Join(addresses, ",")
	var servers []*kvProcess
	for i, address := range addresses {
		server := prepareStore(t, "gossipkv", fmt.Sprint("--id=", i+1), "--addr="+address, "--peers="+all) // the same after each start
		server.start(t)
		servers = append(servers, server)
	}
	run := exec.Command(loadgen, "run", all, "--service=gossipkv", "--clients=12", "--keys=10", "--mix=get=60,put=30,delete=10",
		"--value-size=10..100", "--move=30", "--duration=10m", "--history-limit=30000", "--history="+history)
	running, stopped := context.WithCancel(t.Context())
	var said []byte
	var failure error
	go func() { said, failure = run.CombinedOutput(); stopped() }()
	kills := 0
	for ; kills < 6; kills++ {
		i := kills % len(servers)
		if !awaitGossipWrites(running, t, addresses[i], 300) {
			break
		}
		servers[i].kill(t)
		servers[i].start(t)
	}
	<-running.Done()
	// Calls fail while their server is away.
	if exit, failed := errors.AsType[*exec.ExitError](failure); failure != nil && (!failed || exit.ExitCode() != 1) || kills == 0 || !strings.Contains(string(said), "all servers were equal") {
		t.Fatalf("%d kills, %v: %v\n%s", kills, run, failure, said)
	}
	t.Logf("%d kills\n%s", kills, said)
	output, err := exec.Command(loadgen, "check", "--service=gossipkv", history).CombinedOutput()
	if err != nil || !strings.HasPrefix(string(output), "kept: 30000 operations of 12 sessions on 10 keys at 3 servers") {
		t.Fatalf("loadgen check: %v\n%s", err, output)
	}
	t.Logf("%s", output)
}

// awaitGossipWrites waits until a server has done so many writes since its start. It returns false when ctx ends before.
func awaitGossipWrites(ctx context.Context, t *testing.T, address string, writes uint64) bool {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for {
		status, err := gossipkvpb.NewGossipKVClient(conn).Status(ctx, &gossipkvpb.StatusRequest{})
		if ctx.Err() != nil {
			return false
		}
		if err != nil {
			t.Fatal(err)
		}
		if status.GetPuts()+status.GetDeletes() >= writes {
			return true
		}
	}
}
