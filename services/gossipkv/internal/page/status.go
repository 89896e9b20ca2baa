package page

import (
	"time"

	"numstore.example/services/internal/statuspage"
)

// Status is what /status.json has: how a server is, and what it knows of the others. A null is what is not known.
type Status struct {
	// When this was put together, a second ago at most.
	Time time.Time `json:"time"`

	// The number of the server, and its incarnation, 16 hexadecimal digits; 0 and empty as long as it has never answered.
	Server      uint32 `json:"server"`
	Incarnation string `json:"incarnation"`

	// Why there is no newer answer of the server than what follows, for people; empty if it answers.
	Error string `json:"error"`

	// What is to be looked at, the worst first; empty when all is well.
	Problems []statuspage.Problem `json:"problems"`

	// What the server told of itself last, null if it never did.
	Told *Told `json:"told"`

	// Calls in a second, between the last two answers; null unless there were two lately.
	Rates *Rates `json:"rates"`

	// The servers to which it is linked, or shall be, by their numbers.
	Links []Link `json:"links"`

	// All servers that it knows of, itself among them, by their numbers.
	Members []Member `json:"members"`
}

// Told is what a server has told of itself.
type Told struct {
	// How long ago that was, in seconds.
	Age float64 `json:"age_seconds"`

	// What it was built from, and for how long it has been running.
	Version string  `json:"version"`
	Uptime  float64 `json:"uptime_seconds"`

	// Its logical time: the greatest of all writes that it has.
	LogicalTime uint64 `json:"logical_time"`

	// Keys with a value, the bytes of these keys and values, and tombstones that are kept until all members know of them.
	Keys       uint64 `json:"keys"`
	Bytes      uint64 `json:"bytes"`
	Tombstones uint64 `json:"tombstones"`

	// Whether it has learnt that it was forgotten: it takes no writes.
	Forgotten bool `json:"forgotten"`

	Disk Disk `json:"disk"`

	// Calls since it was started.
	Calls Calls `json:"calls"`
}

// Disk is a server's disk.
type Disk struct {
	// Bytes that can be written beside the reserve; 0 when the file system does not tell.
	Free uint64 `json:"free_bytes"`

	// Why the server takes no writes but deletions; empty while it takes all.
	Full string `json:"full"`

	// For how long the disk has not answered, if that is longer than --disk-stall; else 0.
	Stalled float64 `json:"stalled_seconds"`
}

// Calls counts calls; unmet are gets that were told that the server does not have yet what their session has seen.
type Calls struct {
	Gets    uint64 `json:"gets"`
	Puts    uint64 `json:"puts"`
	Deletes uint64 `json:"deletes"`
	Dumps   uint64 `json:"dumps"`
	Unmet   uint64 `json:"unmet"`
}

// Rates are calls in a second.
type Rates struct {
	// The time between the two answers that this is made of.
	Over float64 `json:"over_seconds"`

	Gets    float64 `json:"gets"`
	Puts    float64 `json:"puts"`
	Deletes float64 `json:"deletes"`
	Dumps   float64 `json:"dumps"`
	Unmet   float64 `json:"unmet"`
}

// Link is a server to which this one is linked, or shall be.
type Link struct {
	// Its number; 0 as long as it was never reached. Its address as HOST:PORT; empty if it is not known.
	Server  uint32 `json:"server"`
	Address string `json:"address"`

	// Whether messages get through, and if not, why.
	Up     bool   `json:"up"`
	Reason string `json:"reason"`

	// What the other one lacks, as far as this one knows; at least so much if it is not exact.
	BehindEntries uint64 `json:"behind_entries"`
	BehindBytes   uint64 `json:"behind_bytes"`
	BehindExact   bool   `json:"behind_exact"`

	// How long ago something came from it last; null if nothing ever did.
	Heard *float64 `json:"heard_seconds"`

	// Bytes of messages since this server was started, and in a second between the last two answers; null as rates are.
	Sent         uint64   `json:"sent_bytes"`
	Received     uint64   `json:"received_bytes"`
	SentRate     *float64 `json:"sent_bytes_per_second"`
	ReceivedRate *float64 `json:"received_bytes_per_second"`
}

// Member is a server that is known, whether this one is linked to it or not.
type Member struct {
	Server      uint32 `json:"server"`
	Incarnation string `json:"incarnation"`

	// member, replaced, forgotten or duplicate.
	State string `json:"state"`

	// What this server knows and the member is not known to know: tombstones among it are kept. Empty if there is nothing, and of
	// those whose state is not member.
	Lacks []Span `json:"lacks"`

	// What the member knows and this server does not.
	Ahead []Span `json:"ahead"`
}

// Span is writes of one server, in one incarnation: those with times behind one and up to another.
type Span struct {
	Server      uint32 `json:"server"`
	Incarnation string `json:"incarnation"`
	After       uint64 `json:"after"`
	Upto        uint64 `json:"upto"`
}
