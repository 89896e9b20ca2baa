package peer

import (
	"context"
	"sync"
)

// queued is a message that waits to be sent, and how many bytes it counts.
type queued[M any] struct {
	message M
	size    int
}

// lane is messages in the order in which they are sent.
type lane[M any] struct {
	limit    int
	messages []queued[M]
	bytes    int
}

// put queues a message, or says that there is no room.
func (l *lane[M]) put(q queued[M]) bool {
	if l.bytes >= l.limit {
		return false
	}
	l.messages = append(l.messages, q)
	l.bytes += q.size
	return true
}

// take takes messages off the front that fit into room, and one at least, and returns how much room is left.
func (l *lane[M]) take(taken []queued[M], room int) ([]queued[M], int) {
	n := 0
	for n < len(l.messages) && (n == 0 || l.messages[n].size <= room) {
		taken = append(taken, l.messages[n])
		room -= l.messages[n].size
		l.bytes -= l.messages[n].size
		n++
	}
	clear(l.messages[:n]) // what was taken is not held
	if l.messages = l.messages[n:]; len(l.messages) == 0 {
		l.messages = nil
	}
	return taken, room
}

// outbox is what waits to be sent to another server, in lanes: messages of a lane keep their order, and those of the first lanes
// overtake those of the later ones. Bytes bound each lane, so that one that is full takes no room from another.
type outbox[M any] struct {
	mu       sync.Mutex
	lanes    []lane[M]
	lossy    bool          // something was lost since something was taken
	nonEmpty chan struct{} // has one token if there may be something
}

// newOutbox returns an outbox of lanes that have room for so many bytes each, one message more excepted.
func newOutbox[M any](limits ...int) *outbox[M] {
	o := &outbox[M]{lanes: make([]lane[M], len(limits)), nonEmpty: make(chan struct{}, 1)}
	for i, limit := range limits {
		o.lanes[i].limit = limit
	}
	return o
}

// put queues a message. It does not wait: lost says that there was no room, and first that it is the first loss of several in a
// row.
func (o *outbox[M]) put(lane int, message M, size int) (lost, first bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lanes[lane].put(queued[M]{message, size}) {
		o.tell()
		return false, false
	}
	first = !o.lossy
	o.lossy = true
	return true, first
}

func (o *outbox[M]) tell() {
	select {
	case o.nonEmpty <- struct{}{}:
	default:
	}
}

// await waits until something is queued, and returns false when the context has ended.
func (o *outbox[M]) await(ctx context.Context) bool { return o.awaitUnless(ctx, false) }

// awaitUnless is await for who may have other work, and then does not wait.
func (o *outbox[M]) awaitUnless(ctx context.Context, busy bool) bool {
	for !busy && o.empty() {
		select {
		case <-o.nonEmpty:
		case <-ctx.Done():
			return false
		}
	}
	return ctx.Err() == nil
}

func (o *outbox[M]) empty() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range o.lanes {
		if len(o.lanes[i].messages) > 0 {
			return false
		}
	}
	return true
}

// take takes messages of about so many bytes from the first lanes, of as many as are wanted: at least one of each that has some.
func (o *outbox[M]) take(room, lanes int) (taken []queued[M]) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range o.lanes[:lanes] {
		taken, room = o.lanes[i].take(taken, room)
	}
	o.lossy = false
	return taken
}

// clear drops all: it would come too late.
func (o *outbox[M]) clear() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range o.lanes {
		o.lanes[i] = lane[M]{limit: o.lanes[i].limit}
	}
	o.lossy = false
}
