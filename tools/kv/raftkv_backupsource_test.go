package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
)

// serveTwo has two servers of a cluster of two shards, of which the first one loses shard 1 in the middle, for a reason, and
// the second one has both. It returns the flag that names the first. Asked gets the ids under which parts were asked for.
func serveTwo(t *testing.T, reason error, asked *[]string) (flag string) {
	t.Helper()
	topology := &raftkvpb.TopologyResponse{
		Nodes:  []*raftkvpb.Node{{Id: 1}, {Id: 2}},
		Shards: []*raftkvpb.Shard{{Replicas: []uint64{1, 2}}, {Shard: 1, Replicas: []uint64{1, 2}}},
	}
	send := func(lost uint32, reason error) func(*raftkvpb.BackupRequest, func(*raftkvpb.BackupResponse) error) error {
		return func(r *raftkvpb.BackupRequest, send func(*raftkvpb.BackupResponse) error) error {
			*asked = append(*asked, string(r.GetBackupId()))
			part := &raftkvpb.BackupPart{Shard: r.GetShard(), Index: 7, Taken: pictureTime, Keys: 3, Bytes: 20}
			if err := send(&raftkvpb.BackupResponse{Chunk: fmt.Appendf(nil, "shard %d ", r.GetShard()), Part: part}); err != nil {
				return err
			}
			if r.GetShard() == lost {
				return reason
			}
			return send(&raftkvpb.BackupResponse{Chunk: []byte("whole ")})
		}
	}
	second := &pictured{topology: topology, admin: admin{back: send(99, nil)}}
	topology.Nodes[1].Address = second.serve(t)
	return "--servers=" + (&pictured{topology: topology, admin: admin{back: send(1, reason)}}).serve(t)
}

// TestBackup_parts: a part that a server has lost is taken again from another server, and for each shard it is told of which
// moment it is. All parts have one id, which is another one for each backup.
func TestBackup_parts(t *testing.T) {
	const table = "shard  index  taken                 keys  bytes\n" +
		"0      7      2026-11-21T10:00:00Z  3     20\n" +
		"1      7      2026-11-21T10:00:00Z  3     20\n"
	folder := t.TempDir()
	file := filepath.Join(folder, "b")
	var asked []string
	flag := serveTwo(t, status.Error(codes.Unavailable, "stopping"), &asked)
	check(t, flag, []step{{args: "backup " + file, stdout: table}})
	if got, err := os.ReadFile(file); string(got) != "shard 0 whole shard 1 whole " || err != nil {
		t.Errorf("the file has %q, %v", got, err)
	}
	if len(asked) != 3 || len(asked[0]) != 16 || len(slices.Compact(slices.Clone(asked))) != 1 {
		t.Errorf("parts were asked for with the ids %q", asked)
	}
	check(t, flag, []step{{args: "backup --output json " + file + "2", stdout: `{"shard":0,"index":7,"taken":"2026-11-21T10:00:00Z","keys":3,"bytes":20}` + "\n" +
		`{"shard":1,"index":7,"taken":"2026-11-21T10:00:00Z","keys":3,"bytes":20}` + "\n"}})
	if asked[3] == asked[0] {
		t.Error("two backups have one id")
	}
}

// TestBackup_lost: what went into a pipe cannot be taken again; nor is there another server for what one refuses.
func TestBackup_lost(t *testing.T) {
	folder := t.TempDir()
	var asked []string
	flag := serveTwo(t, status.Error(codes.Unavailable, "stopping"), &asked)
	check(t, flag, []step{{args: "backup -", status: 3, stdout: "shard 0 whole shard 1 ", stderr: "no whole backup: shard 1: stopping"}})
	flag = serveTwo(t, status.Error(codes.PermissionDenied, "not for you"), &asked)
	check(t, flag, []step{{args: "backup " + filepath.Join(folder, "b"), status: 1, stderr: "shard 1: not for you"}})
	if got := files(t, folder); got != "" {
		t.Errorf("left %s", got)
	}
}

// TestBackup_firstServerGone: any server will do.
func TestBackup_firstServerGone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "b")
	flag := serve(t, withBackup("all"))
	check(t, "--servers=127.0.0.1:1,"+flag[len("--servers="):], []step{{args: "backup --timeout 2s " + file}})
	if got, err := os.ReadFile(file); string(got) != "all" || err != nil {
		t.Errorf("the file has %q, %v", got, err)
	}
}
