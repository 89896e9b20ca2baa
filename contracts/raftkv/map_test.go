package raftkv

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"

	"numstore.example/contracts/raftkvpb"
)

// show returns which servers each shard is asked of, the one of the moment marked.
func (m *shardMap) show() string {
	var shards []string
	for _, p := range m.places {
		servers := slices.Clone(p.servers)
		servers[p.current] += "!"
		shards = append(shards, strings.Join(servers, " "))
	}
	return strings.Join(shards, ", ")
}

// read returns the map that a text in the form of protobuf describes, of the Clerk that knows x:1 and y:1 and has asked y:1.
func read(t *testing.T, text string) (*shardMap, error) {
	t.Helper()
	topology := new(raftkvpb.TopologyResponse)
	if err := prototext.Unmarshal([]byte(text), topology); err != nil {
		t.Fatal(err)
	}
	return newMap(topology, []string{"x:1", "y:1"}, "y:1")
}

const threeNodes = `map_version: 4 placement: PLACEMENT_HASH nodes { id: 1 address: "a:1" } nodes { id: 2 address: "b:1" } nodes { id: 3 address: "c:1" } `

func TestMap(t *testing.T) {
	for text, want := range map[string]string{
		``: "x:1 y:1!", // a server without shards
		`nodes { id: 1 } shards { replicas: 1 leader: 1 }`:                                          "x:1 y:1!", // alone, without an address
		`nodes { id: 1 address: "a:1" } shards { replicas: 1 leader: 1 }`:                           "a:1! x:1 y:1",
		`nodes { id: 1 address: "a:1" } shards { replicas: 1 }`:                                     "a:1 x:1 y:1!", // no leader: the one that answers
		`nodes { id: 1 address: "no name" } shards { replicas: 1 leader: 1 }`:                       "x:1 y:1!",
		`nodes { id: 1 address: " x:1" } shards { replicas: 1 leader: 1 }`:                          "x:1! y:1",
		threeNodes + `shards { replicas: 1 replicas: 2 leader: 2 } shards { shard: 1 replicas: 3 }`: "b:1! a:1 x:1 y:1, c:1 x:1 y:1!",
		threeNodes + `shards { shard: 1 replicas: 1 leader: 1 } shards { replicas: 9 leader: 9 }`:   "x:1 y:1!, a:1! x:1 y:1",
	} {
		if m, err := read(t, text); err != nil || m.show() != want || !m.known {
			t.Errorf("%s: %v, %v; want %s", text, m, err, want)
		}
	}
	if got := unknownMap([]string{"x:1", "y:1"}).show(); got != "x:1! y:1" {
		t.Errorf("before there is a map: %s", got)
	}
}

func TestMap_refused(t *testing.T) {
	for text, want := range map[string]struct {
		code codes.Code
		says string
	}{
		`placement: 77 shards { } shards { shard: 1 }`:             {codes.Unimplemented, "the server y:1: the placement of keys number 77 is unknown"},
		`placement: PLACEMENT_HASH shards { } shards { }`:          {codes.Internal, "number 0 is one too many"},
		`placement: PLACEMENT_HASH shards { } shards { shard: 2 }`: {codes.Internal, "number 2 is one too many"},
		`placement: PLACEMENT_HASH shards { shard: 4294967295 }`:   {codes.Internal, "number 4294967295 is one too many"},
	} {
		if m, err := read(t, text); status.Code(err) != want.code || !strings.Contains(fmt.Sprint(err), want.says) {
			t.Errorf("%s: %v, %v; want %v that says %q", text, m, err, want.code, want.says)
		}
	}
}

// TestMap_shard: keys are where the cluster's rule has them; contracts/placement has the tests of the rules.
func TestMap_shard(t *testing.T) {
	const shards = ` shards { } shards { shard: 1 } shards { shard: 2 }`
	for _, test := range []struct {
		placement, key string
		want           int
		code           codes.Code
	}{
		{"PLACEMENT_HASH", "123456789", 0xcbf43926 % 3, codes.OK},
		{"PLACEMENT_HASH", "user:{123456789}", 0xcbf43926 % 3, codes.OK},
		{"PLACEMENT_NUMERIC", "-1", 2, codes.OK},
		{"PLACEMENT_NUMERIC", "seven", 0, codes.InvalidArgument},
	} {
		m, err := read(t, "placement: "+test.placement+shards)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := m.shard([]byte(test.key)); got != test.want || status.Code(err) != test.code {
			t.Errorf("%s has %q on shard %d, %v; want %d, %v", test.placement, test.key, got, err, test.want, test.code)
		}
	}
}

// TestMap_instead: of one cluster no older map is taken, and of another one the map that was told last.
func TestMap_instead(t *testing.T) {
	const one, other = `cluster_id: "0123456789abcdef" `, `cluster_id: "another cluster!" `
	usable := func(string) bool { return true }
	const old, smaller = ` shards { replicas: 1 leader: 1 } shards { shard: 1 replicas: 2 leader: 2 }`, ` shards { replicas: 3 }`
	for _, c := range []struct {
		name, had, told, want string
	}{
		{"older", one + threeNodes + old, one + `map_version: 3` + smaller, "a:1! x:1 y:1, b:1! x:1 y:1"},
		{"newer", one + threeNodes + old, one + `map_version: 5 nodes { id: 3 address: "c:1" }` + smaller, "c:1 x:1 y:1!"},
		{"of another cluster", one + threeNodes + old, other + `map_version: 1 nodes { id: 3 address: "c:1" }` + smaller, "c:1 x:1 y:1!"},
		{"older, of a server that does not tell", one + threeNodes + old, `map_version: 3` + smaller, "a:1! x:1 y:1, b:1! x:1 y:1"},
		{"older, of the first that tells", threeNodes + old, one + `map_version: 3` + smaller, "a:1! x:1 y:1, b:1! x:1 y:1"},
	} {
		had, err := read(t, c.had)
		if err != nil {
			t.Fatal(err)
		}
		told, err := read(t, c.told)
		if err != nil {
			t.Fatal(err)
		}
		if got := told.instead(had, usable); got.show() != c.want {
			t.Errorf("%s: %s; want %s", c.name, got.show(), c.want)
		}
	}
	had, _ := read(t, one+threeNodes+old)
	same, _ := read(t, threeNodes+old) // of a server that does not tell: it is the same cluster still
	foreign, _ := read(t, other+`map_version: 1`+smaller)
	if got := foreign.instead(same.instead(had, usable), usable); got != foreign {
		t.Errorf("the map of another cluster, after one of a server that does not tell, is not taken: %s", got.show())
	}
}

// TestMap_left: who could not answer for a shard is left for this shard alone, and the map before stays what it was.
func TestMap_left(t *testing.T) {
	const both = "shards { replicas: 1 replicas: 2 leader: 1 } shards { shard: 1 replicas: 1 replicas: 2 leader: 1 }"
	first, err := read(t, threeNodes+both)
	if err != nil {
		t.Fatal(err)
	}
	const before = "a:1! b:1 x:1 y:1, a:1! b:1 x:1 y:1"
	for _, test := range []struct {
		shard          int
		server, leader string
		want           string
	}{
		{1, "a:1", "", "a:1! b:1 x:1 y:1, a:1 b:1! x:1 y:1"},
		{1, "a:1", "y:1", "a:1! b:1 x:1 y:1, a:1 b:1 x:1 y:1!"},
		{0, "a:1", " new:1", "a:1 b:1 x:1 y:1 new:1!, a:1! b:1 x:1 y:1"},
		{0, "a:1", "no name", "a:1 b:1! x:1 y:1, a:1! b:1 x:1 y:1"},
		{0, "b:1", "y:1", before}, // another call was faster
		{7, "a:1", "b:1", "a:1 b:1! x:1 y:1, a:1! b:1 x:1 y:1"},
	} {
		if got := first.left(test.shard, test.server, test.leader, anybody).show(); got != test.want || first.show() != before {
			t.Errorf("left(%d, %q, %q): %s, and before it %s; want %s, and %s", test.shard, test.server, test.leader, got, first.show(), test.want, before)
		}
	}
	m := first
	for range 4 {
		m = m.left(0, m.server(0), "", anybody)
	}
	if m.show() != before {
		t.Errorf("after a turn of all servers: %s; want %s", m.show(), before)
	}
}

func anybody(string) bool { return true }

// TestMap_unusable: servers that nobody can use are passed over, unless there are no others.
func TestMap_unusable(t *testing.T) {
	first, err := read(t, threeNodes+"shards { replicas: 1 replicas: 2 replicas: 3 leader: 1 }")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ leader, unusable, want string }{
		{"", "b:1", "a:1 b:1 c:1! x:1 y:1"},
		{"", "b:1 c:1", "a:1 b:1 c:1 x:1! y:1"},
		{"", "a:1 b:1 c:1 x:1 y:1", "a:1 b:1! c:1 x:1 y:1"},
		{"b:1", "b:1", "a:1 b:1 c:1! x:1 y:1"},
		{"c:1", "b:1", "a:1 b:1 c:1! x:1 y:1"},
	} {
		m := first.left(0, "a:1", test.leader, func(server string) bool { return !strings.Contains(test.unusable, server) })
		if m.show() != test.want || m.astray() != (test.leader != "c:1") {
			t.Errorf("with the leader %q, and %q unusable: %s, astray: %t; want %s", test.leader, test.unusable, m.show(), m.astray(), test.want)
		}
	}
}
