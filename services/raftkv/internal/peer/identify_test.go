package peer

import (
	"fmt"
	"strings"
	"testing"

	"numstore.example/services/raftkv/internal/peerpb"
	"numstore.example/services/raftkv/internal/shard"
)

// TestStrange: a node that asks who this one is, and is none of the cluster, is told of; one that may become one is not, nor one that
// has taken its number's place before this node has heard of it.
func TestStrange(t *testing.T) {
	cluster := clusterOf(t, 1, 2, 3)
	another, buried := shard.StoreID{8}, shard.StoreID{66}
	cluster.Dead = []shard.StoreID{buried}
	own, foreign := cluster.ID[:], append([]byte{9}, make([]byte, 15)...)
	asks := func(node uint64, store shard.StoreID, its []byte) *peerpb.DescribeRequest {
		return &peerpb.DescribeRequest{Node: node, Store: store[:], Cluster: its}
	}
	for name, c := range map[string]struct {
		asks *peerpb.DescribeRequest
		says []string
	}{
		"an older program":                  {new(peerpb.DescribeRequest), nil},
		"one of the cluster":                {asks(2, storeOf(2), own), nil},
		"one that forms the cluster":        {asks(2, storeOf(2), nil), nil},
		"one that has another's place":      {asks(2, another, own), nil},
		"a new number":                      {asks(4, another, nil), nil},
		"a lost folder":                     {asks(2, another, nil), []string{another.String(), storeOf(2).String(), "kv member replace 2 --with 2=HOST:PORT"}},
		"one that was replaced":             {asks(2, buried, own), []string{buried.String(), "must not come back", "an empty folder"}},
		"one that was replaced, as another": {asks(4, buried, nil), []string{buried.String(), "must not come back"}},
		"one of another cluster":            {asks(2, another, foreign), []string{"is of the cluster 09", "this node is of the cluster " + cluster.ID.String(), "--peers"}},
		"a new number of another cluster":   {asks(7, another, foreign), []string{"node 7", "is of the cluster 09"}},
	} {
		why := strange(c.asks, cluster)
		if (why == nil) != (c.says == nil) {
			t.Errorf("%s: %v", name, why)
		}
		for _, says := range c.says {
			if !strings.Contains(fmt.Sprint(why), says) {
				t.Errorf("%s: %v; want %q", name, why, says)
			}
		}
	}
}
