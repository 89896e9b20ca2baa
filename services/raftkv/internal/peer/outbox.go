package peer

import (
	"context"
	"sync"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"numstore.example/services/raftkv/internal/storage"
)

const (
	// maxQueued is how many bytes of entries may wait for a node, one message more excepted; maxUrgent is the same of other
	// messages, which so have room when entries have filled theirs.
	maxQueued, maxUrgent = 32 << 20, 4 << 20
	// messageOverhead is what a message counts beside its bytes.
	messageOverhead = 64
)

// queued is a message that waits to be sent.
type queued struct {
	shard   storage.ShardID
	message *raftpb.Message
	size    int
}

// lane is messages in the order in which they are sent.
type lane struct {
	limit    int
	messages []queued
	bytes    int
}

// put queues a message, or says that there is no room.
func (l *lane) put(q queued) bool {
	if l.bytes >= l.limit {
		return false
	}
	l.messages = append(l.messages, q)
	l.bytes += q.size
	return true
}

// take takes messages off the front that fit into room, and one at least, and returns how much room is left.
func (l *lane) take(taken []queued, room int) ([]queued, int) {
	n := 0
	for n < len(l.messages) && (n == 0 || l.messages[n].size <= room) {
		taken = append(taken, l.messages[n])
		room -= l.messages[n].size
		l.bytes -= l.messages[n].size
		n++
	}
	if l.messages = l.messages[n:]; len(l.messages) == 0 {
		l.messages = nil
	}
	return taken, room
}

// outbox is what waits to be sent to a node: entries (MsgApp), and what is urgent, which is all else. Entries keep their order,
// as Raft would ask for those again that come too early; the others are short, and it does not matter when they come.
type outbox struct {
	mu       sync.Mutex
	urgent   lane
	entries  lane
	lossy    bool          // something was lost since something was taken
	nonEmpty chan struct{} // has one token if there may be something
}

func newOutbox() *outbox {
	return &outbox{urgent: lane{limit: maxUrgent}, entries: lane{limit: maxQueued}, nonEmpty: make(chan struct{}, 1)}
}

// put queues a message. It does not wait: lost says that there was no room, for the first of several in a row.
func (o *outbox) put(shard storage.ShardID, message *raftpb.Message) (lost bool) {
	q := queued{shard, message, proto.Size(message) + messageOverhead}
	o.mu.Lock()
	defer o.mu.Unlock()
	lane := &o.urgent
	if message.GetType() == raftpb.MsgApp || q.size > maxRequest {
		lane = &o.entries
	}
	if lane.put(q) {
		o.tell()
		return false
	}
	first := !o.lossy
	o.lossy = true
	return first
}

func (o *outbox) tell() {
	select {
	case o.nonEmpty <- struct{}{}:
	default:
	}
}

// await waits until something is queued, and returns false when the context has ended.
func (o *outbox) await(ctx context.Context) bool { return o.awaitUnless(ctx, false) }

// awaitUnless is await for who may have other work, and then does not wait.
func (o *outbox) awaitUnless(ctx context.Context, busy bool) bool {
	for !busy && o.empty() {
		select {
		case <-o.nonEmpty:
		case <-ctx.Done():
			return false
		}
	}
	return ctx.Err() == nil
}

func (o *outbox) empty() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.urgent.messages)+len(o.entries.messages) == 0
}

// take takes messages of about so many bytes, those that are urgent first, and entries only if they are wanted. One that is longer
// than maxRequest is the last.
func (o *outbox) take(room int, entries bool) (taken []queued) {
	o.mu.Lock()
	defer o.mu.Unlock()
	taken, room = o.urgent.take(nil, room)
	if entries {
		taken, _ = o.entries.take(taken, room)
	}
	o.lossy = false
	return taken
}

// clear drops all: it would come too late.
func (o *outbox) clear() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.urgent, o.entries = lane{limit: maxUrgent}, lane{limit: maxQueued}
	o.lossy = false
}
