package peer

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"numstore.example/services/gossipkv/internal/node"
)

// TestDisconnect: an operator ends a link at either server, and it is over on both sides at once, and stays so; Connect at either
// makes it again, at once.
func TestDisconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		one, two := w.join(newFake(t, 1), nil), w.join(newFake(t, 2), nil, addressOf(1))
		defer end(one, two)
		linked(t, one, two)
		ups := 1
		for _, cut := range []*member{one, two} {
			for _, made := range []*member{one, two} {
				other := func(m *member) *member {
					if m == one {
						return two
					}
					return one
				}
				if err := cut.peers.Disconnect(t.Context(), other(cut).self.Server, ""); err != nil {
					t.Fatal(err)
				}
				if cut.up(other(cut).self.Server) {
					t.Error("Disconnect has returned, and the link is up")
				}
				calls := w.dials(one.address) + w.dials(two.address)
				notLinked(t, one, two)
				time.Sleep(time.Hour)
				notLinked(t, one, two)
				if now := w.dials(one.address) + w.dials(two.address); now != calls {
					t.Errorf("they have called each other %d times since", now-calls)
				}
				if len(one.peers.Links())+len(two.peers.Links()) > 0 {
					t.Errorf("%+v, %+v; want none", one.peers.Links(), two.peers.Links())
				}
				if id, err := made.peers.Connect(t.Context(), other(made).address); id != other(made).self.Server || err != nil {
					t.Fatalf("Connect: %d, %v", id, err)
				}
				linked(t, one, two)
				if ups++; one.count() != ups || two.count() != ups {
					t.Errorf("%d and %d times up; want %d", one.count(), two.count(), ups)
				}
				w.breakConns(one, two)
				time.Sleep(5 * time.Second)
				linked(t, one, two)
				ups++
			}
		}
		if err := one.peers.Disconnect(t.Context(), 7, ""); !errors.Is(err, node.ErrNoLink) || !strings.Contains(err.Error(), "server 7") {
			t.Errorf("Disconnect of a stranger: %v", err)
		}
		if err := one.peers.Disconnect(t.Context(), 0, "s7:8000"); !errors.Is(err, node.ErrNoLink) || !strings.Contains(err.Error(), "s7:8000") {
			t.Errorf("Disconnect of a strange address: %v", err)
		}
	})
}

// TestDisconnect_quickly: a link that is ended and made again without a pause is up in the end, on both sides, every time.
func TestDisconnect_quickly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.latency = func() time.Duration { return time.Millisecond }
		one, two := w.join(newFake(t, 1), nil, addressOf(2)), w.join(newFake(t, 2), nil, addressOf(1))
		defer end(one, two)
		time.Sleep(time.Second)
		linked(t, one, two)
		for i := range 40 {
			cut, made := one, two
			if i%2 == 0 {
				cut = two
			}
			if i%4 < 2 {
				made = one
			}
			if err := cut.peers.Disconnect(t.Context(), 3-cut.self.Server, ""); err != nil {
				t.Fatal(i, err)
			}
			if _, err := made.peers.Connect(t.Context(), addressOf(3-made.self.Server)); err != nil {
				t.Fatal(i, err)
			}
			time.Sleep(time.Second)
			linked(t, one, two)
		}
	})
}

// TestDisconnect_flood: nothing is taken of a server any more once the link to it is down, however much has come already.
func TestDisconnect_flood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		one, two := w.join(newFake(t, 1), nil), w.join(newFake(t, 2), nil, addressOf(1))
		defer end(one, two)
		linked(t, one, two)
		for range 20 {
			for i := range uint64(2000) {
				two.peers.Send(1, announce(i+1))
			}
			<-one.received
			if err := one.peers.Disconnect(t.Context(), 2, ""); err != nil { // the fake node tells what comes later
				t.Fatal(err)
			}
			if _, err := one.peers.Connect(t.Context(), two.address); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestDisconnect_missed: a server that has not heard of it, as the network was down, is refused when it calls, and calls no more.
// When it is started anew with the other among its peers, it is linked.
func TestDisconnect_missed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		one, two := w.join(newFake(t, 1), nil), w.join(newFake(t, 2), nil, addressOf(1))
		linked(t, one, two)
		w.shut(one)
		w.shut(two)
		w.breakConns(one, two)
		time.Sleep(time.Minute)
		if err := one.peers.Disconnect(t.Context(), 2, ""); err != nil {
			t.Fatal(err)
		}
		w.open(one)
		w.open(two)
		time.Sleep(2 * time.Second)
		calls := w.dials(one.address)
		time.Sleep(time.Hour)
		notLinked(t, one, two)
		if now := w.dials(one.address); now != calls {
			t.Errorf("it has called %d times more", now-calls)
		}
		if len(one.peers.Links())+len(two.peers.Links()) > 0 {
			t.Errorf("%+v, %+v; want none", one.peers.Links(), two.peers.Links())
		}
		two.crash()
		two = w.join(newFake(t, 2), nil, addressOf(1))
		defer end(one, two)
		linked(t, one, two)
		w.breakConns(one, two)
		time.Sleep(2 * time.Second)
		linked(t, one, two)
	})
}

// TestDisconnect_frozen: the other server does not answer any more: the link is over on this side at once all the same.
func TestDisconnect_frozen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		one, two := w.join(newFake(t, 1), nil), w.join(newFake(t, 2), nil, addressOf(1))
		defer end(one, two)
		linked(t, one, two)
		w.freeze(one, two)
		began := time.Now()
		go func() {
			synctest.Wait()
			if one.up(2) || time.Since(began) > 0 {
				t.Errorf("up %v, after %v", one.up(2), time.Since(began))
			}
		}()
		if err := one.peers.Disconnect(t.Context(), 2, ""); err != nil || time.Since(began) > lingerTime {
			t.Errorf("%v, after %v", err, time.Since(began))
		}
		time.Sleep(time.Hour)
		notLinked(t, one, two)
	})
}

// TestDisconnect_unreached: a server that was never reached is not called any more, and is refused where it tells that address.
func TestDisconnect_unreached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		one := w.join(newFake(t, 1), nil, addressOf(2))
		time.Sleep(time.Minute)
		if links := one.peers.Links(); len(links) != 1 || links[0].Server != 0 || links[0].Address != addressOf(2) || !strings.Contains(links[0].Reason, "nobody listens") {
			t.Errorf("%+v; want one to an address", links)
		}
		if err := one.peers.Disconnect(t.Context(), 0, addressOf(3)); !errors.Is(err, node.ErrNoLink) || len(one.peers.Links()) != 1 {
			t.Errorf("Disconnect of an address that is none of the links': %v, %+v", err, one.peers.Links())
		}
		if err := one.peers.Disconnect(t.Context(), 0, addressOf(2)); err != nil {
			t.Fatal(err)
		}
		calls := w.dials(addressOf(2))
		time.Sleep(time.Hour)
		if now := w.dials(addressOf(2)); now != calls || len(one.peers.Links()) > 0 {
			t.Errorf("called %d times more; %+v", now-calls, one.peers.Links())
		}
		two := w.join(newFake(t, 2), nil)
		defer end(one, two)
		if _, err := one.peers.Connect(t.Context(), addressOf(2)); err != nil {
			t.Error(err)
		}
		linked(t, one, two)
	})
}

// TestConnect_hangs: a machine that does not answer at all is given up in time, called again, and told of.
func TestConnect_hangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.hangs[addressOf(2)] = true
		one := w.join(newFake(t, 1), nil)
		defer end(one)
		began := time.Now()
		if _, err := one.peers.Connect(t.Context(), addressOf(2)); !errors.Is(err, node.ErrUnreachable) || time.Since(began) > 3*time.Second {
			t.Errorf("Connect: %v, after %v", err, time.Since(began))
		}
		time.Sleep(50 * time.Second)
		if n := w.dials(addressOf(2)); n < 10 || n > 30 || strings.Count(one.log.String(), "a server cannot be reached") != 1 {
			t.Errorf("called %d times; the log:\n%s", n, one.log)
		}
		if err := one.peers.Disconnect(t.Context(), 0, addressOf(2)); err != nil {
			t.Error(err)
		}
	})
}

// TestConnect: it answers when it has failed for the first time, and goes on; who gives up waiting does not end that.
func TestConnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		one := w.join(newFake(t, 1), nil)
		if _, err := one.peers.Connect(t.Context(), addressOf(2)); !errors.Is(err, node.ErrUnreachable) || !strings.Contains(err.Error(), addressOf(2)) || !strings.Contains(err.Error(), "nobody listens") {
			t.Errorf("Connect to nobody: %v", err)
		}
		time.Sleep(10 * time.Second)
		two := w.join(newFake(t, 2), nil)
		time.Sleep(2 * time.Second)
		linked(t, one, two)
		if id, err := one.peers.Connect(t.Context(), addressOf(2)); id != 2 || err != nil {
			t.Errorf("Connect to a linked one: %d, %v", id, err)
		}
		w.latency = func() time.Duration { return 100 * time.Millisecond }
		three := w.join(newFake(t, 3), nil)
		defer end(one, two, three)
		hurried, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := one.peers.Connect(hurried, addressOf(3)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Connect with no time: %v", err)
		}
		time.Sleep(2 * time.Second)
		linked(t, one, three)
	})
}
