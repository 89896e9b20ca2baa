package links

import (
	"context"
	"sync"
)

// Queued is a message that waits to be sent, and how many bytes it counts.
type Queued[M any] struct {
	Message M
	Size    int
}

// lane is messages in the order in which they are sent.
type lane[M any] struct {
	limit    int
	messages []Queued[M]
	bytes    int
}

// put queues a message, or says that there is no room.
func (l *lane[M]) put(q Queued[M]) bool {
	if l.bytes >= l.limit {
		return false
	}
	l.messages = append(l.messages, q)
	l.bytes += q.Size
	return true
}

// take takes messages off the front that fit into room, and one at least, and returns how much room is left.
func (l *lane[M]) take(taken []Queued[M], room int) ([]Queued[M], int) {
	n := 0
	for n < len(l.messages) && (n == 0 || l.messages[n].Size <= room) {
		taken = append(taken, l.messages[n])
		room -= l.messages[n].Size
		l.bytes -= l.messages[n].Size
		n++
	}
	clear(l.messages[:n]) // what was taken is not held
	if l.messages = l.messages[n:]; len(l.messages) == 0 {
		l.messages = nil
	}
	return taken, room
}

// Outbox is what waits to be sent to another server, in lanes: messages of a lane keep their order, and those of the first lanes
// overtake those of the later ones. Bytes bound each lane, so that one that is full takes no room from another.
type Outbox[M any] struct {
	mu       sync.Mutex
	lanes    []lane[M]
	lossy    bool          // something was lost since something was taken
	nonEmpty chan struct{} // has one token if there may be something
}

// NewOutbox returns an outbox of lanes that have room for so many bytes each, one message more excepted.
func NewOutbox[M any](limits ...int) *Outbox[M] {
	o := &Outbox[M]{lanes: make([]lane[M], len(limits)), nonEmpty: make(chan struct{}, 1)}
	for i, limit := range limits {
		o.lanes[i].limit = limit
	}
	return o
}

// Put queues a message. It does not wait: lost says that there was no room, and first that it is the first loss of several in a
// row.
func (o *Outbox[M]) Put(lane int, message M, size int) (lost, first bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lanes[lane].put(Queued[M]{message, size}) {
		o.tell()
		return false, false
	}
	first = !o.lossy
	o.lossy = true
	return true, first
}

func (o *Outbox[M]) tell() {
	select {
	case o.nonEmpty <- struct{}{}:
	default:
	}
}

// Await waits until something is queued, and returns false when the context has ended.
func (o *Outbox[M]) Await(ctx context.Context) bool { return o.AwaitUnless(ctx, false) }

// AwaitUnless is Await for who may have other work, and then does not wait.
func (o *Outbox[M]) AwaitUnless(ctx context.Context, busy bool) bool {
	for !busy && o.Empty() {
		select {
		case <-o.nonEmpty:
		case <-ctx.Done():
			return false
		}
	}
	return ctx.Err() == nil
}

func (o *Outbox[M]) Empty() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range o.lanes {
		if len(o.lanes[i].messages) > 0 {
			return false
		}
	}
	return true
}

// Take takes messages of about so many bytes from the first lanes, of as many as are wanted: at least one of each that has some.
func (o *Outbox[M]) Take(room, lanes int) (taken []Queued[M]) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range o.lanes[:lanes] {
		taken, room = o.lanes[i].take(taken, room)
	}
	o.lossy = false
	return taken
}

// Clear drops all: it would come too late.
func (o *Outbox[M]) Clear() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range o.lanes {
		o.lanes[i] = lane[M]{limit: o.lanes[i].limit}
	}
	o.lossy = false
}
