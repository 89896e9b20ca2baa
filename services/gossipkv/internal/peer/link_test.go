package peer

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestLink: two servers, one of which is told of the other, are linked, and messages go both ways.
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
			if len(links) != 1 || !links[0].Up || links[0].Sent == 0 || links[0].Received == 0 || links[0].LastExchange.IsZero() || links[0].Address == "" || links[0].Reason != "" {
				t.Errorf("%+v", links)
			}
		}
	})
}
