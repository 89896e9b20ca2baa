package server

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"numstore.example/services/raftkv/internal/node"
)

// RegisterMetrics puts the figures of a node into a registry.
func RegisterMetrics(registry prometheus.Registerer, n *node.Node) {
	for shard, local := range n.Locals() {
		registerShard(prometheus.WrapRegistererWith(prometheus.Labels{"shard": strconv.Itoa(shard)}, registry), local)
	}
	gauge(registry, "raftkv_writable", "1 while all writes are taken, 0 while the disk is full and deletions alone are.", func() float64 { return boolean(n.Writable() == nil) })
	gauge(registry, "raftkv_disk_free_bytes", "Bytes that are free on the disk beside the reserve.", func() float64 { return float64(n.Disk().Free) })
	gauge(registry, "raftkv_disk_stalled_seconds", "How long a sync has been under way, if that is longer than --disk-stall; else 0.",
		func() float64 { return n.Disk().Stalled.Seconds() })
	gauge(registry, "raftkv_disk_bytes", "Bytes of all files of the store.", func() float64 { return float64(n.Pebble().DiskSpaceUsage()) })
	counter(registry, "raftkv_wal_bytes_total", "Bytes written to the write-ahead log.", func() float64 { return float64(n.Pebble().WAL.BytesWritten) })
}

func registerShard(registry prometheus.Registerer, shard *node.Local) {
	gauge(registry, "raftkv_keys", "Keys held.", func() float64 { return float64(shard.Figures().Keys) })
	gauge(registry, "raftkv_bytes", "Bytes of keys and values held.", func() float64 { return float64(shard.Figures().Bytes) })
	gauge(registry, "raftkv_sessions", "Clients whose last write is remembered.", func() float64 { return float64(shard.Figures().Sessions) })
	gauge(registry, "raftkv_raft_is_leader", "1 while this replica leads the shard, by its own account; else 0.", func() float64 { return boolean(shard.Status().Role == node.Leader) })
	gauge(registry, "raftkv_raft_has_leader", "1 while this replica knows of a leader of the shard; else 0.", func() float64 { return boolean(shard.Status().Leader != 0) })
	gauge(registry, "raftkv_raft_commit_index", "The last entry of the log that this replica knows to be final.", func() float64 { return float64(shard.Status().Commit) })
	gauge(registry, "raftkv_raft_term", "Raft's term.", func() float64 { return float64(shard.Status().Term) })
	gauge(registry, "raftkv_raft_applied_index", "The last entry of the log that was applied.", func() float64 { return float64(shard.Status().Applied) })
	counter(registry, "raftkv_log_syncs_total", "Appends to the log that were waited for until they were on disk. One sync of the disk may serve several.",
		func() float64 { return float64(shard.Syncs()) })
}

func boolean(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func gauge(registry prometheus.Registerer, name, help string, value func() float64) {
	registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
}

func counter(registry prometheus.Registerer, name, help string, value func() float64) {
	registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, value))
}
