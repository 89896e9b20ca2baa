package compat

import (
	"bytes"
	"fmt"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"numstore.example/compat/internal/pyenv"
	"numstore.example/contracts/raftkvpb"
)

// performInto performs a call that must be answered with one reply.
func performInto(t *testing.T, performer *kvPerformer, call, request string, reply proto.Message) {
	t.Helper()
	answer := performer.perform(t, call, request)
	if len(answer.Replies) != 1 {
		t.Fatalf("%s %s was answered with %+v", call, request, answer)
	}
	if err := prototext.Unmarshal([]byte(answer.Replies[0]), reply); err != nil {
		t.Fatal(err)
	}
}

// TestRaftkv_stat: the server counts what it was asked, and tells its limits and its one shard.
func TestRaftkv_stat(t *testing.T) {
	eachRaftkvPython(t, func(t *testing.T, open func(t *testing.T, flags ...string) restartable, python pyenv.Python) {
		performer := startPerformer(t, python, open(t, "--max-key=64").port(), "stub")
		for _, call := range [][2]string{
			{"Put", `key: "A" value: "12345" request_id { client_id: "some client here" sequence: 1 }`},
			{"Put", `key: "A" value: "123" request_id { client_id: "some client here" sequence: 2 }`},
			{"Append", `key: "BC" value: "1234"`},
			{"Batch", `writes { put { key: "D" } } writes { delete { key: "D" } }`},
			{"Pipeline", `operations { get { key: "A" } } operations { get { key: "B" } }`},
			{"Scan", ``},
		} {
			performer.perform(t, call[0], call[1])
		}
		var stat raftkvpb.StatResponse
		performInto(t, performer, "Stat", "", &stat)
		if stat.GetStartTime().AsTime().IsZero() || stat.GetShards()[0].GetTerm() == 0 || stat.GetShards()[0].GetAppliedIndex() == 0 || stat.GetShards()[0].GetCommitIndex() == 0 || stat.GetDisk().GetFree() == 0 || stat.GetVersion() == "" {
			t.Errorf("Stat says %v", &stat)
		}
		if took := [2]uint64{sum(stat.GetGetsTook().GetCounts()), sum(stat.GetWritesTook().GetCounts())}; took != [2]uint64{2, 5} {
			t.Errorf("Stat tells of %d gets and %d writes how long they took; want 2 and 5", took[0], took[1])
		}
		stat.GetsTook, stat.WritesTook = nil, nil
		stat.StartTime, stat.Version, stat.Shards[0].Term, stat.Shards[0].AppliedIndex, stat.Shards[0].CommitIndex, stat.Disk.Free = nil, "", 0, 0, 0, 0
		want := `sets:3 gets:2 appends:1 deletes:1 scans:1 keys:2 bytes:10 sessions:1
			limits:{key:64 value:16777216 message:33554432} shards:{role:ROLE_LEADER leader:1} disk:{}`
		checkText(t, "Stat", &stat, want)

		var topology raftkvpb.TopologyResponse
		performInto(t, performer, "Topology", "", &topology)
		if id := topology.GetClusterId(); len(id) != 16 || bytes.Equal(id, make([]byte, 16)) {
			t.Errorf("the cluster has the id %x; want 16 random bytes", id)
		}
		topology.ClusterId = nil
		checkText(t, "Topology", &topology, `map_version:1 placement:PLACEMENT_HASH nodes:{id:1} shards:{replicas:1 leader:1}`)
	})
}

func sum(counts []uint64) (total uint64) {
	for _, n := range counts {
		total += n
	}
	return total
}

// checkText compares a message with one in the text format.
func checkText(t *testing.T, what string, got proto.Message, text string) {
	t.Helper()
	want := got.ProtoReflect().New().Interface()
	if err := prototext.Unmarshal([]byte(text), want); err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(got, want) {
		t.Errorf("%s says %v; want %v", what, got, want)
	}
}

// TestRaftkv_restart: a server that was killed has everything when it is started again, in the same folder
// or container: keys, versions, and what it answered to whom.
func TestRaftkv_restart(t *testing.T) {
	const (
		appendCall = `key: "A" value: "b" request_id { client_id: "some client here" sequence: 2 }`
		backCall   = `key: "A" value: "b" request_id { client_id: "some client here" sequence: 1 }`
	)
	eachRaftkv(t, func(t *testing.T, open func(t *testing.T, flags ...string) restartable) {
		python, server := python(t, "newest"), open(t)
		before := startPerformer(t, python, server.port(), "stub")
		before.perform(t, "Put", `key: "A" value: "a" request_id { client_id: "some client here" sequence: 1 }`)
		appended := before.perform(t, "Append", appendCall)
		all := before.perform(t, "Scan", "")
		for range 2 {
			server.kill(t)
			server.start(t)
			after := startPerformer(t, python, server.port(), "stub")
			if again := after.perform(t, "Append", appendCall); fmt.Sprint(again) != fmt.Sprint(appended) {
				t.Errorf("the repeated append was answered with %v; want %v", again, appended)
			}
			if old := after.perform(t, "Append", backCall); old.Code != "ABORTED" {
				t.Errorf("an old append was answered with %v; want ABORTED", old)
			}
			if scanned := after.perform(t, "Scan", ""); len(all.Replies) != 1 || fmt.Sprint(scanned) != fmt.Sprint(all) {
				t.Errorf("after a restart there is %v; want %v", scanned, all)
			}
		}
	})
}

// TestKVStep_check shows what a script notices.
func TestKVStep_check(t *testing.T) {
	for _, test := range []struct {
		call, want string
		got        kvAnswer
		good       bool
	}{
		{"Get", `found: true value: "a" version: v2`, kvAnswer{Replies: []string{`found: true value: "a" version: 7`}}, true},
		{"Get", `found: true value: "a" version: v1`, kvAnswer{Replies: []string{`found: true value: "a" version: 5`}}, true},
		{"Get", `found: true value: "a" version: v1`, kvAnswer{Replies: []string{`found: true value: "a" version: 7`}}, false},
		{"Get", `found: true value: "a" version: v2`, kvAnswer{Replies: []string{`found: true value: "a" version: 5`}}, false},
		{"Get", `found: true value: "a"`, kvAnswer{Replies: []string{`found: true value: "a" version: 7`}}, false},
		{"Get", `found: true value: "a" version: v2`, kvAnswer{Replies: []string{`found: true value: "a"`}}, false},
		{"Get", `found: true value: "a" version: v2`, kvAnswer{Replies: []string{`found: true value: "b" version: 7`}}, false},
		{"Get", `found: true value: "a" version: v2`, kvAnswer{Code: "INTERNAL", Message: "x"}, false},
		{"Get", `ABORTED "an old"`, kvAnswer{Code: "ABORTED", Message: "an old one"}, true},
		{"Get", `ABORTED "an old"`, kvAnswer{Code: "ABORTED", Message: "a new one"}, false},
		{"Get", `ABORTED "an old"`, kvAnswer{Code: "INTERNAL", Message: "an old one"}, false},
		{"Get", `ABORTED "an old"`, kvAnswer{Replies: []string{""}}, false},
		{"Scan", `pairs { key: "a" } pairs { key: "b" }`, kvAnswer{Replies: []string{`pairs { key: "a" }`, `pairs { key: "b" }`}}, true},
		{"Scan", `pairs { key: "a" } pairs { key: "b" }`, kvAnswer{Replies: []string{`pairs { key: "b" }`, `pairs { key: "a" }`}}, false},
		{"Scan", ``, kvAnswer{Replies: []string{`pairs { key: "b" }`}}, false},
		{"Pipeline", `answers { tag: 1 get {} } answers { tag: 2 error { code: 3 message: "empty" } }`,
			kvAnswer{Replies: []string{`answers { tag: 2 error { code: 3 message: "it is empty" } }`, `answers { tag: 1 get {} }`}}, true},
		{"Pipeline", `answers { tag: 2 error { code: 3 message: "full" } }`,
			kvAnswer{Replies: []string{`answers { tag: 2 error { code: 3 message: "it is empty" } }`}}, false},
	} {
		step := kvStep{line: test.want, call: test.call}
		step.expect(test.want)
		if err := step.check(test.got, versions{"v1": 5}); (err == nil) != test.good {
			t.Errorf("%q with the answer %+v: %v", test.want, test.got, err)
		}
	}
}
