package server

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/placement"
	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/shard"
)

// changing is a node of a made-up cluster whose members change as it is asked.
type changing struct {
	*clusterOf
	progress []node.MemberProgress // of the shards that it leads
	learned  []shard.Node
	taken    []shard.Step
	fails    error
}

func (c *changing) ID() shard.NodeID { return c.self }

func (c *changing) Learn(m shard.Cluster) error {
	merged, _ := c.Cluster().Merge(m)
	for _, row := range merged.Nodes {
		if before, _ := c.Cluster().Row(row.ID); before != row {
			c.learned = append(c.learned, row)
		}
	}
	c.set(&merged)
	return nil
}

func (c *changing) ChangeMembers(_ context.Context, s shard.ID, step shard.Step) error {
	if c.fails != nil {
		return c.fails
	}
	c.taken = append(c.taken, step)
	m := *c.Cluster()
	m.Shards = append([]shard.Members(nil), m.Shards...)
	m.Shards[s] = m.Shards[s].After(step)
	c.set(&m)
	return nil
}

func (c *changing) Progress(context.Context, shard.ID) ([]node.MemberProgress, error) {
	return c.progress, nil
}

// startChanging starts a harness whose node, 1, leads shard 0, which the nodes 1 and 2 have, and shard 2, which 3 and 1 have.
func startChanging(t *testing.T, world map[string]Identity) (*harness, *changing) {
	c := &changing{clusterOf: &clusterOf{self: 1, leaders: []shard.NodeID{1, 2, 1}, m: mapOf(t, placement.Hash)}}
	c.progress = []node.MemberProgress{{ID: 1, Match: 100, Answers: true}, {ID: 2, Match: 90, Answers: true}, {ID: 3, Match: 80}}
	c.groups = make([]node.Group, 3)
	return start(t, func(config *Config) {
		allowAll(config)
		config.cluster, config.members = c.clusterOf, c
		config.Identify = func(_ context.Context, address string) (Identity, error) {
			who, ok := world[address]
			if !ok {
				return who, errors.New("nobody is there")
			}
			return who, nil
		}
	}, nil), c
}

// TestListMembers: the map is told with all that was ever in it, and of the shards that the server leads how far the members are.
func TestListMembers(t *testing.T) {
	h, c := startChanging(t, nil)
	m := *c.Cluster()
	m.Shards = append([]shard.Members(nil), m.Shards...)
	step := shard.Step{Version: 1, Kind: shard.Begin, Learner: &shard.Learner{Member: shard.Member{ID: shard.MemberOf(3, 0), Store: shard.StoreID{9}}, Replaces: 2}}
	m.Shards[0] = m.Shards[0].After(step)
	step.Learner = &shard.Learner{Member: shard.Member{ID: 1, Store: shard.StoreID{}}, Replaces: 2}
	m.Shards[1] = m.Shards[1].After(step).After(shard.Step{Kind: shard.Promote})
	m = m.With(shard.Node{ID: 4, Store: shard.StoreID{4}}.Left())
	c.set(&m)
	list, err := h.admin.ListMembers(withToken(t), &raftkvpb.ListMembersRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if list.GetMapVersion() != m.Version() || string(list.GetClusterId()) != string(m.ID[:]) || len(list.GetNodes()) != 4 || !list.GetNodes()[3].GetGone() ||
		list.GetNodes()[1].GetAddress() != "n2:6000" || len(list.GetDeadStores()) != 1 {
		t.Errorf("%v", list)
	}
	describe := func(s *raftkvpb.ShardMembers) (all []string) {
		for _, member := range s.GetMembers() {
			all = append(all, fmt.Sprintf("%d %s %d %d %t %t", member.GetNode(), strings.TrimPrefix(member.GetRole().String(), "MEMBER_ROLE_"),
				member.GetReplaces(), member.GetProgress().GetBehind(), member.GetProgress().GetAnswers(), member.GetProgress() != nil))
		}
		return all
	}
	for s, want := range [][]string{
		{"1 VOTER 0 0 true true", "2 VOTER 0 10 true true", "3 LEARNER 2 20 false true"},
		{"1 VOTER 0 0 false false", "3 VOTER 0 0 false false", "2 LEAVING 0 0 false false"},
	} {
		if got := describe(list.GetShards()[s]); !reflect.DeepEqual(got, want) {
			t.Errorf("shard %d: %q; want %q", s, got, want)
		}
	}
	if topology, err := h.Topology(t.Context(), &raftkvpb.TopologyRequest{}); err != nil || len(topology.GetNodes()) != 3 {
		t.Errorf("a client is told of a node that is gone: %v, %v", topology, err)
	}
}

// TestChangeMember is the table of what can be asked of a shard's leader, and what comes of it.
func TestChangeMember(t *testing.T) {
	other := mapOf(t, placement.Hash)
	other.ID = shard.ClusterID{99}
	stores := func(id byte) shard.StoreID { return shard.StoreID{id} }
	world := map[string]Identity{
		"new:1":     {Node: 4, Store: stores(40)},
		"fresh3:1":  {Node: 3, Store: stores(30)},
		"fresh2:1":  {Node: 2, Store: stores(20)},
		"n2:6000":   {Node: 2, Store: stores(1)}, // as the map has it
		"dead:1":    {Node: 4, Store: stores(66)},
		"foreign:1": {Node: 4, Store: stores(40), Cluster: other},
	}
	replace := func(id uint64, with *raftkvpb.NewMember) *raftkvpb.ChangeMemberRequest {
		return &raftkvpb.ChangeMemberRequest{Change: &raftkvpb.ChangeMemberRequest_Replace{Replace: &raftkvpb.ReplaceMember{Node: id, With: with}}}
	}
	add := func(with *raftkvpb.NewMember) *raftkvpb.ChangeMemberRequest {
		return &raftkvpb.ChangeMemberRequest{Change: &raftkvpb.ChangeMemberRequest_Add{Add: with}}
	}
	on := func(s uint32, request *raftkvpb.ChangeMemberRequest) *raftkvpb.ChangeMemberRequest {
		request.Shard = s
		return request
	}
	remove := &raftkvpb.ChangeMemberRequest{Change: &raftkvpb.ChangeMemberRequest_Remove{Remove: 2}}
	rebuild := func(id uint64) *raftkvpb.ChangeMemberRequest {
		return &raftkvpb.ChangeMemberRequest{Change: &raftkvpb.ChangeMemberRequest_Rebuild{Rebuild: id}}
	}
	cancel := &raftkvpb.ChangeMemberRequest{Change: &raftkvpb.ChangeMemberRequest_Cancel{Cancel: &raftkvpb.CancelChange{}}}
	learner := func(id shard.NodeID, incarnation uint32, store byte, replaces shard.MemberID) *shard.Learner {
		return &shard.Learner{Member: shard.Member{ID: shard.MemberOf(id, incarnation), Store: stores(store)}, Replaces: replaces}
	}
	for name, c := range map[string]struct {
		request *raftkvpb.ChangeMemberRequest
		fails   error
		learner *shard.Learner // of the step, if it begins something
		kind    shard.StepKind
		learned string // of whom, where
		code    codes.Code
		says    string
	}{
		"a new node in another's place":          {request: replace(2, &raftkvpb.NewMember{Id: 4, Address: "new:1"}), kind: shard.Begin, learner: learner(4, 0, 40, 2), learned: "4 new:1"},
		"a new node more":                        {request: add(&raftkvpb.NewMember{Id: 4, Address: "new:1"}), kind: shard.Begin, learner: learner(4, 0, 40, 0), learned: "4 new:1"},
		"a node that is known":                   {request: add(&raftkvpb.NewMember{Id: 3}), kind: shard.Begin, learner: learner(3, 0, 2, 0)},
		"the same number with another folder":    {request: on(2, replace(3, &raftkvpb.NewMember{Id: 3, Address: "fresh3:1"})), code: codes.FailedPrecondition, says: "2 voters, of which 1 answer beside node 3"},
		"a removal":                              {request: remove, kind: shard.Remove},
		"a rebuilding":                           {request: rebuild(2), kind: shard.Begin, learner: learner(2, 1, 1, 2)},
		"nothing to take back":                   {request: cancel, code: codes.FailedPrecondition, says: "no change of the members is under way"},
		"no change":                              {request: &raftkvpb.ChangeMemberRequest{}, code: codes.InvalidArgument, says: "replace, add, remove, rebuild or cancel"},
		"a shard that there is not":              {request: on(9, rebuild(2)), code: codes.InvalidArgument, says: "there is no shard 9"},
		"a shard of another leader":              {request: on(1, rebuild(2)), code: codes.Unavailable, says: "ask its leader"},
		"a node without a replica":               {request: replace(3, &raftkvpb.NewMember{Id: 4, Address: "new:1"}), code: codes.FailedPrecondition, says: "node 3 has no replica of shard 0; those that vote are on the nodes [1 2]"},
		"a node that has a replica":              {request: add(&raftkvpb.NewMember{Id: 2}), code: codes.FailedPrecondition, says: "node 2 has a replica already"},
		"nobody there":                           {request: add(&raftkvpb.NewMember{Id: 4, Address: "void:1"}), code: codes.FailedPrecondition, says: "cannot be reached at void:1: nobody is there"},
		"another node there":                     {request: add(&raftkvpb.NewMember{Id: 5, Address: "new:1"}), code: codes.FailedPrecondition, says: "at new:1 there is node 4, not 5"},
		"a store that must not come back":        {request: add(&raftkvpb.NewMember{Id: 4, Address: "dead:1"}), code: codes.FailedPrecondition, says: "must not come back"},
		"a node of another cluster":              {request: add(&raftkvpb.NewMember{Id: 4, Address: "foreign:1"}), code: codes.FailedPrecondition, says: "of another cluster"},
		"a known number with another folder":     {request: add(&raftkvpb.NewMember{Id: 3, Address: "fresh3:1"}), code: codes.FailedPrecondition, says: "kv member replace 3 --with 3=fresh3:1"},
		"an unknown number without an address":   {request: add(&raftkvpb.NewMember{Id: 4}), code: codes.InvalidArgument, says: "must say where it is"},
		"no number":                              {request: add(nil), code: codes.InvalidArgument, says: "cannot have the number 0"},
		"the same number with its own folder":    {request: replace(2, &raftkvpb.NewMember{Id: 2}), code: codes.FailedPrecondition, says: "kv member rebuild 2"},
		"the same number while the old one runs": {request: replace(2, &raftkvpb.NewMember{Id: 2, Address: "fresh2:1"}), code: codes.FailedPrecondition, says: "still runs at n2:6000"},
		"the node refuses":                       {request: rebuild(2), fails: errors.New("no majority"), code: codes.FailedPrecondition, says: "no majority; nothing was changed"},
		"the leadership is lost before":          {request: rebuild(2), fails: &node.NotLeader{Leader: 2}, code: codes.Unavailable, says: "nothing happened: ask its leader"},
		"the leadership is lost meanwhile":       {request: rebuild(2), fails: node.ErrDeposed, code: codes.Unavailable, says: "the change may have begun"},
	} {
		t.Run(name, func(t *testing.T) {
			h, node := startChanging(t, world)
			m := *node.Cluster()
			m.Dead = []shard.StoreID{stores(66)}
			node.set(&m)
			node.fails = c.fails
			response, err := h.admin.ChangeMember(withToken(t), c.request)
			if status.Code(err) != c.code || !strings.Contains(status.Convert(err).Message(), c.says) {
				t.Fatalf("%v; want %v, %q", err, c.code, c.says)
			}
			if err != nil {
				if len(node.taken) > 0 || len(node.learned) > 0 {
					t.Errorf("%v was done and %v learned all the same", node.taken, node.learned)
				}
				return
			}
			step := node.taken[0]
			if response.GetVersion() != 2 || step.Version != 1 || step.Kind != c.kind || !reflect.DeepEqual(step.Learner, c.learner) {
				t.Errorf("version %d, %+v with %+v; want %s with %+v", response.GetVersion(), step, step.Learner, c.kind, c.learner)
			}
			learned := ""
			for _, row := range node.learned {
				learned += fmt.Sprint(row.ID, " ", row.Address)
			}
			if learned != c.learned {
				t.Errorf("learned of %q; want %q", learned, c.learned)
			}
		})
	}
}

// TestChangeMember_again: a node that lost its folder takes its own place, shard after shard, with the one that it has now; the
// store that it had is dead.
func TestChangeMember_again(t *testing.T) {
	h, c := startChanging(t, map[string]Identity{"n3:6000": {Node: 3, Store: shard.StoreID{30}}})
	old, _ := c.Cluster().Node(3)
	m := *c.Cluster()
	m.Shards = append([]shard.Members(nil), m.Shards...)
	m.Shards[0].Members = append(m.Shards[0].Members, shard.Member{ID: 3, Store: old.Store})
	m.Shards[2].Members = append(m.Shards[2].Members, shard.Member{ID: 2, Store: m.Nodes[1].Store})
	c.set(&m)
	for _, s := range []uint32{0, 2} {
		_, err := h.admin.ChangeMember(withToken(t), &raftkvpb.ChangeMemberRequest{Shard: s, Change: &raftkvpb.ChangeMemberRequest_Replace{
			Replace: &raftkvpb.ReplaceMember{Node: 3, With: &raftkvpb.NewMember{Id: 3, Address: "n3:6000"}},
		}})
		if err != nil {
			t.Fatalf("shard %d: %v", s, err)
		}
		if learner := c.Cluster().Shards[s].Learner; learner == nil || learner.Store != (shard.StoreID{30}) || learner.ID != shard.MemberOf(3, 1) || learner.Replaces != shard.MemberOf(3, 0) {
			t.Errorf("shard %d: the learner is %+v", s, learner)
		}
	}
	if len(c.learned) != 1 || !c.Cluster().Buried(old.Store) {
		t.Errorf("learned %v, dead %v", c.learned, c.Cluster().Dead)
	}
}

// TestForgetNode: a node is forgotten when no shard has anything on it, and nobody knows better.
func TestForgetNode(t *testing.T) {
	h, c := startChanging(t, nil)
	m := c.Cluster().With(shard.Node{ID: 4}.Replaced(shard.StoreID{4}, "n4:6000"))
	c.set(&m)
	for _, f := range []struct {
		request *raftkvpb.ForgetNodeRequest
		code    codes.Code
		says    string
	}{
		{&raftkvpb.ForgetNodeRequest{Node: 4, MapVersion: m.Version() + 1}, codes.Unavailable, "try again in a moment"},
		{&raftkvpb.ForgetNodeRequest{Node: 2}, codes.FailedPrecondition, "node 2 has replicas of 2 shards, 0 for one"},
		{&raftkvpb.ForgetNodeRequest{Node: 1}, codes.FailedPrecondition, "ask another one"},
		{&raftkvpb.ForgetNodeRequest{Node: 9}, codes.FailedPrecondition, "no node 9"},
		{&raftkvpb.ForgetNodeRequest{Node: 4, MapVersion: m.Version()}, codes.OK, ""},
		{&raftkvpb.ForgetNodeRequest{Node: 4}, codes.OK, ""}, // again
	} {
		_, err := h.admin.ForgetNode(withToken(t), f.request)
		if status.Code(err) != f.code || !strings.Contains(status.Convert(err).Message(), f.says) {
			t.Errorf("%v: %v; want %v, %q", f.request, err, f.code, f.says)
		}
	}
	if row, ok := c.Cluster().Row(4); !ok || !row.Gone || !c.Cluster().Buried(row.Store) || len(c.learned) != 1 {
		t.Errorf("node 4 is %+v; learned %v", row, c.learned)
	}
}
