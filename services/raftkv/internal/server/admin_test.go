package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/internal/rpcserver"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/node/nodetest"
	"numstore.example/services/raftkv/internal/shard"
)

func TestAdmin_off(t *testing.T) {
	h := start(t, nil, nil)
	_, shutdown := h.admin.Shutdown(t.Context(), &raftkvpb.ShutdownRequest{})
	_, compact := h.admin.Compact(t.Context(), &raftkvpb.CompactRequest{})
	_, backup := h.backup(t)
	_, list := h.admin.ListMembers(t.Context(), &raftkvpb.ListMembersRequest{})
	_, change := h.admin.ChangeMember(t.Context(), &raftkvpb.ChangeMemberRequest{})
	_, forget := h.admin.ForgetNode(t.Context(), &raftkvpb.ForgetNodeRequest{})
	for name, err := range map[string]error{
		"Shutdown": shutdown, "Compact": compact, "Backup": backup, "ListMembers": list, "ChangeMember": change, "ForgetNode": forget,
	} {
		if status.Code(err) != codes.PermissionDenied {
			t.Errorf("%s: %v; want PERMISSION_DENIED", name, err)
		}
	}
	select {
	case <-h.stopped:
		t.Error("the server was stopped")
	default:
	}
}

func allowAll(c *Config) { c.Admin = rpcserver.Admin{Tokens: []string{"secret"}} }

func withToken(t *testing.T) context.Context {
	return metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer secret")
}

func (h *harness) backup(t *testing.T) (content []byte, err error) {
	content, _, err = h.backupOf(t, &raftkvpb.BackupRequest{})
	return content, err
}

// backupOf returns what a backup has, and what it says of its parts.
func (h *harness) backupOf(t *testing.T, request *raftkvpb.BackupRequest) (content []byte, parts []*raftkvpb.BackupPart, err error) {
	stream, err := h.admin.Backup(withToken(t), request)
	for err == nil {
		var response *raftkvpb.BackupResponse
		if response, err = stream.Recv(); err == nil {
			content = append(content, response.GetChunk()...)
		}
		if part := response.GetPart(); part != nil {
			parts = append(parts, part)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return content, parts, err
}

func TestAdmin_shutdownAndCompact(t *testing.T) {
	h := start(t, allowAll, nil)
	if _, err := h.admin.Compact(withToken(t), &raftkvpb.CompactRequest{}); err != nil {
		t.Error(err)
	}
	if _, err := h.admin.Shutdown(withToken(t), &raftkvpb.ShutdownRequest{}); err != nil {
		t.Error(err)
	}
	<-h.stopped
}

// TestBackup restores a backup into a new server: keys, versions and sessions are there.
func TestBackup(t *testing.T) {
	const client = "a client, 16 byt"
	h := start(t, allowAll, nil)
	for i := range 100 {
		request := put(fmt.Sprintf("k%02d", i), strings.Repeat("v", i))
		if i == 99 {
			request.RequestId = requestID(client, 1)
		}
		if _, err := h.Put(t.Context(), request); err != nil {
			t.Fatal(err)
		}
	}
	content, err := h.backup(t)
	if err != nil {
		t.Fatal(err)
	}

	backup, err := node.OpenBackup(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	restored := start(t, nil, func(o *node.Options) { o.Restore = node.RestoreFrom(backup, alone) })
	if got, want := fmt.Sprint(pairsOf(t, restored)), fmt.Sprint(pairsOf(t, h)); got != want {
		t.Errorf("restored %s; want %s", got, want)
	}
	again := put("k99", "")
	again.RequestId = requestID(client, 1)
	first, err := h.Put(t.Context(), again)
	if err != nil {
		t.Fatal(err)
	}
	if reply, err := restored.Put(t.Context(), again); err != nil || reply.GetVersion() != first.GetVersion() {
		t.Errorf("a write of before the backup, repeated: %v, %v; want %v", reply, err, first)
	}
	if reply, err := restored.Put(t.Context(), put("new", "")); err != nil || reply.GetVersion() <= first.GetVersion() {
		t.Errorf("a new write: %v, %v; want a version greater than %d", reply, err, first.GetVersion())
	}
}

// TestBackup_shards: a backup of several shards is the parts of all, which can be asked for one by one, and can be restored
// into fewer shards.
func TestBackup_shards(t *testing.T) {
	h := start(t, allowAll, func(o *node.Options) { o.Found = nodetest.Alone(4) })
	for i := range 40 {
		request := put(fmt.Sprintf("k%02d", i), "v")
		request.RequestId = requestID(fmt.Sprintf("client %9d", i), 1)
		if _, err := h.Put(t.Context(), request); err != nil {
			t.Fatal(err)
		}
	}
	whole, parts, err := h.backupOf(t, &raftkvpb.BackupRequest{})
	keys := uint64(0)
	for i, part := range parts {
		keys += part.GetKeys()
		if part.GetShard() != uint32(i) || part.GetIndex() == 0 || part.GetBytes() != 4*part.GetKeys() || part.GetTaken().AsTime().IsZero() {
			t.Errorf("part %d is told as %v", i, part)
		}
	}
	if err != nil || len(parts) != 4 || keys != 40 {
		t.Fatalf("%d parts of %d keys, %v; want 4 of 40", len(parts), keys, err)
	}
	var joined []byte
	for _, shard := range []uint32{2, 0, 3, 1} {
		part, told, err := h.backupOf(t, &raftkvpb.BackupRequest{Shard: &shard, BackupId: []byte("0123456789abcdef")})
		if err != nil || len(told) != 1 || told[0].GetShard() != shard {
			t.Errorf("shard %d: parts %v, %v", shard, told, err)
		}
		joined = append(joined, part...)
	}
	for name, content := range map[string][]byte{"at once": whole, "one by one": joined} {
		backup, err := node.OpenBackup(bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		restored := start(t, nil, func(o *node.Options) { o.Restore = node.RestoreFrom(backup, alone) })
		if got, want := fmt.Sprint(pairsOf(t, restored)), fmt.Sprint(pairsOf(t, h)); got != want {
			t.Errorf("%s: restored %s; want %s", name, got, want)
		}
	}
	for name, request := range map[string]*raftkvpb.BackupRequest{
		"no such shard": {Shard: new(uint32(4))}, "a short id": {BackupId: []byte("short")},
	} {
		if _, _, err := h.backupOf(t, request); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// alone is the plan of the harness's node.
func alone() (node.Plan, error) {
	cluster, err := nodetest.Alone(1)(shard.StoreID{})
	if err != nil {
		return node.Plan{}, err
	}
	place, err := Place(&cluster)
	return node.Plan{Cluster: cluster, Self: 1, Place: place}, err
}

// TestLogRequests: a line for each operation, with its outcome, and nothing long in it.
func TestLogRequests(t *testing.T) {
	h := start(t, func(c *Config) { c.LogRequests = true }, nil)
	h.Put(t.Context(), put("A", strings.Repeat("v", testMaxValue)))
	h.Get(t.Context(), &raftkvpb.GetRequest{Key: []byte("A")})
	h.Get(t.Context(), &raftkvpb.GetRequest{Key: []byte("B")})
	h.Append(t.Context(), &raftkvpb.AppendRequest{Key: []byte("A"), Value: []byte("v")})
	h.Batch(t.Context(), &raftkvpb.BatchRequest{Writes: []*raftkvpb.Write{
		{Write: &raftkvpb.Write_Delete{Delete: &raftkvpb.DeleteRequest{Key: []byte("A")}}},
	}})
	h.onPipeline(t)(putOperation(put("\xff\n", "x")))
	h.onPipeline(t)(getOperation("a key too long"))
	h.node.Stop()
	h.onPipeline(t)(getOperation("A"))
	for i, want := range [][]string{
		{"call=put", "key=A", "(100 bytes)", "existed=false", "version=1"},
		{"call=get", "key=A", "(100 bytes)"},
		{"call=get", "key=B", "found=false"},
		{"call=append", "value=v", "error=", "101 bytes", "nothing was changed"},
		{"call=delete", "existed=true"},
		{"call=put", `key=\xff\n`, "value=x"},
		{"call=get", "a key too long", "error=", "14 bytes"},
		{"call=get", "key=A", "error=", "stopped"},
	} {
		lines := strings.Split(strings.TrimSpace(h.log.String()), "\n")
		if len(lines) != 8 {
			t.Fatalf("there are %d lines:\n%s", len(lines), h.log)
		}
		for _, part := range want {
			if !strings.Contains(lines[i], part) {
				t.Errorf("line %d, %q, does not say %q", i, lines[i], part)
			}
		}
		if len(lines[i]) > 300 {
			t.Errorf("line %d is %d bytes long", i, len(lines[i]))
		}
	}
}

// TestForget: a client that has written nothing for the time is forgotten, and told so; one that has written
// goes on.
func TestForget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const idle, busy = "an idle client..", "a busy client..."
		h := start(t, nil, func(o *node.Options) { o.SessionTTL = time.Hour })
		write := func(client string, sequence uint64) error {
			request := put("A", "")
			request.RequestId = requestID(client, sequence)
			_, err := h.Put(t.Context(), request)
			return err
		}
		for _, client := range []string{idle, busy} {
			if err := write(client, 1); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(50 * time.Minute) // of the bubble's time
		if err := write(busy, 2); err != nil {
			t.Fatal(err)
		}
		if err := write(idle, 1); err != nil {
			t.Errorf("before its time, a repetition: %v", err)
		}
		time.Sleep(20 * time.Minute)
		if err := write(idle, 2); status.Code(err) != codes.NotFound {
			t.Errorf("the idle client's next write: %v; want NOT_FOUND", err)
		}
		if err := write(idle, 1); status.Code(err) != codes.NotFound {
			t.Errorf("a late copy of its first write: %v; want NOT_FOUND", err)
		}
		if err := write(busy, 3); err != nil {
			t.Errorf("the busy client's next write: %v", err)
		}
		if n := h.node.Locals()[0].Figures().Sessions; n != 1 {
			t.Errorf("there are %d sessions; want 1", n)
		}
	})
}
