package peer

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
)

// TestLink: two servers, one of which is told of the other, are linked, and messages go both ways. The link stays when there is
// nothing to say.
func TestLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		one, two := w.join(newFake(t, 1), nil), w.join(newFake(t, 2), nil, addressOf(1))
		defer end(one, two)
		linked(t, one, two)
		if !one.peers.Send(2, push(1, 1, 10)) || !two.peers.Send(1, push(2, 1, 10)) {
			t.Fatal("a message was not sent")
		}
		if got := <-two.received; got.from != 1 || got.message.Push.Entries[0].Version.Server != 1 {
			t.Errorf("two got %+v", got)
		}
		if got := <-one.received; got.from != 2 {
			t.Errorf("one got %+v", got)
		}
		if one.peers.Send(3, announce(1)) {
			t.Error("a message was sent to nobody")
		}
		time.Sleep(time.Hour)
		linked(t, one, two)
		if one.count() != 1 || two.count() != 1 {
			t.Errorf("the link was up %d and %d times; want once", one.count(), two.count())
		}
		for _, m := range []*member{one, two} {
			links := m.peers.Links()
			if len(links) != 1 || !links[0].Up || links[0].Sent == 0 || links[0].Received == 0 || links[0].Reason != "" ||
				links[0].Address != addressOf(links[0].Server) || time.Since(links[0].LastExchange) > 2*beatInterval {
				t.Errorf("%+v", links)
			}
		}
	})
}

// TestLink_longGreeting: servers that know of very many origins greet each other all the same.
func TestLink_longGreeting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		one, two := newFake(t, 1), newFake(t, 2)
		one.knows = make(merge.Vector)
		for i := range merge.Incarnation(400) {
			one.knows[merge.Origin{Server: 9, Incarnation: i}] = 1 << 40
		}
		two.knows = one.knows
		a, b := w.join(one, nil), w.join(two, nil, addressOf(1))
		defer end(a, b)
		linked(t, a, b)
		if got := <-a.greeted; len(got.Roster) != 401 || len(got.Roster[two.self].Known) != 401 || len(got.Known) != 401 {
			t.Errorf("a roster of %d, a vector of %d; want 401 of each", len(got.Roster), len(got.Known))
		}
	})
}

// TestLink_bothCall: when both servers call at once, whatever takes how long, both mean the same stream, which works, and
// nothing is taken up and given up on the way.
func TestLink_bothCall(t *testing.T) {
	for range 100 {
		seed := rand.Uint64()
		synctest.Test(t, func(t *testing.T) {
			random, w := rand.New(rand.NewPCG(seed, 0)), newWorld(t)
			some := func(most time.Duration) time.Duration {
				w.mu.Lock()
				defer w.mu.Unlock()
				return time.Duration(random.Int64N(int64(most)))
			}
			w.latency = func() time.Duration { return some(3 * time.Millisecond) }
			one, two := w.join(newFake(t, 1), nil, addressOf(2)), w.join(newFake(t, 2), nil, addressOf(1))
			defer end(two)
			time.Sleep(10 * time.Second)
			linked(t, one, two)
			sessions := []*session{one.peers.table.sessionOf(2), two.peers.table.sessionOf(1)}
			if a, b := sessions[0].number, sessions[1].number; a != b || one.count() != 1 || two.count() != 1 {
				t.Errorf("seed %d: the links %d and %d, %d and %d times up; want one, once", seed, a, b, one.count(), two.count())
			}
			one.peers.Send(2, announce(1))
			two.peers.Send(1, announce(1))
			<-one.received
			<-two.received
			one.crash() // it counts its links from the begin, and comes back when the other one may be calling
			time.Sleep(some(100 * time.Millisecond))
			one = w.join(newFake(t, 1), nil, addressOf(2))
			defer end(one)
			time.Sleep(10 * time.Second)
			linked(t, one, two)
			if one.count() != 1 || two.count() != 2 {
				t.Errorf("seed %d: after a restart %d times up, and %d; want 1 and 2", seed, one.count(), two.count())
			}
		})
	}
}

// TestLink_again: a link that breaks by itself is made again, by the server that was told of the other, and, when that has
// forgotten it, by the other one, which knows where it is.
func TestLink_again(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		one, two := w.join(newFake(t, 1), nil), w.join(newFake(t, 2), nil, addressOf(1))
		linked(t, one, two)
		for range 5 {
			w.breakConns(one, two)
			notLinked(t, one, two)
			time.Sleep(5 * time.Second)
			linked(t, one, two)
		}
		if n := w.dials(two.address); n > 0 {
			t.Errorf("the server that was called has called %d times, though the other one did", n)
		}
		two.crash()
		time.Sleep(time.Minute)
		if links := one.peers.Links(); len(links) != 1 || links[0].Up || !strings.Contains(links[0].Reason, "nobody listens") {
			t.Errorf("%+v; want that two is away, and why", links)
		}
		if n := w.dials(two.address); n < 30 || n > 150 {
			t.Errorf("a server that was away for a minute was called %d times", n)
		}
		two = w.join(newFake(t, 2), nil)
		defer end(one, two)
		time.Sleep(3 * time.Second)
		linked(t, one, two)
		if log := one.log.String(); strings.Count(log, "a server cannot be reached") != 1 {
			t.Errorf("the log should say once in a minute that two was away:\n%s", log)
		}
	})
}

// TestLink_silent: a network that swallows everything is found within seconds, on both sides, and does not keep others waiting.
func TestLink_silent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		one, two, three := w.join(newFake(t, 1), nil), w.join(newFake(t, 2), nil, addressOf(1)), w.join(newFake(t, 3), nil, addressOf(1))
		defer end(one, two, three)
		linked(t, one, two)
		w.freeze(one, two)
		time.Sleep((maxSilence - 1) * beatInterval)
		linked(t, one, two)
		one.peers.Send(3, announce(1))
		<-three.received
		w.shut(one)
		w.shut(two)
		time.Sleep(3 * beatInterval)
		notLinked(t, one, two)
		if links := one.peers.Links(); !strings.Contains(links[0].Reason, "nobody listens") && !strings.Contains(links[0].Reason, errSilent.Error()) {
			t.Errorf("%+v; want a reason", links)
		}
		w.open(one)
		time.Sleep(3 * time.Second)
		linked(t, one, two)
	})
}

// TestLink_restarted: a server that was started anew is linked at once, though the other one still believes in the former link.
func TestLink_restarted(t *testing.T) {
	for _, id := range []merge.ServerID{1, 3} { // with and without the last word
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			other := w.join(newFake(t, 2), nil)
			it := w.join(newFake(t, id), nil, addressOf(2))
			linked(t, it, other)
			w.freeze(it, other) // it goes without a word
			w.shut(it)
			it.server.Stop()
			it.peers.Close()
			if !other.up(id) {
				t.Fatal("the link ended at once")
			}
			it = w.join(newFake(t, id), nil, addressOf(2))
			defer end(it, other)
			time.Sleep(100 * time.Millisecond)
			linked(t, it, other)
			if other.count() != 2 {
				t.Errorf("the link was up %d times; want 2", other.count())
			}
			it.peers.Send(2, announce(1))
			<-other.received
			time.Sleep(time.Minute)
			linked(t, it, other)
		})
	}
}

// TestLink_another: when there is another server at an address, the link is to that one, and the former is not told of any more. An address
// that a server tells leads to that server, or nowhere.
func TestLink_another(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		one := w.join(newFake(t, 1), nil, "s2:8000")
		two := w.join(newFake(t, 2), nil)
		four := w.join(newFake(t, 4), nil, addressOf(1)) // one learns where it is
		defer end(one)
		time.Sleep(2 * time.Second)
		linked(t, one, two)
		linked(t, one, four)
		two.crash()
		four.crash()
		w.mu.Lock()
		w.listeners["s2:8000"], w.listeners["s4:8000"] = nil, nil
		w.mu.Unlock()
		three := w.join(newFake(t, 3), nil)
		defer end(three)
		w.mu.Lock()
		w.listeners["s2:8000"], w.listeners["s4:8000"] = three.listener, three.listener
		w.mu.Unlock()
		w.shut(three)
		time.Sleep(10 * time.Second)
		linked(t, one, three)
		links := one.peers.Links()
		if len(links) != 2 || links[0].Server != 3 || links[0].Address != "s2:8000" || links[1].Server != 4 || links[1].Up {
			t.Errorf("%+v; want 3 at the address that was 2's, and 4 away", links)
		}
		if log := one.log.String(); !strings.Contains(log, "another server at an address") {
			t.Errorf("the log does not say so:\n%s", log)
		}
		calls := w.dials("s4:8000")
		time.Sleep(time.Minute)
		if now := w.dials("s4:8000"); now != calls {
			t.Errorf("what was 4's address was called %d times more", now-calls)
		}
	})
}

// TestLink_aliases: a server that is known by two addresses has one link.
func TestLink_aliases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		two := w.join(newFake(t, 2), nil)
		w.mu.Lock()
		w.listeners["also:8000"] = two.listener
		w.mu.Unlock()
		one := w.join(newFake(t, 1), nil, addressOf(2), "also:8000")
		defer end(one, two)
		time.Sleep(time.Minute)
		linked(t, one, two)
		if id, err := one.peers.Connect(t.Context(), "also:8000"); id != 2 || err != nil {
			t.Errorf("Connect to the other address: %d, %v; want 2, as it is linked", id, err)
		}
		if n := one.count(); n != 1 || len(one.peers.Links()) != 1 {
			t.Errorf("the link was up %d times, %+v; want one, once", n, one.peers.Links())
		}
	})
}

// TestLink_self: a server does not link itself to itself, by whichever address.
func TestLink_self(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		one := w.join(newFake(t, 1), nil, addressOf(1), "alias:8000")
		w.mu.Lock()
		w.listeners["alias:8000"] = one.listener
		w.mu.Unlock()
		defer end(one)
		time.Sleep(time.Minute)
		if links := one.peers.Links(); len(links) > 0 || one.count() > 0 {
			t.Errorf("%+v; want none", links)
		}
		for _, address := range []string{addressOf(1), "alias:8000"} {
			if _, err := one.peers.Connect(t.Context(), address); !errors.Is(err, node.ErrRefused) || !strings.Contains(err.Error(), address+" is the address of this server itself") {
				t.Errorf("Connect to %s: %v", address, err)
			}
		}
		if n := w.dials("alias:8000"); n > 10 {
			t.Errorf("it has called itself %d times", n)
		}
	})
}
