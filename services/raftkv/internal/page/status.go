package page

import (
	"time"

	"numstore.example/services/internal/statuspage"
)

// Status is what /status.json has: the cluster as one node sees it. A null is what is not known. Times of one node are by its
// own clock, so that how long a node has been up is as wrong as the clocks differ.
type Status struct {
	// When this was put together, a second ago at most.
	Time time.Time `json:"time"`

	// The number of the node that was asked, and whose view this is.
	Node uint64 `json:"node"`

	Cluster Cluster `json:"cluster"`

	// What is to be looked at, the worst first; empty when all is well.
	Problems []statuspage.Problem `json:"problems"`

	// The nodes of the cluster, by their numbers; only the one that was asked while the map is not known.
	Nodes []Node `json:"nodes"`

	// The shards, by their numbers; none while the map is not known.
	Shards []Shard `json:"shards"`
}

// Cluster is the cluster as a whole.
type Cluster struct {
	// Its id, in hexadecimal digits; empty when it is not known.
	ID string `json:"id"`

	// The version of its map; 0 when it is not known.
	MapVersion uint64 `json:"map_version"`

	// How a key's shard is found: hash, numeric or ring; empty when it is not known.
	Placement string `json:"placement"`

	// Why the map is not known; empty when it is.
	Error string `json:"error"`
}

// Node is a node, and what it tells of itself.
type Node struct {
	Node uint64 `json:"node"`

	// host:port; empty for a node alone that was not told where others find it.
	Address string `json:"address"`

	// answers: it has answered just now. silent: it does not answer. unknown: it cannot be asked, or was not for long enough.
	State State `json:"state"`

	// Why there is no newer answer than that below, for people; empty if the node answers.
	Error string `json:"error"`

	// What it told last, null if it never did. If the node does not answer now, this is how it was.
	Told *Told `json:"told"`

	// Calls in a second, between the last two answers; null unless there were two lately, without a restart in between.
	Rates *Rates `json:"rates"`

	// How long calls took that it answered in that time; null as Rates are.
	Took *Took `json:"took"`
}

// State is whether a node answers.
type State string

// The states.
const (
	Answers State = "answers"
	Silent  State = "silent"
	Unknown State = "unknown"
)

// Told is what a node has told of itself.
type Told struct {
	// How long ago that was, and how long the answer took to come, in seconds.
	Age    float64 `json:"age_seconds"`
	Answer float64 `json:"answer_seconds"`

	// What it was built from; empty if it does not tell.
	Version string `json:"version"`

	// For how long it has been running.
	Uptime float64 `json:"uptime_seconds"`

	// Of all its replicas together: keys, the bytes of keys and values, clients whose last write is remembered.
	Keys     uint64 `json:"keys"`
	Bytes    uint64 `json:"bytes"`
	Sessions uint64 `json:"sessions"`

	Disk Disk `json:"disk"`

	// Its replicas that are damaged and out of service; null if there are none.
	Damages []Damage `json:"damages"`

	// Calls since it was started.
	Calls Calls `json:"calls"`
}

// Damage is a replica whose files are not as they were written.
type Damage struct {
	Shard  uint32 `json:"shard"`
	Reason string `json:"reason"`
}

// Disk is a node's disk.
type Disk struct {
	// Bytes that can be written beside the reserve; 0 when the file system does not tell.
	Free uint64 `json:"free_bytes"`

	// Why the node takes no writes but deletions; empty while it takes all.
	Full string `json:"full"`

	// For how long the disk has not answered, if that is longer than --disk-stall; else 0.
	Stalled float64 `json:"stalled_seconds"`
}

// Calls counts calls, those on pipelines and the writes of batches one by one.
type Calls struct {
	Gets    uint64 `json:"gets"`
	Sets    uint64 `json:"sets"`
	Appends uint64 `json:"appends"`
	Deletes uint64 `json:"deletes"`
	Scans   uint64 `json:"scans"`
}

// Rates are calls in a second.
type Rates struct {
	// The time between the two answers that this is made of.
	Over float64 `json:"over_seconds"`

	Gets    float64 `json:"gets"`
	Sets    float64 `json:"sets"`
	Appends float64 `json:"appends"`
	Deletes float64 `json:"deletes"`
	Scans   float64 `json:"scans"`
}

// Took is how long calls took, from when a node had read them until their shard had answered.
type Took struct {
	// Null when there were none, or the node does not tell.
	Gets   *Latency `json:"gets"`
	Writes *Latency `json:"writes"`
}

// Latency is how long calls of a kind took.
type Latency struct {
	// How many these are.
	Calls uint64 `json:"calls"`

	// Half of them, and 99 of 100, took less than this, in seconds: a power of two of a microsecond, so that it may be twice
	// as long as it was.
	Half float64 `json:"p50_seconds"`
	Most float64 `json:"p99_seconds"`
}

// Shard is a shard, as far as the nodes that answer tell.
type Shard struct {
	Shard uint32 `json:"shard"`

	// The node that leads it; 0 when nobody knows one.
	Leader uint64 `json:"leader"`

	// The greatest term that anybody tells; 0 when nobody does.
	Term uint64 `json:"term"`

	// Those who have it, the preferred leader first.
	Replicas []Replica `json:"replicas"`
}

// Replica is a node's part in a shard.
type Replica struct {
	Node uint64 `json:"node"`

	// leader, follower or candidate; unknown when the node does not answer, or does not tell of this shard.
	Role string `json:"role"`

	// The last entry of the log that it shows, and how many entries it is behind what the leader knows to be final; null when
	// that is not known. The nodes were asked at about the same moment, not the same: under load some entries mean nothing.
	Applied *uint64 `json:"applied_index"`
	Behind  *uint64 `json:"behind"`

	// The last checksum of its state; null when there is none yet, and when it does not tell.
	Checksum *Checksum `json:"checksum"`
}

// Checksum is what a state adds up to at an entry of the log.
type Checksum struct {
	Index uint64 `json:"index"`

	// 16 hexadecimal digits, the same for all replicas at the same entry.
	Sum string `json:"sum"`

	// Whether the leader had another one.
	Differs bool `json:"differs"`
}
