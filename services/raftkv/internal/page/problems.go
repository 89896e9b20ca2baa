package page

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"numstore.example/services/internal/statuspage"
)

// farBehind is by how many entries a replica is to be behind until somebody should know. Nodes answer at moments of their
// own: a busy shard has written some thousands between two of them.
const farBehind = 10_000

// problems returns what people should look at, the worst first.
func problems(s *Status) []statuspage.Problem {
	var found statuspage.Problems
	report := found.Report
	if s.Cluster.Error != "" {
		report(statuspage.Bad, "The map of the cluster is not known: %s", s.Cluster.Error)
	}
	shardProblems(s, report)
	for _, shard := range s.Shards {
		if text := difference(shard); text != "" {
			report(statuspage.Bad, "%s", text)
		}
	}
	for _, node := range s.Nodes {
		nodeProblems(node, report)
	}
	if versions := versions(s.Nodes); len(versions) > 1 {
		report(statuspage.Warning, "The nodes are of %d versions: %s", len(versions), strings.Join(versions, "; "))
	}
	return found.Sorted()
}

func nodeProblems(node Node, report func(statuspage.Level, string, ...any)) {
	switch {
	case node.State == Silent:
		report(statuspage.Warning, "Node %d does not answer: %s", node.Node, node.Error)
	case node.Error != "" && node.Error != statuspage.ErrPending.Error():
		report(statuspage.Warning, "Node %d cannot be asked: %s", node.Node, node.Error)
	}
	if node.State != Answers || node.Told == nil {
		return
	}
	for _, damage := range node.Told.Damages {
		report(statuspage.Bad, "The replica of shard %d on node %d is damaged and out of service (kv member rebuild takes it from the others): %s", damage.Shard, node.Node, damage.Reason)
	}
	if node.Told.Disk.Full != "" {
		report(statuspage.Bad, "Node %d takes no writes but deletions: %s", node.Node, node.Told.Disk.Full)
	}
	if stalled := node.Told.Disk.Stalled; stalled > 0 {
		report(statuspage.Bad, "The disk of node %d has not answered for %v", node.Node, (time.Duration(stalled * float64(time.Second))).Round(time.Second))
	}
}

func shardProblems(s *Status, report func(statuspage.Level, string, ...any)) {
	silent := make(map[uint64]bool)
	for _, node := range s.Nodes {
		silent[node.Node] = node.State == Silent
	}
	var minority, leaderless, alone []uint32
	behind := make(map[uint64][]uint32)
	for _, shard := range s.Shards {
		answering := 0
		for _, replica := range shard.Replicas {
			if !silent[replica.Node] {
				answering++
			}
			if replica.Behind != nil && *replica.Behind >= farBehind {
				behind[replica.Node] = append(behind[replica.Node], shard.Shard)
			}
		}
		switch needed := len(shard.Replicas)/2 + 1; {
		case answering < needed:
			minority = append(minority, shard.Shard)
		case shard.Leader == 0:
			leaderless = append(leaderless, shard.Shard)
		case answering == needed && needed < len(shard.Replicas):
			alone = append(alone, shard.Shard)
		}
	}
	for _, kind := range []struct {
		shards []uint32
		level  statuspage.Level
		text   string
	}{
		{minority, statuspage.Bad, "No majority of the replicas answers, so that nothing can be read or written"},
		{leaderless, statuspage.Bad, "Nobody knows a leader"},
		{alone, statuspage.Warning, "No further replica may fail"},
	} {
		if len(kind.shards) > 0 {
			report(kind.level, "%s: %s", kind.text, list(kind.shards))
		}
	}
	for _, node := range slices.Sorted(maps.Keys(behind)) {
		report(statuspage.Warning, "Node %d is %d or more entries behind the leader: %s", node, farBehind, list(behind[node]))
	}
}

// difference says how the replicas of a shard differ, if they do, by what they tell of the same entry, or what one has found.
func difference(shard Shard) string {
	type place struct {
		index uint64
		sum   string
	}
	nodes := make(map[place][]string)
	sums := make(map[uint64][]string)
	found := ""
	for _, replica := range shard.Replicas {
		sum := replica.Checksum
		if sum == nil {
			continue
		}
		at := place{sum.Index, sum.Sum}
		if nodes[at] == nil {
			sums[sum.Index] = append(sums[sum.Index], sum.Sum)
		}
		nodes[at] = append(nodes[at], fmt.Sprint(replica.Node))
		if sum.Differs {
			found = fmt.Sprintf("Node %d has another state of shard %d than its leader had at entry %d", replica.Node, shard.Shard, sum.Index)
		}
	}
	for _, index := range slices.Sorted(maps.Keys(sums)) {
		if len(sums[index]) < 2 {
			continue
		}
		var parts []string
		for _, sum := range sums[index] {
			parts = append(parts, sum+" on "+strings.Join(nodes[place{index, sum}], ", "))
		}
		return fmt.Sprintf("The replicas of shard %d are not the same at entry %d: %s", shard.Shard, index, strings.Join(parts, "; "))
	}
	return found
}

// list names shards, the first ones if there are many.
func list(shards []uint32) string {
	const most = 10
	if len(shards) == 1 {
		return fmt.Sprintf("shard %d", shards[0])
	}
	named := strings.Trim(strings.ReplaceAll(fmt.Sprint(shards[:min(len(shards), most)]), " ", ", "), "[]")
	if len(shards) > most {
		return fmt.Sprintf("%d shards, %s …", len(shards), named)
	}
	return "shards " + named
}

// versions returns each version with the nodes that are of it.
func versions(nodes []Node) (versions []string) {
	of := make(map[string][]string)
	for _, node := range nodes {
		if node.Told != nil && node.Told.Version != "" {
			of[node.Told.Version] = append(of[node.Told.Version], fmt.Sprint(node.Node))
		}
	}
	for version, nodes := range of {
		versions = append(versions, version+" on "+strings.Join(nodes, ", "))
	}
	slices.Sort(versions)
	return versions
}
