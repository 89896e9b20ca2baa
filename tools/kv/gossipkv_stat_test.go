package main

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"numstore.example/contracts/gossipkvpb"
)

// vector is of servers 1, 2 …, which all have incarnation 10.
func vector(times ...uint64) (entries []*gossipkvpb.VectorEntry) {
	for i, time := range times {
		entries = append(entries, &gossipkvpb.VectorEntry{Server: uint32(i + 1), Incarnation: 10, Time: time})
	}
	return entries
}

// picturedStatus is of a server in every kind of trouble.
func picturedStatus() *gossipkvpb.StatusResponse {
	return &gossipkvpb.StatusResponse{
		Server: 1, Incarnation: 10, StartTime: pictureTime, Version: "v1.4.0", Time: 7, Vector: vector(7, 5, 3), Keys: 42, Bytes: 420, Unmet: 2,
		Links: []*gossipkvpb.Link{
			{Address: "nowhere:8000", Reason: "it does not answer\n", BehindExact: true},
			{Server: 2, Address: "two:8000", Up: true, BehindEntries: 12, BehindBytes: 3456, BehindExact: true, SentBytes: 8, ReceivedBytes: 9,
				LastExchange: timestamppb.New(pictureTime.AsTime().Add(time.Minute))},
			{Server: 3, Up: true, BehindEntries: 100, BehindBytes: 1000},
		},
		Members: []*gossipkvpb.Member{
			{Server: 1, Incarnation: 10, State: gossipkvpb.MemberState_MEMBER_STATE_MEMBER, Vector: vector(7, 5, 3)},
			{Server: 2, Incarnation: 10, State: gossipkvpb.MemberState_MEMBER_STATE_MEMBER, Vector: vector(6, 5)},
			{Server: 2, Incarnation: 11, State: gossipkvpb.MemberState_MEMBER_STATE_REPLACED},
			{Server: 4, Incarnation: 10, State: gossipkvpb.MemberState_MEMBER_STATE_FORGOTTEN, Vector: vector(7, 5, 3)},
		},
		Limits:   &gossipkvpb.Limits{MaxKey: 1024, MaxValue: 16 << 20},
		DiskFull: "no space", DiskStalled: durationpb.New(3 * time.Second), DiskFree: 5, Forgotten: true,
	}
}

func TestGossipkv_stat(t *testing.T) {
	p := &pretender{status: picturedStatus()}
	check(t, "--servers="+p.serve(t), []step{{args: "stat", stdout: `server              1
incarnation         000000000000000a
started             2026-11-21T10:00:00Z
version             v1.4.0
time                7
keys                42
bytes               420
tombstones          0
puts                0
gets                0
deletes             0
dumps               0
dependency not met  2
longest key         1024
longest value       16777216
disk                takes deletions alone: no space
disk                hangs: it has not answered for 3s
disk                5 bytes free
forgotten           it takes no writes; with an empty folder it is taken in again, as a new server

linked to  address       state                     behind by                        last exchange         sent  received
?          nowhere:8000  down: it does not answer  ?                                never                 0     0
2          two:8000      up                        12 entries, 3456 bytes           2026-11-21T10:01:00Z  8     9
3          ?             up                        100 entries, 1000 bytes or more  never                 0     0

member  incarnation       state      known here up to  knows all of this
1       000000000000000a  member     7                 yes
2       000000000000000a  member     5                 not yet of server 1, 3
2       000000000000000b  replaced   0                 not yet of server 1, 2, 3
4       000000000000000a  forgotten  0                 yes
`}})
}

// TestGossipkv_statAll: every server is asked that any tells of, under whatever address, and each is shown once.
func TestGossipkv_statAll(t *testing.T) {
	t.Setenv("KV_SERVICE", "gossipkv")
	one, two, three := startStopped(t, 1), startStopped(t, 2), startStopped(t, 3)
	one.links(two)
	one.status.Links = append(one.status.Links, &gossipkvpb.Link{Server: 2, Address: unused(t)}) // where it was once
	two.links(three)
	away := unused(t)
	_, port, _ := strings.Cut(three.address, ":")
	three.status.Links = []*gossipkvpb.Link{{Server: 9, Address: away}, {Server: 1, Address: "localhost" + strings.TrimPrefix(one.address, "127.0.0.1")}}
	three.status.Members = []*gossipkvpb.Member{{Server: 3, State: isMember}, {Server: 12, State: isMember}, {Server: 13, State: gossipkvpb.MemberState_MEMBER_STATE_FORGOTTEN}}
	two.status.Version, two.status.Keys, two.status.Forgotten = "v2", 5, true
	two.status.Links[0].BehindEntries, two.status.Links[0].BehindBytes, two.status.Links[0].BehindExact = 3, 30, true

	status, stdout, stderr := kv("", "stat", "--all", "--servers="+one.address+",localhost:"+port)
	var lines []string
	for line := range strings.Lines(stdout) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	want := []string{
		"server address version started time keys bytes tombstones puts gets deletes dumps links up others behind by forgotten disk",
		"1 " + one.address + " never 0 0 0 0 0 0 0 0 1 of 2 0 entries, 0 bytes or more no",
		"2 " + two.address + " v2 never 0 5 0 0 0 0 0 0 1 of 1 3 entries, 30 bytes yes",
		"3 localhost:" + port + " never 0 0 0 0 0 0 0 0 0 of 2 0 entries, 0 bytes or more no",
		"9 " + away + " no answer",
		"12 nobody tells its address",
	}
	if got := strings.Join(lines, "\n"); status != exitUnreachable || got != strings.Join(want, "\n") || !strings.Contains(stderr, "kv: 1 of 4 servers did not answer: server 9, "+away+": nothing answers") {
		t.Errorf("status %d, printed\n%s\nand %q; want %d and\n%s", status, got, stderr, exitUnreachable, strings.Join(want, "\n"))
	}
	if n := one.asked.Load(); n != 1 {
		t.Errorf("server 1 was asked %d times; want once, whatever its addresses", n)
	}
	_, stdout, _ = kv("", "stat", "--all", "--output=json", "--servers="+one.address)
	if !strings.Contains(stdout, `{"server":9,"address":"`+away+`","error":"nothing answers`) || !strings.Contains(stdout, `{"server":12,"address":""}`) {
		t.Errorf("printed %s", stdout)
	}
}

const isMember = gossipkvpb.MemberState_MEMBER_STATE_MEMBER
