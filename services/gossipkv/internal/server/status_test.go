package server

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"numstore.example/contracts/gossipkvpb"
	"numstore.example/contracts/version"
	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
	"numstore.example/services/internal/engine/enginetest"
)

var lately = time.Date(2000, 1, 2, 3, 4, 5, 0, time.UTC)

// meet links a harness to a made-up server 2 that has nothing, and to an address that was never reached.
func (h *harness) meet(t *testing.T) {
	t.Helper()
	h.links.set(nil,
		node.Link{Address: "c:8000", Reason: "connection refused"},
		node.Link{Server: 2, Address: "b:8000", Up: true, LastExchange: lately, Sent: 300, Received: 200})
	other := merge.Origin{Server: 2, Incarnation: 7}
	h.node.LinkUp(node.Greeting{Self: other, Roster: merge.Roster{}.Becomes(other, merge.Member)})
	h.put(t, "x", "12345", 0) // answered when the link is known too
}

// TestStatus: a server tells what it knows of itself, its links and the others.
func TestStatus(t *testing.T) {
	h := start(t, nil, nil)
	h.meet(t)
	h.get(t, "x", nil)
	h.get(t, "x", &gossipkvpb.Version{Time: 9, Server: 3})
	if _, err := h.Delete(t.Context(), &gossipkvpb.DeleteRequest{Key: []byte("gone")}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.dump(t, &gossipkvpb.DumpRequest{}); err != nil {
		t.Fatal(err)
	}
	got, err := h.GossipKVClient.Status(t.Context(), &gossipkvpb.StatusRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if age := time.Since(got.GetStartTime().AsTime()); age < 0 || age > time.Hour || got.GetDiskFree() != 0 {
		t.Errorf("it has started %v ago, and has %d bytes free", age, got.GetDiskFree())
	}
	own := uint64(h.node.Self().Incarnation)
	vector := []*gossipkvpb.VectorEntry{{Server: 1, Incarnation: own, Time: 2}}
	want := &gossipkvpb.StatusResponse{
		Server: 1, Incarnation: own, StartTime: got.GetStartTime(), Version: version.Short(), Time: 2, Vector: vector,
		Links: []*gossipkvpb.Link{
			{Address: "c:8000", Reason: "connection refused"},
			{Server: 2, Address: "b:8000", Up: true, BehindEntries: 2, BehindBytes: 10, BehindExact: true, LastExchange: timestamppb.New(lately), SentBytes: 300, ReceivedBytes: 200},
		},
		Members: []*gossipkvpb.Member{
			{Server: 1, Incarnation: own, State: gossipkvpb.MemberState_MEMBER_STATE_MEMBER, Vector: vector},
			{Server: 2, Incarnation: 7, State: gossipkvpb.MemberState_MEMBER_STATE_MEMBER},
		},
		Keys: 1, Bytes: 6, Tombstones: 1, Puts: 1, Gets: 2, Deletes: 1, Dumps: 1, Unmet: 1,
		Limits: &gossipkvpb.Limits{MaxKey: testMaxKey, MaxValue: testMaxValue},
	}
	if !proto.Equal(got, want) {
		t.Errorf("the status is {%v}; want {%v}", got, want)
	}
}

// TestStatus_down: what a server lacks to which the link is down is told from what was heard of it.
func TestStatus_down(t *testing.T) {
	h := start(t, nil, nil)
	h.meet(t)
	h.node.LinkDown(2)
	h.links.set(nil, node.Link{Server: 2, Address: "b:8000", Reason: "connection refused"})
	h.put(t, "y", "1", 0) // answered when it is known that the link is down
	s, err := h.GossipKVClient.Status(t.Context(), &gossipkvpb.StatusRequest{})
	if err != nil {
		t.Fatal(err)
	}
	want := &gossipkvpb.Link{Server: 2, Address: "b:8000", Reason: "connection refused", BehindEntries: 2, BehindBytes: 8, BehindExact: true}
	if len(s.GetLinks()) != 1 || !proto.Equal(s.GetLinks()[0], want) {
		t.Errorf("the links are %v; want {%v}", s.GetLinks(), want)
	}
}

// TestMetrics: what operators watch is what the status tells.
func TestMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	h := start(t, func(c *Config) { c.Metrics = registry }, nil)
	h.meet(t)
	h.get(t, "x", &gossipkvpb.Version{Time: 9, Server: 3})
	const want = `
# HELP gossipkv_bytes Bytes of these keys and values.
# TYPE gossipkv_bytes gauge
gossipkv_bytes 6
# HELP gossipkv_keys Keys held that have a value.
# TYPE gossipkv_keys gauge
gossipkv_keys 1
# HELP gossipkv_link_behind_bytes Bytes of the keys and values of these.
# TYPE gossipkv_link_behind_bytes gauge
gossipkv_link_behind_bytes{address="b:8000",server="2"} 6
gossipkv_link_behind_bytes{address="c:8000",server="0"} 0
# HELP gossipkv_link_behind_entries Entries that the other server lacks, as far as this one knows. Not counted beyond a hundred thousand.
# TYPE gossipkv_link_behind_entries gauge
gossipkv_link_behind_entries{address="b:8000",server="2"} 1
gossipkv_link_behind_entries{address="c:8000",server="0"} 0
# HELP gossipkv_link_last_exchange_timestamp_seconds When something came from the other server last; 0 if nothing ever did.
# TYPE gossipkv_link_last_exchange_timestamp_seconds gauge
gossipkv_link_last_exchange_timestamp_seconds{address="b:8000",server="2"} 9.46782245e+08
gossipkv_link_last_exchange_timestamp_seconds{address="c:8000",server="0"} 0
# HELP gossipkv_link_received_bytes_total Bytes of messages received from the other server.
# TYPE gossipkv_link_received_bytes_total counter
gossipkv_link_received_bytes_total{address="b:8000",server="2"} 200
gossipkv_link_received_bytes_total{address="c:8000",server="0"} 0
# HELP gossipkv_link_sent_bytes_total Bytes of messages sent to the other server.
# TYPE gossipkv_link_sent_bytes_total counter
gossipkv_link_sent_bytes_total{address="b:8000",server="2"} 300
gossipkv_link_sent_bytes_total{address="c:8000",server="0"} 0
# HELP gossipkv_link_up 1 while messages get through to the other server, as far as this one knows; else 0.
# TYPE gossipkv_link_up gauge
gossipkv_link_up{address="b:8000",server="2"} 1
gossipkv_link_up{address="c:8000",server="0"} 0
# HELP gossipkv_members Servers that are members, whether they run or not.
# TYPE gossipkv_members gauge
gossipkv_members 2
# HELP gossipkv_refused 1 while this server is none of the system's, as it was forgotten or has the number of another one: it takes no writes. Else 0.
# TYPE gossipkv_refused gauge
gossipkv_refused 0
# HELP gossipkv_time The logical time: the greatest of all writes that this server has.
# TYPE gossipkv_time gauge
gossipkv_time 1
# HELP gossipkv_tombstones Tombstones that are kept until all members know of them.
# TYPE gossipkv_tombstones gauge
gossipkv_tombstones 0
# HELP gossipkv_unmet_total Gets that were told that this server does not have yet what their session has seen.
# TYPE gossipkv_unmet_total counter
gossipkv_unmet_total 1
# HELP gossipkv_writable 1 while all writes are taken, 0 while the disk is full and deletions alone are.
# TYPE gossipkv_writable gauge
gossipkv_writable 1
`
	err := testutil.GatherAndCompare(registry, strings.NewReader(want), "gossipkv_bytes", "gossipkv_keys", "gossipkv_link_behind_bytes", "gossipkv_link_behind_entries",
		"gossipkv_link_last_exchange_timestamp_seconds", "gossipkv_link_received_bytes_total", "gossipkv_link_sent_bytes_total", "gossipkv_link_up", "gossipkv_members",
		"gossipkv_refused", "gossipkv_time", "gossipkv_tombstones", "gossipkv_unmet_total", "gossipkv_writable")
	if err != nil {
		t.Error(err)
	}
}

// TestFull: on a full disk, reads and deletions are done and puts refused; they did not happen, and are taken again when there is room.
func TestFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := enginetest.NewToldDisk(vfs.NewMem())
		h := start(t, nil, func(o *node.Options) { o.Storage.FS, o.Storage.Reserve = disk, 1<<20 })
		h.put(t, "a", "1", 0)
		disk.Free.Store(1000)
		time.Sleep(5 * time.Second) // by the clock of the test: the store looks at its disk
		put := &gossipkvpb.PutRequest{Key: []byte("b"), Value: []byte("1")}
		if _, err := h.Put(t.Context(), put); status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "nothing happened") {
			t.Errorf("a put: %v; want UNAVAILABLE", err)
		}
		if s, err := h.GossipKVClient.Status(t.Context(), &gossipkvpb.StatusRequest{}); err != nil || s.GetDiskFull() == "" || s.GetDiskFree() != 1000 {
			t.Errorf("the status is {%v}, %v", s, err)
		}
		if got := h.get(t, "b", nil); got.GetOutcome() != noValue {
			t.Errorf("what was refused is {%v}", got)
		}
		if got := h.get(t, "a", nil); string(got.GetValue()) != "1" {
			t.Errorf("what was there is {%v}", got)
		}
		if _, err := h.Delete(t.Context(), &gossipkvpb.DeleteRequest{Key: []byte("a")}); err != nil {
			t.Errorf("a deletion: %v", err)
		}
		disk.Empty()
		time.Sleep(5 * time.Second) // likewise
		if _, err := h.Put(t.Context(), put); err != nil {
			t.Errorf("the put, when there is room: %v", err)
		}
	})
}
