package shard

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func nodes(ids ...NodeID) (all []Node) {
	for _, id := range ids {
		all = append(all, Node{ID: id, Store: StoreID{byte(id)}, Address: fmt.Sprintf("n%d:6000", id)})
	}
	return all
}

// TestForm: each shard is on as many nodes as there are replicas, beginning with its own one, counted around.
func TestForm(t *testing.T) {
	for _, c := range []struct {
		nodes            []Node
		shards, replicas int
		want             string
	}{
		{nodes(1), 1, 1, "[[1]]"},
		{nodes(3, 1, 2), 3, 2, "[[1 2] [2 3] [3 1]]"},
		{nodes(1, 2, 3), 5, 3, "[[1 2 3] [2 3 1] [3 1 2] [1 2 3] [2 3 1]]"},
		{nodes(4, 7), 3, 1, "[[4] [7] [4]]"},
	} {
		cluster, err := Form(ClusterID{9}, 1, c.nodes, c.shards, c.replicas)
		if err != nil {
			t.Fatal(err)
		}
		var got [][]NodeID
		for _, members := range cluster.Shards {
			got = append(got, members.Nodes())
			for _, member := range members.Members {
				if node, ok := cluster.Node(member.ID.Node()); !ok || node.Store != member.Store {
					t.Errorf("member %v has the store %v; its node is %v", member.ID, member.Store, node)
				}
			}
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%d shards, %d replicas: %v; want %s", c.shards, c.replicas, got, c.want)
		}
		decoded, err := DecodeCluster(cluster.Encode())
		if err != nil || !reflect.DeepEqual(decoded, cluster) {
			t.Errorf("decoded: %v, %v; want %v", decoded, err, cluster)
		}
	}
}

func TestForm_refuses(t *testing.T) {
	for _, c := range []struct {
		nodes            []Node
		shards, replicas int
		want             string
	}{
		{nil, 1, 1, "must have a node"},
		{nodes(1), 0, 1, "0 shards"},
		{nodes(1), MaxShards + 1, 1, "4097 shards"},
		{nodes(1, 2), 1, 3, "3 replicas of a shard on 2 nodes"},
		{nodes(1, 2), 1, 0, "0 replicas"},
		{nodes(1, 1), 1, 1, "two nodes have the number 1"},
		{nodes(0), 1, 1, "the number 0"},
		{nodes(MaxNode + 1), 1, 1, "the number 4294967296"},
	} {
		if _, err := Form(ClusterID{}, 1, c.nodes, c.shards, c.replicas); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d nodes, %d shards, %d replicas: %v; want %q", len(c.nodes), c.shards, c.replicas, err, c.want)
		}
	}
}

// TestMemberID: the number of the first incarnation is that of the node, as it was before there were others.
func TestMemberID(t *testing.T) {
	for _, c := range []struct {
		id   MemberID
		text string
	}{{MemberOf(3, 0), "3"}, {MemberOf(3, 2), "3#2"}, {MemberOf(MaxNode, 1), "4294967295#1"}} {
		if c.id.String() != c.text {
			t.Errorf("%d is %q; want %q", uint64(c.id), c.id, c.text)
		}
	}
	if MemberOf(3, 0) != 3 {
		t.Errorf("the first member of node 3 is %d", MemberOf(3, 0))
	}
}

// TestVersion: the map's version grows with that of each shard's members.
func TestVersion(t *testing.T) {
	cluster, err := Form(ClusterID{9}, 1, nodes(1, 2), 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	before := cluster.Version()
	cluster.Shards[1].Version++
	if before != 1 || cluster.Version() != 2 {
		t.Errorf("the versions are %d and %d; want 1 and 2", before, cluster.Version())
	}
}

func TestDecode_refuses(t *testing.T) {
	for _, text := range []string{"", "{", `{"id":"00"}`, `{"id":"zz112233445566778899aabbccddeeff"}`} {
		if _, err := DecodeCluster([]byte(text)); err == nil {
			t.Errorf("%q was taken for a map", text)
		}
	}
}
