package compat

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"numstore.example/contracts/raftkvpb"
)

// TestRaftkvCluster_backup backs up a cluster while it is written to, and restores that into clusters of other shapes. All
// that was written before is there, and none of it is done again when it is sent again.
func TestRaftkvCluster_backup(t *testing.T) {
	const writes = 60
	write := func(i int) *raftkvpb.AppendRequest {
		return &raftkvpb.AppendRequest{
			Key: fmt.Appendf(nil, "before %d", i), Value: []byte("once"),
			RequestId: &raftkvpb.RequestId{ClientId: fmt.Appendf(nil, "client number %2d", i), Sequence: 1},
		}
	}
	c := newKVCluster(t, 3, "--shards=4", "--admin-token=secret")
	client := dialRaftkv(t, c.nodes[0].port())
	for i := range writes {
		if _, err := client.Append(t.Context(), write(i)); err != nil {
			t.Fatal(err)
		}
	}
	load := startLoad(t, 1, c.addresses...)
	load.await(t, 50)
	file := filepath.Join(t.TempDir(), "backup")
	told := string(runKV(t, c.nodes[1].port(), nil, "backup", file, "--admin-token=secret"))
	if lines := strings.Split(strings.TrimSpace(told), "\n"); len(lines) != 5 || !strings.HasPrefix(lines[0], "shard  index") || !strings.HasPrefix(lines[4], "3 ") {
		t.Errorf("kv backup printed\n%s", told)
	}
	load.await(t, 50)
	if err := load.end(t); err != nil {
		t.Error(err)
	}
	for _, shape := range []struct {
		nodes int
		flags []string
	}{
		{1, []string{"--shards=1", "--replicas=1"}},
		{3, []string{"--shards=8", "--replicas=3"}},
		{2, []string{"--shards=3", "--replicas=1", "--placement=ring"}},
	} {
		t.Run(fmt.Sprintf("%d nodes %s", shape.nodes, strings.Join(shape.flags, " ")), func(t *testing.T) {
			restored := newKVCluster(t, shape.nodes, append(shape.flags, "--restore="+file)...)
			client := dialRaftkv(t, restored.nodes[shape.nodes-1].port())
			for i := range writes {
				again, err := client.Append(t.Context(), write(i))
				if err != nil || again.GetExisted() {
					t.Fatalf("write %d, sent again, is answered with %v, %v", i, again, err)
				}
				got, err := client.Get(t.Context(), &raftkvpb.GetRequest{Key: write(i).GetKey()})
				if err != nil || string(got.GetValue()) != "once" {
					t.Fatalf("%s is %q, %v", write(i).GetKey(), got.GetValue(), err)
				}
				next := write(i)
				next.RequestId.Sequence = 2
				if reply, err := client.Append(t.Context(), next); err != nil || string(reply.GetPrevious()) != "once" || reply.GetVersion() <= got.GetVersion() {
					t.Fatalf("the next write of client %d is answered with %v, %v", i, reply, err)
				}
			}
			first := restored.nodes[0] // as by a unit file, which has --restore still
			for i, flag := range first.flags {
				if strings.HasPrefix(flag, "--peers=") { // and with a list that has fewer nodes than there are replicas
					first.flags[i] = "--peers=1=" + restored.addresses[0]
				}
			}
			first.kill(t)
			first.start(t)
			if value, err := dialClerk(t, restored.addresses...).Get(t.Context(), write(0).GetKey()); err != nil || string(value.Value) != "onceonce" {
				t.Errorf("started again, it has %q, %v", value.Value, err)
			}
		})
	}
}
