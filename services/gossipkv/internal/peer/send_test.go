package peer

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
	"numstore.example/services/internal/links"
)

// TestSend_long: values up to the limit arrive whole, and what is short, pushes too, arrives before what is long and was sent
// earlier.
func TestSend_long(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		one, two := w.join(newFake(t, 1), nil), w.join(newFake(t, 2), nil, addressOf(1))
		defer end(one, two)
		linked(t, one, two)
		lengths := []int{16 << 20, 10 << 10, 1 << 20, 0}
		for i, length := range lengths {
			if !one.peers.Send(2, push(1, uint64(i+1), length)) {
				t.Fatalf("there was no room for %d bytes", length)
			}
		}
		one.peers.Send(2, announce(9))
		var order []uint64
		for range len(lengths) + 1 {
			got := <-two.received
			if got.message.Announce != nil {
				order = append(order, 9)
				continue
			}
			e := got.message.Push.Entries[0]
			order = append(order, e.Version.Time)
			if length := lengths[e.Version.Time-1]; len(e.Value) != length || length > 0 && (e.Value[0] != byte(e.Version.Time) || e.Value[length-1] != byte(e.Version.Time)) {
				t.Errorf("write %d has a value of %d bytes; want %d", e.Version.Time, len(e.Value), length)
			}
		}
		behind := func(a, b uint64) bool { return slices.Index(order, a) > slices.Index(order, b) }
		if !behind(4, 2) || !behind(1, 4) || !behind(1, 9) || !behind(3, 1) {
			t.Errorf("they came in the order %v; want 2 and 4, and 9 among them, before 1 and 3", order)
		}
	})
}

// TestSend_piecewise: what is short leaves with the next part of what is long, which so does not hold it up.
func TestSend_piecewise(t *testing.T) {
	o := outgoing{Outbox: newOutbox()}
	put := func(m node.Message) {
		lane, size := laneOf(m)
		o.Put(lane, m, size)
	}
	put(push(1, 1, 2*links.MaxPiece))
	put(push(1, 2, 2*links.MaxPiece))
	parts := 0
	for i := uint64(10); ; i++ {
		put(push(1, i, 10))
		put(announce(i))
		message, err := o.next()
		if err != nil {
			t.Fatal(err)
		}
		if message.GetPart() == nil {
			break
		}
		if len(message.GetMessages()) != 2 || len(message.GetPart().GetData()) > links.MaxPiece {
			t.Errorf("%d messages beside a part of %d bytes; want what is short, and some of what is long", len(message.GetMessages()), len(message.GetPart().GetData()))
		}
		parts++
	}
	if parts != 6 {
		t.Errorf("two messages in %d parts; want 6", parts)
	}
}

// TestSend_gathers: what is queued while nothing is sent leaves as one message, and a sign of life takes none of its room.
func TestSend_gathers(t *testing.T) {
	o := outgoing{Outbox: newOutbox()}
	o.Put(urgentLane, node.Message{}, messageSize)
	for i := range uint64(100) {
		m := push(1, i+1, 10)
		lane, size := laneOf(m)
		o.Put(lane, m, size)
	}
	if message, err := o.next(); err != nil || len(message.GetMessages()) != 100 || !o.Empty() {
		t.Errorf("%d messages, %v; want 100", len(message.GetMessages()), err)
	}
}

// TestSend_stuck: a server that takes nothing costs bounded memory: what has no room is lost, which is told; nothing waits, and others
// are served. What is urgent has room of its own. The link works again when that server does.
func TestSend_stuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		stuck := newFake(t, 2)
		stuck.received = make(chan arrival) // which nobody takes from
		one, two, three := w.join(newFake(t, 1), nil), w.join(stuck, nil, addressOf(1)), w.join(newFake(t, 3), nil, addressOf(1))
		defer end(one, two, three)
		linked(t, one, two)
		linked(t, one, three)
		for _, c := range []struct{ length, limit int }{{64 << 10, 8 << 20}, {1 << 20, 24 << 20}, {16 << 20, 24 << 20}} {
			taken := 0
			for i := range 1000 {
				if one.peers.Send(2, push(1, uint64(i+1), c.length)) {
					taken += c.length
				}
				synctest.Wait()
			}
			if most := c.limit + c.length + 5<<20; taken > most { // gRPC has taken some
				t.Errorf("of messages of %d bytes it has taken %d bytes; want at most %d", c.length, taken, most)
			}
		}
		if !one.peers.Send(2, announce(1)) {
			t.Error("entries have taken the room of what is urgent")
		}
		one.peers.Send(3, push(1, 1, 1<<20))
		<-three.received
		stop := make(chan struct{})
		go func() {
			for {
				select {
				case <-two.received:
				case <-stop:
					return
				}
			}
		}()
		time.Sleep(time.Minute)
		linked(t, one, two)
		if !one.peers.Send(2, push(1, 1, 1<<20)) {
			t.Error("there is still no room")
		}
		synctest.Wait()
		close(stop)
	})
}

// TestStop: a server that stops sends what waits, and what calls that are in flight still bring; to the others that is no warning, and
// they are linked again when it is back.
func TestStop(t *testing.T) {
	for _, calls := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			var one, two *member
			if calls {
				two = w.join(newFake(t, 2), nil)
				one = w.join(newFake(t, 1), nil, addressOf(2))
			} else {
				one = w.join(newFake(t, 1), nil)
				two = w.join(newFake(t, 2), nil, addressOf(1))
			}
			linked(t, one, two)
			sent := 0
			for i := range uint64(20) {
				if one.peers.Send(2, push(1, i+1, 1<<20)) {
					sent++
				}
			}
			late := make(chan bool, 1)
			go func() {
				time.Sleep(graceTime / 2)
				late <- one.peers.Send(2, push(1, 21, 10))
			}()
			one.stop()
			if <-late {
				sent++
			} else if !calls { // who was called has to end its calls first
				t.Error("a call in flight could not bring what it did")
			}
			synctest.Wait()
			if sent < 16 || len(two.received) != sent {
				t.Errorf("%d messages have come; want %d", len(two.received), sent)
			}
			time.Sleep(300 * time.Millisecond)
			if log := two.log.String(); strings.Contains(log, "level=WARN") {
				t.Errorf("the log of two:\n%s", log)
			}
			one = w.join(newFake(t, 1), nil, addressOf(2))
			defer end(one, two)
			time.Sleep(3 * time.Second)
			linked(t, one, two)
		})
	}
}

// TestLaneOf: the size by which a message is bounded is about that of its encoding.
func TestLaneOf(t *testing.T) {
	vector := merge.Vector{}
	for i := range merge.ServerID(100) {
		vector[merge.Origin{Server: i + 1, Incarnation: 1 << 60}] = 1 << 40
	}
	roster := merge.Roster{}
	for origin := range vector {
		roster[origin] = merge.Standing{State: merge.Member, Known: vector}
	}
	for name, m := range map[string]node.Message{
		"push": push(1, 1, 1<<20), "announce": {Announce: &node.Announce{Known: vector}}, "pull": {Pull: &node.Pull{Known: vector}},
		"piece": {Piece: &node.Piece{Entries: push(1, 1, 100).Push.Entries, Knew: vector, Floor: vector}}, "table": {Table: &node.Table{Roster: roster}},
	} {
		_, size := laneOf(m)
		if encoded := protoSize(m); size < encoded || size > 2*encoded+messageSize+entrySize {
			t.Errorf("%s: %d bytes count %d", name, encoded, size)
		}
	}
}
