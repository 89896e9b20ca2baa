package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"numstore.example/contracts/raftkvpb"
)

// group is a cluster that there is not, whose members change as they are told. A change takes some looks: its learner gets the
// state, is behind, votes beside the one that leaves, which is gone then.
type group struct {
	mu      sync.Mutex
	list    *raftkvpb.ListMembersResponse
	changes []string            // what was asked
	looks   int                 // since the last step
	refuse  []error             // what the next changes are refused with
	stuck   bool                // learners do not catch up
	damaged map[uint64][]uint32 // the shards of which a node\'s replica is damaged
}

// seat is one server of a group.
type seat struct {
	raftkvpb.UnimplementedRaftKVServer
	raftkvpb.UnimplementedRaftKVAdminServer
	*group
	id uint64
}

func storeID(node uint64, n byte) []byte { return append(make([]byte, 14), byte(node), n) }

// startGroup starts a server for each node of a cluster in which these nodes have the shards, the first of each leads. The flag names
// the first server.
func startGroup(t *testing.T, nodes int, shards ...[]uint64) (g *group, flag string) {
	g = &group{list: &raftkvpb.ListMembersResponse{ClusterId: make([]byte, 16), MapVersion: 1}}
	for id := uint64(1); id <= uint64(nodes); id++ {
		g.list.Nodes = append(g.list.Nodes, &raftkvpb.ClusterNode{Id: id, Address: g.serve(t, id), Store: storeID(id, 0)})
	}
	for i, holding := range shards {
		s := &raftkvpb.ShardMembers{Shard: uint32(i), Version: 1, Leader: holding[0]}
		for _, id := range holding {
			s.Members = append(s.Members, &raftkvpb.Member{Node: id, Store: storeID(id, 0), Role: voter})
		}
		g.list.Shards = append(g.list.Shards, s)
	}
	return g, "--servers=" + g.list.Nodes[0].Address
}

func (g *group) serve(t *testing.T, id uint64) (address string) {
	server := newServer(t)
	s := &seat{group: g, id: id}
	raftkvpb.RegisterRaftKVServer(server, s)
	raftkvpb.RegisterRaftKVAdminServer(server, s)
	return strings.TrimPrefix(answer(t, server, "tcp", "localhost:0"), "--servers=")
}

func (s *seat) Topology(context.Context, *raftkvpb.TopologyRequest) (*raftkvpb.TopologyResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	topology := &raftkvpb.TopologyResponse{MapVersion: s.list.MapVersion}
	for _, n := range s.list.Nodes {
		topology.Nodes = append(topology.Nodes, &raftkvpb.Node{Id: n.Id, Address: n.Address})
	}
	return topology, nil
}

func (s *seat) Stat(context.Context, *raftkvpb.StatRequest) (*raftkvpb.StatResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stat := new(raftkvpb.StatResponse)
	for _, shard := range s.damaged[s.id] {
		stat.Damages = append(stat.Damages, &raftkvpb.Damage{Shard: shard})
	}
	return stat, nil
}

// ListMembers tells all, and of the shards that the server leads how far the members are.
func (s *seat) ListMembers(context.Context, *raftkvpb.ListMembersRequest) (*raftkvpb.ListMembersResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, shard := range s.list.Shards {
		if shard.Leader == s.id {
			s.goOn(shard)
		}
	}
	list := proto.CloneOf(s.list)
	for _, shard := range list.Shards {
		for _, m := range shard.Members {
			if shard.Leader == s.id {
				m.Progress = &raftkvpb.MemberProgress{Answers: true, MatchIndex: 100}
				if m.Role == learner {
					m.Progress.Behind = 7
				}
			}
		}
	}
	return list, nil
}

// goOn takes the next step of a change, at each second look.
func (g *group) goOn(s *raftkvpb.ShardMembers) {
	l := first(s, learner)
	if l == nil && first(s, leaving) == nil || g.stuck {
		return
	}
	if g.looks++; g.looks < 2 {
		return
	}
	g.looks = 0
	s.Version++
	if l == nil {
		s.Members = slices.DeleteFunc(s.Members, func(m *raftkvpb.Member) bool { return m.Role == leaving })
		return
	}
	l.Role = voter
	at := slices.IndexFunc(s.Members, func(m *raftkvpb.Member) bool { return m != l && m.Node == l.Replaces && m.Role == voter })
	if at < 0 {
		return
	}
	s.Members[at].Role = leaving
	if s.Leader == s.Members[at].Node {
		s.Leader = l.Node
	}
	s.Members[at], s.Members[len(s.Members)-1] = l, s.Members[at]
}

func (s *seat) ChangeMember(_ context.Context, r *raftkvpb.ChangeMemberRequest) (*raftkvpb.ChangeMemberResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	shard := s.list.Shards[r.Shard]
	if shard.Leader != s.id {
		return nil, status.Error(codes.Unavailable, "ask its leader")
	}
	if len(s.refuse) > 0 {
		err := s.refuse[0]
		s.refuse = s.refuse[1:]
		return nil, err
	}
	switch c := r.GetChange().(type) {
	case *raftkvpb.ChangeMemberRequest_Replace:
		return s.learn(shard, c.Replace.With, c.Replace.Node, fmt.Sprintf("replace %d %d=%s", c.Replace.Node, c.Replace.With.Id, c.Replace.With.Address))
	case *raftkvpb.ChangeMemberRequest_Add:
		return s.learn(shard, c.Add, 0, fmt.Sprintf("add %d=%s", c.Add.Id, c.Add.Address))
	case *raftkvpb.ChangeMemberRequest_Rebuild:
		return s.learn(shard, &raftkvpb.NewMember{Id: c.Rebuild}, c.Rebuild, fmt.Sprintf("rebuild %d", c.Rebuild))
	case *raftkvpb.ChangeMemberRequest_Cancel:
		shard.Members = slices.DeleteFunc(shard.Members, func(m *raftkvpb.Member) bool { return m.Role == learner })
		s.note(shard, "cancel")
	case *raftkvpb.ChangeMemberRequest_Remove:
		shard.Members = slices.DeleteFunc(shard.Members, func(m *raftkvpb.Member) bool { return m.Node == c.Remove })
		s.note(shard, fmt.Sprintf("remove %d", c.Remove))
	}
	return &raftkvpb.ChangeMemberResponse{Version: shard.Version}, nil
}

func (g *group) note(s *raftkvpb.ShardMembers, what string) {
	s.Version++
	g.list.MapVersion++
	g.changes = append(g.changes, fmt.Sprintf("%d: %s", s.Shard, what))
}

// learn begins a change. A node that the group does not know, or that has another folder than it knows, becomes known.
func (g *group) learn(s *raftkvpb.ShardMembers, with *raftkvpb.NewMember, replaces uint64, what string) (*raftkvpb.ChangeMemberResponse, error) {
	at := slices.IndexFunc(g.list.Nodes, func(n *raftkvpb.ClusterNode) bool { return n.Id == with.Id })
	if at < 0 {
		g.list.Nodes = append(g.list.Nodes, &raftkvpb.ClusterNode{Id: with.Id, Address: with.Address, Store: storeID(with.Id, 0)})
		at = len(g.list.Nodes) - 1
	}
	n := g.list.Nodes[at]
	if with.Id == replaces && with.Address != "" && n.Store[15] == 0 {
		g.list.DeadStores = append(g.list.DeadStores, n.Store)
		n.Store = storeID(with.Id, 1)
	}
	var incarnation uint32
	if old := member(s, with.Id, voter); old != nil {
		incarnation = old.Incarnation + 1
	}
	s.Members = append(s.Members, &raftkvpb.Member{Node: with.Id, Incarnation: incarnation, Store: n.Store, Role: learner, Replaces: replaces})
	g.looks = 0
	g.note(s, what)
	return &raftkvpb.ChangeMemberResponse{Version: s.Version}, nil
}

func (s *seat) ForgetNode(_ context.Context, r *raftkvpb.ForgetNodeRequest) (*raftkvpb.ForgetNodeResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Node == s.id {
		return nil, status.Error(codes.FailedPrecondition, "ask another one")
	}
	for _, n := range s.list.Nodes {
		if n.Id == r.Node {
			n.Gone = true
		}
	}
	s.changes = append(s.changes, fmt.Sprintf("forget %d", r.Node))
	return new(raftkvpb.ForgetNodeResponse), nil
}

// holding returns who has each shard, in short.
func (g *group) holding() (all []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range g.list.Shards {
		var words []string
		for _, m := range s.Members {
			word := fmt.Sprint(m.Node)
			if m.Incarnation > 0 {
				word += fmt.Sprintf("#%d", m.Incarnation)
			}
			if m.Role != voter {
				word += "?"
			}
			words = append(words, word)
		}
		all = append(all, strings.Join(words, " "))
	}
	return all
}

// TestMember: what each verb has the leaders do, one shard after the other, and who has what then.
func TestMember(t *testing.T) {
	three := [][]uint64{{1, 2, 3}, {2, 3, 1}, {3, 1, 2}}
	for name, c := range map[string]struct {
		nodes   int
		shards  [][]uint64
		args    string // NEW stands for the address of a new node, 4
		status  int
		changes []string
		holding []string
		says    []string
	}{
		"a lost node, by a new one": {3, three, "replace 2 --with 4=NEW", 0,
			[]string{"0: replace 2 4=NEW", "1: replace 2 4=NEW", "2: replace 2 4=NEW", "forget 2"}, []string{"1 4 3", "4 3 1", "3 1 4"},
			[]string{"shard 1: node 4 takes the place of node 2", "shard 1: done", "node 2 is out of the cluster"}},
		"a lost folder": {3, three, "replace 3 --with 3=NEW", 0,
			[]string{"0: replace 3 3=NEW", "1: replace 3 3=NEW", "2: replace 3 3=NEW"}, []string{"1 2 3#1", "2 3#1 1", "3#1 1 2"},
			[]string{"shard 2: node 3 gets its replica anew, in its new folder"}},
		"a node more": {3, [][]uint64{{1, 2}, {2, 3}, {3, 1}, {1, 2}}, "add 4=NEW", 0,
			[]string{"0: replace 1 4=NEW", "3: replace 2 4=NEW"}, []string{"4 2", "2 3", "3 1", "1 4"}, nil},
		"a node more, for more replicas": {2, [][]uint64{{1, 2}, {2, 1}}, "add 4=NEW --more-replicas", 0,
			[]string{"0: add 4=NEW", "1: add 4=NEW"}, []string{"1 2 4", "2 1 4"}, []string{"shard 0: node 4 gets a replica"}},
		"a node more, for which there is nothing": {3, [][]uint64{{1, 2, 3}}, "add 4=NEW", 1, nil, []string{"1 2 3"}, []string{"no replica would move to node 4"}},
		"a node less": {4, [][]uint64{{1, 2}, {2, 3}, {3, 4}}, "remove 2", 0,
			[]string{"0: replace 2 4=", "1: replace 2 1=", "forget 2"}, []string{"1 4", "1 3", "3 4"}, []string{"node 2 is out of the cluster"}},
		"a node less, that others cannot stand in for": {3, three, "remove 2", 1, nil, []string{"1 2 3", "2 3 1", "3 1 2"}, []string{"--fewer-replicas"}},
		"a node less, with fewer replicas": {3, [][]uint64{{1, 2, 3}}, "remove 2 --fewer-replicas", 0,
			[]string{"0: remove 2", "forget 2"}, []string{"1 3"}, []string{"shard 0: the replica of node 2 goes"}},
		"damage":              {3, three, "rebuild 2 --shard=1", 0, []string{"1: rebuild 2"}, []string{"1 2 3", "2#1 3 1", "3 1 2"}, []string{"shard 1: node 2 gets its replica anew"}},
		"what is damaged":     {3, [][]uint64{{1, 3}, {3, 1}, {2, 3}}, "rebuild 3", 0, []string{"0: rebuild 3", "2: rebuild 3"}, []string{"1 3#1", "3 1", "2 3#1"}, nil},
		"nothing is damaged":  {3, [][]uint64{{1, 2}}, "rebuild 1", 1, nil, []string{"1 2"}, []string{"says of none of its replicas"}},
		"damage that is not":  {3, [][]uint64{{1, 2}}, "rebuild 3 --shard=0", 1, nil, []string{"1 2"}, []string{"node 3 has no replica of shard 0"}},
		"nothing to cancel":   {3, three, "cancel", 1, nil, []string{"1 2 3", "2 3 1", "3 1 2"}, []string{"no change is under way"}},
		"a node that is not":  {3, three, "remove 9", 1, nil, []string{"1 2 3", "2 3 1", "3 1 2"}, []string{"no node 9; its nodes are [1 2 3]"}},
		"another that is not": {3, three, "replace 9 --with 4=NEW", 1, nil, []string{"1 2 3", "2 3 1", "3 1 2"}, []string{"no node 9"}},
		"no address":          {3, three, "add 4", 2, nil, []string{"1 2 3", "2 3 1", "3 1 2"}, []string{`"4" is no node; one is NUMBER=HOST:PORT`}},
		"no host":             {3, three, "replace 1 --with 4=:6000", 2, nil, []string{"1 2 3", "2 3 1", "3 1 2"}, []string{"no address that others reach"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, flag := startGroup(t, c.nodes, c.shards...)
			g.damaged = map[uint64][]uint32{3: {0, 2}}
			fresh := g.serve(t, 4)
			args := append([]string{flag, "member"}, strings.Fields(strings.ReplaceAll(c.args, "NEW", fresh))...)
			status, stdout, stderr := kv("", args...)
			if status != c.status {
				t.Errorf("status %d; want %d: %s", status, c.status, stderr)
			}
			var want []string
			for _, change := range c.changes {
				want = append(want, strings.ReplaceAll(change, "NEW", fresh))
			}
			if !slices.Equal(g.changes, want) || !slices.Equal(g.holding(), c.holding) {
				t.Errorf("asked for %q; want %q\nand has %q; want %q", g.changes, want, g.holding(), c.holding)
			}
			for _, part := range c.says {
				if !strings.Contains(stdout+stderr, part) {
					t.Errorf("%q; want %q in it", stdout+stderr, part)
				}
			}
		})
	}
}

// TestMember_again: what was interrupted in the middle goes on, with what is under way first, and is not begun twice.
func TestMember_again(t *testing.T) {
	for name, args := range map[string][]string{"replace": {"replace", "2", "--with"}, "remove": {"remove", "2"}} {
		g, flag := startGroup(t, 3, []uint64{1, 2}, []uint64{2, 3}, []uint64{2, 1})
		fresh := g.serve(t, 4)
		g.learn(g.list.Shards[1], &raftkvpb.NewMember{Id: 4, Address: fresh}, 2, "before")
		if name == "replace" {
			args = append(args, "4="+fresh)
		}
		if status, stdout, stderr := kv("", append([]string{flag, "member"}, args...)...); status != 0 {
			t.Errorf("%s: %d, %s%s", name, status, stdout, stderr)
		}
		if status, stdout, stderr := kv("", append([]string{flag, "member"}, args...)...); status != 0 || !strings.Contains(stdout, "node 2 is out of the cluster") {
			t.Errorf("%s, once more: %d, %s%s", name, status, stdout, stderr)
		}
		if n := len(g.changes); n != 4 || g.changes[3] != "forget 2" || strings.HasPrefix(g.changes[1], "1:") || strings.HasPrefix(g.changes[2], "1:") {
			t.Errorf("%s: asked for %q", name, g.changes)
		}
		for _, holding := range g.holding() {
			if strings.Contains(holding, "2") || strings.Contains(holding, "?") {
				t.Errorf("%s: %q", name, g.holding())
			}
		}
	}
}

// TestMember_refused: a refusal is told with its reason, one that passes is not; a change that is in the way is named, and can be
// taken back.
func TestMember_refused(t *testing.T) {
	g, flag := startGroup(t, 3, []uint64{1, 2, 3})
	fresh := g.serve(t, 4)
	passing := status.Error(codes.FailedPrecondition, "not decided yet")
	g.refuse = []error{passing, passing}
	if status, _, stderr := kv("", flag, "member", "rebuild", "2", "--shard=0"); status != 0 {
		t.Errorf("a refusal that passes: %d, %s", status, stderr)
	}
	for range 1000 {
		g.refuse = append(g.refuse, status.Error(codes.FailedPrecondition, "no majority"))
	}
	if status, _, stderr := kv("", flag, "member", "rebuild", "2", "--shard=0"); status != 1 || !strings.Contains(stderr, "no majority") {
		t.Errorf("a refusal: %d, %s", status, stderr)
	}
	g.refuse, g.stuck = nil, true
	g.learn(g.list.Shards[0], &raftkvpb.NewMember{Id: 4, Address: fresh}, 3, "before")
	if status, _, stderr := kv("", flag, "member", "rebuild", "2", "--shard=0"); status != 1 || !strings.Contains(stderr, "kv member cancel --shard=0") {
		t.Errorf("another change is in the way: %d, %s", status, stderr)
	}
	g.damaged = map[uint64][]uint32{2: {0}}
	if status, stdout, stderr := kv("", flag, "member", "list"); status != 0 || !strings.Contains(stdout, "1*, 2 damaged, 3, +4 for 3 -7") {
		t.Errorf("the list: %d, %s%s", status, stdout, stderr)
	}
	if status, stdout, stderr := kv("", flag, "member", "cancel", "--shard=0"); status != 0 || !strings.Contains(stdout, "node 4 does not get a replica") {
		t.Errorf("cancel: %d, %s%s", status, stdout, stderr)
	}
	if status, stdout, stderr := kv("", flag, "member", "list", "--output=json"); status != 0 || !strings.Contains(stdout, `"map_version"`) {
		t.Errorf("the list as JSON: %d, %s%s", status, stdout, stderr)
	}
	if status, _, stderr := kv("", nobody, "member", "list", "--timeout=1s"); status != 3 {
		t.Errorf("nobody answers: %d, %s", status, stderr)
	}
}

// TestTogether: of each shard the members count that the server knows who knows the newest, and of those that know the same what
// its leader says.
func TestTogether(t *testing.T) {
	list := func(version uint64, shards ...*raftkvpb.ShardMembers) *raftkvpb.ListMembersResponse {
		return &raftkvpb.ListMembersResponse{MapVersion: version, Shards: shards}
	}
	members := func(version, leader uint64, progress *raftkvpb.MemberProgress) *raftkvpb.ShardMembers {
		return &raftkvpb.ShardMembers{Version: version, Leader: leader, Members: []*raftkvpb.Member{{Node: 1, Progress: progress}}}
	}
	known := new(raftkvpb.MemberProgress)
	told := []*raftkvpb.ListMembersResponse{
		list(7, members(2, 1, nil), members(1, 9, nil)), list(6, members(3, 2, nil), members(1, 3, known)), list(5, members(1, 3, known), members(1, 4, nil)),
	}
	for range 3 {
		told = append(told[1:], told[0])
		got := together(told)
		if got.GetMapVersion() != 7 || got.GetShards()[0].GetLeader() != 2 || got.GetShards()[1].GetLeader() != 3 {
			t.Errorf("%v", got)
		}
	}
}
