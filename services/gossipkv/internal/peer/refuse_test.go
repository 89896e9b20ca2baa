package peer

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"numstore.example/services/gossipkv/internal/node"
	"numstore.example/services/gossipkv/internal/peerpb"
	"numstore.example/services/internal/links"
)

// TestRefused: whichever side refuses the other, Connect says why, and is not tried again; a server of Config.Peers is, until
// nobody refuses it. Both logs have the reason, once.
func TestRefused(t *testing.T) {
	for name, called := range map[string]bool{"who was called": true, "who calls": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				one, two := w.join(newFake(t, 1), nil), w.join(newFake(t, 2), nil)
				refuses, refused := one, two
				if called {
					refuses, refused = two, one
				}
				refuses.refuse(refused.self.Server, "it was forgotten")
				_, err := one.peers.Connect(t.Context(), two.address)
				if !errors.Is(err, node.ErrRefused) || errors.Is(err, node.ErrUnreachable) || strings.Count(err.Error(), "refused") != 1 || !strings.Contains(err.Error(), "it was forgotten") {
					t.Errorf("Connect: %v", err)
				}
				time.Sleep(time.Minute)
				if n := w.dials(two.address); n != 1 || len(one.peers.Links()) > 0 {
					t.Errorf("called %d times, %+v; want once", n, one.peers.Links())
				}
				third := newFake(t, 3)
				if called {
					two.refuse(3, "it is a duplicate")
				} else {
					third.refuse(2, "it is a duplicate")
				}
				three := w.join(third, nil, two.address)
				defer end(one, two, three)
				time.Sleep(50 * time.Second)
				notLinked(t, two, three)
				for _, m := range []*member{two, three} {
					if n := strings.Count(m.log.String(), "it is a duplicate"); n != 1 {
						t.Errorf("the log of %d has the reason %d times in a minute:\n%s", m.self.Server, n, m.log)
					}
				}
				if links := three.peers.Links(); len(links) != 1 || links[0].Up || !strings.Contains(links[0].Reason, "it is a duplicate") {
					t.Errorf("%+v; want the reason", links)
				}
				two.refuse(3, "")
				three.refuse(2, "")
				time.Sleep(2 * time.Second)
				linked(t, two, three)
			})
		})
	}
}

// TestRefused_number: two servers with one number refuse each other by that.
func TestRefused_number(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		one := w.join(newFake(t, 1), nil)
		twin := w.join(newFake(t, 1), nil)
		w.mu.Lock()
		w.listeners["one:8000"] = one.listener
		w.mu.Unlock()
		defer end(one, twin)
		_, err := twin.peers.Connect(t.Context(), "one:8000")
		if !errors.Is(err, node.ErrRefused) || !strings.Contains(err.Error(), "two servers have the number 1") || !strings.Contains(err.Error(), "--id") {
			t.Errorf("Connect: %v", err)
		}
	})
}

// stranger opens a stream as no program of this house does, and returns how to send on it, and what the server sends, until it ends.
func stranger(t *testing.T, w *world, m *member) (send func(*peerpb.GossipMessage), ended <-chan error) {
	t.Helper()
	conn, err := links.Connect(m.address, nil, w.dialer("stranger"))
	if err != nil {
		t.Fatal(err)
	}
	stream, err := peerpb.NewPeerClient(conn).Gossip(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	result := make(chan error, 1)
	go func() {
		defer conn.Close()
		for {
			if _, err := stream.Recv(); err != nil {
				result <- err
				return
			}
		}
	}()
	return func(message *peerpb.GossipMessage) { stream.Send(message) }, result
}

// TestStranger: what no server that is well would send ends the stream, with the reason, and with that the link; a stranger who says nothing
// is not waited for.
func TestStranger(t *testing.T) {
	hello := greeting{Greeting: newFake(t, 9).Greeting(), run: 9}.encode()
	fit := &peerpb.GossipMessage{Fit: new(peerpb.Fit)}
	noPush := &peerpb.GossipMessage{Messages: []*peerpb.Message{{Message: &peerpb.Message_Push{Push: &peerpb.Push{}}}}}
	for name, c := range map[string]struct {
		sends []*peerpb.GossipMessage
		code  codes.Code
		says  string
		up    int
	}{
		"nothing":               {nil, codes.Unavailable, "has not answered within", 0},
		"no greeting":           {[]*peerpb.GossipMessage{fit}, codes.InvalidArgument, "the first message is no greeting", 0},
		"no version":            {[]*peerpb.GossipMessage{{Greeting: &peerpb.Greeting{Self: hello.GetSelf()}}}, codes.InvalidArgument, "no version", 0},
		"nobody":                {[]*peerpb.GossipMessage{{Greeting: &peerpb.Greeting{Version: 1}}}, codes.InvalidArgument, "an origin without a server", 0},
		"nothing behind that":   {[]*peerpb.GossipMessage{{Greeting: hello}}, codes.Unavailable, "has not answered within", 0},
		"messages at once":      {[]*peerpb.GossipMessage{{Greeting: hello}, noPush}, codes.InvalidArgument, "does not say that the other one is fit", 0},
		"a push of nothing":     {[]*peerpb.GossipMessage{{Greeting: hello}, fit, noPush}, codes.InvalidArgument, "an origin without a server", 1},
		"no kind":               {[]*peerpb.GossipMessage{{Greeting: hello}, fit, {Messages: []*peerpb.Message{{}}}}, codes.InvalidArgument, "does not know", 1},
		"a part that is broken": {[]*peerpb.GossipMessage{{Greeting: hello}, fit, {Part: &peerpb.Part{Data: []byte{255}, Last: true}}}, codes.InvalidArgument, "not valid", 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				one := w.join(newFake(t, 1), nil)
				defer end(one)
				send, ended := stranger(t, w, one)
				for _, message := range c.sends {
					send(message)
				}
				if err := <-ended; status.Code(err) != c.code || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%v; want %s that says %q", err, c.code, c.says)
				}
				synctest.Wait()
				if one.up(9) || one.count() != c.up || len(one.received) > 0 {
					t.Errorf("up %v, %d times; %d messages", one.up(9), one.count(), len(one.received))
				}
			})
		})
	}
}

// TestToken: who does not have the token is told so by name, and logged; with it, there is a link.
func TestToken(t *testing.T) {
	authorize := func(ctx context.Context) error {
		if got := metadata.ValueFromIncomingContext(ctx, "authorization"); len(got) != 1 || got[0] != "Bearer secret" {
			return status.Error(codes.Unauthenticated, "another token")
		}
		return nil
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		with := func(token string) func(*member, *Config) {
			return func(_ *member, c *Config) { c.Token, c.Authorize = token, authorize }
		}
		one, two, three := w.join(newFake(t, 1), with("secret")), w.join(newFake(t, 2), with("secret")), w.join(newFake(t, 3), with("wrong"))
		defer end(one, two, three)
		if _, err := two.peers.Connect(t.Context(), one.address); err != nil {
			t.Error(err)
		}
		linked(t, one, two)
		if _, err := three.peers.Connect(t.Context(), one.address); !errors.Is(err, node.ErrRefused) || !strings.Contains(err.Error(), "another token") {
			t.Errorf("with a wrong token: %v", err)
		}
		notLinked(t, one, three)
		if log := one.log.String(); strings.Count(log, "refused a caller who may not speak as a server") != 1 || strings.Contains(log, "wrong") {
			t.Errorf("the log:\n%s", log)
		}
	})
}
