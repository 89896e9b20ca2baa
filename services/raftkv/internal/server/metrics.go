package server

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"numstore.example/services/internal/kvserver"
	"numstore.example/services/raftkv/internal/node"
)

// RegisterMetrics puts the figures of a node into a registry.
func RegisterMetrics(registry prometheus.Registerer, n *node.Node) {
	registry.MustRegister(shards{n})
	kvserver.RegisterDisk(registry, "raftkv", n)
}

// shards tells the figures of the shards of which a node has members. Which these are is known once the node is of a cluster.
type shards struct{ node *node.Node }

// figure is one of those that each shard has, under the label shard.
type figure struct {
	*prometheus.Desc
	kind  prometheus.ValueType
	value func(*node.Local) float64
}

func perShard(kind prometheus.ValueType, name, help string, value func(*node.Local) float64) figure {
	return figure{prometheus.NewDesc(name, help, []string{"shard"}, nil), kind, value}
}

// damaged is the figure that members have which are out of service, and these have no other.
var damaged = perShard(prometheus.GaugeValue, "raftkv_shard_damaged", "1 if this node's replica of the shard is damaged and out of service; else 0.", func(*node.Local) float64 { return 0 })

var figures = []figure{
	damaged,
	perShard(prometheus.GaugeValue, "raftkv_keys", "Keys held.", func(l *node.Local) float64 { return float64(l.Figures().Keys) }),
	perShard(prometheus.GaugeValue, "raftkv_bytes", "Bytes of keys and values held.", func(l *node.Local) float64 { return float64(l.Figures().Bytes) }),
	perShard(prometheus.GaugeValue, "raftkv_sessions", "Clients whose last write is remembered.", func(l *node.Local) float64 { return float64(l.Figures().Sessions) }),
	perShard(prometheus.GaugeValue, "raftkv_raft_is_leader", "1 while this replica leads the shard, by its own account; else 0.", func(l *node.Local) float64 { return kvserver.Boolean(l.Status().Role == node.Leader) }),
	perShard(prometheus.GaugeValue, "raftkv_raft_has_leader", "1 while this replica knows of a leader of the shard; else 0.", func(l *node.Local) float64 { return kvserver.Boolean(l.Status().Leader != 0) }),
	perShard(prometheus.GaugeValue, "raftkv_raft_commit_index", "The last entry of the log that this replica knows to be final.", func(l *node.Local) float64 { return float64(l.Status().Commit) }),
	perShard(prometheus.GaugeValue, "raftkv_raft_term", "Raft's term.", func(l *node.Local) float64 { return float64(l.Status().Term) }),
	perShard(prometheus.GaugeValue, "raftkv_raft_applied_index", "The last entry of the log that was applied.", func(l *node.Local) float64 { return float64(l.Status().Applied) }),
	perShard(prometheus.GaugeValue, "raftkv_shard_checksum", "The upper 53 bits of the last checksum of the state. It is the same at all replicas that have one of the same entry. 0 before the first.",
		func(l *node.Local) float64 { sum, _ := l.Checksum(); return float64(sum.Sum >> 11) }),
	perShard(prometheus.GaugeValue, "raftkv_shard_checksum_index", "The entry of the log that the state showed then.",
		func(l *node.Local) float64 { sum, _ := l.Checksum(); return float64(sum.Index) }),
	perShard(prometheus.GaugeValue, "raftkv_shard_checksum_differs", "1 if the leader had another checksum for the same entry; else 0.",
		func(l *node.Local) float64 { _, differs := l.Checksum(); return kvserver.Boolean(differs) }),
	perShard(prometheus.CounterValue, "raftkv_raft_snapshots_installed_total", "States of the shard that this replica got from others, as their logs did not reach back far enough.",
		func(l *node.Local) float64 { return float64(l.Installs()) }),
	perShard(prometheus.CounterValue, "raftkv_log_syncs_total", "Appends to the log that were waited for until they were on disk. One sync of the disk may serve several.",
		func(l *node.Local) float64 { return float64(l.Syncs()) }),
}

// Describe implements prometheus.Collector.
func (shards) Describe(descriptions chan<- *prometheus.Desc) {
	for _, f := range figures {
		descriptions <- f.Desc
	}
}

// Collect implements prometheus.Collector.
func (s shards) Collect(metrics chan<- prometheus.Metric) {
	for _, local := range s.node.Locals() {
		shard := strconv.Itoa(int(local.Shard()))
		for _, f := range figures {
			metrics <- prometheus.MustNewConstMetric(f.Desc, f.kind, f.value(local), shard)
		}
	}
	for _, damage := range s.node.Damages() {
		metrics <- prometheus.MustNewConstMetric(damaged.Desc, damaged.kind, 1, strconv.Itoa(int(damage.Shard)))
	}
}
