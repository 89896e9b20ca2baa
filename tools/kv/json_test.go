package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"numstore.example/contracts/gossipkvpb"
	"numstore.example/contracts/raftkvpb"
)

// TestJSON: every command answers with objects, on a line each, and with no text about it.
func TestJSON(t *testing.T) {
	f := newService()
	flag := serve(t, f)
	file := filepath.Join(t.TempDir(), "b")
	check(t, flag, []step{
		{args: "put k v --output json", stdout: `{"key":"k","version":1,"existed":false}` + "\n"},
		{args: "put k <&> --previous --output json", stdout: `{"key":"k","version":2,"existed":true,"previous":"v"}` + "\n"},
		{args: "put new v --previous --output json", stdout: `{"key":"new","version":3,"existed":false}` + "\n"},
		{args: "append k \xff --output json", stdout: `{"key":"k","version":4,"existed":true}` + "\n"},
		{args: "append \xff 1 --previous --output json", stdout: `{"key_base64":"/w==","version":5,"existed":false}` + "\n"},
		{args: "get k --output json", stdout: `{"key":"k","value_base64":"PCY+/w==","version":4}` + "\n"},
		{args: "get k --version --output json", stdout: `{"key":"k","version":4}` + "\n"},
		{args: "get 6e6577 --hex --output json", stdout: `{"key":"new","value":"v","version":3}` + "\n"},
		{args: "scan --output json", stdout: `{"key":"k","value_base64":"PCY+/w==","version":4}` + "\n" + `{"key":"new","value":"v","version":3}` + "\n" + `{"key_base64":"/w==","value":"1","version":5}` + "\n"},
		{args: "scan n --keys-only --output json", stdout: `{"key":"new","version":3}` + "\n"},
		{args: "count --output json", stdout: `{"keys":3}` + "\n"},
		{args: "delete new --output json", stdout: `{"key":"new","existed":true}` + "\n"},
		{args: "delete \xff --previous --output json", stdout: `{"key_base64":"/w==","existed":true,"previous":"1"}` + "\n"},
		{args: "delete --prefix k --yes --output json", stdout: `{"prefix":"k","removed":1}` + "\n"},
		{args: "batch --output json", input: "put a 1\nappend a 2\ndelete a\ndelete a\n", stdout: `{"key":"a","version":6,"existed":false}` + "\n" + `{"key":"a","version":7,"existed":true}` + "\n" + `{"key":"a","existed":true}` + "\n" + `{"key":"a","existed":false}` + "\n"},
		{args: "backup " + file + " --output json"},
		{args: "compact --output json"},
		{args: "shutdown --output json"},
	})
	check(t, servePictured(t), []step{
		{args: "topology --output json", stdout: `{"map_version":7,"placement":"hash","nodes":[{"id":1,"address":""},{"id":2,"address":"127.0.0.1:1"}],"shards":[{"shard":0,"replicas":[1,2],"leader":2},{"shard":1,"replicas":[2],"leader":0}],"cluster_id":"MDEyMzQ1Njc4OWFiY2RlZg=="}` + "\n"},
	})
}

// TestJSON_stat: the fields are those of the contract, numbers are numbers, and those to come are there as well.
func TestJSON_stat(t *testing.T) {
	status, stdout, stderr := kv("", "stat", "--output=json", servePictured(t))
	var got map[string]any
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || status != exitOK || strings.Count(stdout, "\n") != 1 {
		t.Fatalf("status %d, printed %q and %q: %v", status, stdout, stderr, err)
	}
	fields := new(raftkvpb.StatResponse).ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		if f := fields.Get(i); f.Message() == nil || f.IsList() {
			if _, there := got[string(f.Name())]; !there {
				t.Errorf("%s is not in %s", f.Name(), stdout)
			}
		}
	}
	shard := got["shards"].([]any)[0].(map[string]any)
	if got["start_time"] != "2026-11-21T10:00:00Z" || got["keys"] != 42.0 || shard["role"] != "leader" || shard["applied_index"] != 99.0 || got["limits"].(map[string]any)["key"] != 1024.0 {
		t.Errorf("printed %s", stdout)
	}
}

// TestJSON_errors: so are errors.
func TestJSON_errors(t *testing.T) {
	flag := serve(t, newService())
	check(t, flag, []step{
		{args: "get no --output json", status: 1, stderr: `{"error":"the key 'no' does not exist","status":1,"missing":true}` + "\n"},
		{args: "put k v --expect-version 7 --output json", status: 1, stderr: `"status":1,"code":"FAILED_PRECONDITION"}` + "\n"},
		{args: "get k --hex --output json", status: 2, stderr: `{"error":"--hex: `},
		{args: "delete \xff --output json", status: 1, stderr: `{"error":"the key $'\\xff' does not exist","status":1,"missing":true}` + "\n"},
		{args: "batch --output json", input: "put a 1\nput refused/b 2\n", status: 1, stderr: `"code":"INVALID_ARGUMENT"`},
		{args: "--output json pipe", status: 2, stderr: `{"error":"kv pipe has a form of its own`},
	})
	check(t, nobody, []step{{args: "get k --output json --timeout 100ms", status: 3, stderr: `"status":3,"code":"DEADLINE_EXCEEDED"}`}})
}

// TestWord: a value of an enumeration is a word, however many words the enumeration's name has.
func TestWord(t *testing.T) {
	for value, want := range map[protoreflect.Enum]string{
		raftkvpb.Role_ROLE_LEADER: "leader", raftkvpb.Role_ROLE_UNSPECIFIED: "unspecified", raftkvpb.MemberRole_MEMBER_ROLE_VOTER: "voter",
		gossipkvpb.MemberState_MEMBER_STATE_REPLACED: "replaced", gossipkvpb.Outcome_OUTCOME_DEPENDENCY_NOT_MET: "dependency_not_met",
	} {
		if got := word(value.Descriptor().Values().ByNumber(value.Number())); got != want {
			t.Errorf("%v is %q; want %q", value, got, want)
		}
	}
}
