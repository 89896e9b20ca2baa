package peer

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/internal/links"
)

// sendState sends a state from node 1 to node 2, and returns where its end will be told; a second telling would panic.
func (m *member) sendState(write func(io.Writer) error) <-chan error {
	done := make(chan error, 1)
	m.peers.SendSnapshot(3, message(raftpb.MsgSnap, 1, 2, 9, 0), write, func(err error) {
		done <- err
		close(done)
	})
	return done
}

func writing(b []byte) func(io.Writer) error {
	return func(w io.Writer) error { _, err := w.Write(b); return err }
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	source := rand.NewChaCha8([32]byte{1})
	source.Read(b)
	return b
}

// TestSnapshot: a state arrives as it was written, whatever its length, and done is told when the other node has it.
func TestSnapshot(t *testing.T) {
	for _, size := range []int{0, 1, snapshotChunk - 1, snapshotChunk, 5*snapshotChunk + 7} {
		synctest.Test(t, func(t *testing.T) {
			one, two := pair(t, nil)
			defer end(one, two)
			state, took := randomBytes(size), false
			two.snapshots = func(_ context.Context, r io.Reader) error {
				got, err := io.ReadAll(r)
				if err != nil || !bytes.Equal(got, state) {
					t.Errorf("%d bytes have become %d others, %v", size, len(got), err)
				}
				took = true
				return nil
			}
			if err := <-one.sendState(writing(state)); err != nil || !took {
				t.Errorf("%d bytes: %v, taken %v", size, err, took)
			}
		})
	}
}

// TestSnapshot_fails: whoever fails, done says so, once, and the other node never takes a part for the whole.
func TestSnapshot_fails(t *testing.T) {
	ends := func(_ context.Context, r io.Reader) error { _, err := io.Copy(io.Discard, r); return err }
	long := randomBytes(40 * snapshotChunk)
	for _, c := range []struct {
		name  string
		write func(two *member) func(io.Writer) error
		takes func(context.Context, io.Reader) error
		says  string
		whole bool
	}{
		{"the writer", func(*member) func(io.Writer) error {
			return func(w io.Writer) error { w.Write(long); return errors.New("a flipped byte") }
		}, ends, "a flipped byte", false},
		{"the receiver, early", func(*member) func(io.Writer) error { return writing(long) },
			func(context.Context, io.Reader) error { return errors.New("no room") }, "no room", false},
		{"the receiver, at the end", func(*member) func(io.Writer) error { return writing(long) },
			func(ctx context.Context, r io.Reader) error {
				return errors.Join(ends(ctx, r), errors.New("the checksum is another"))
			}, "the checksum is another", true},
		{"the link", func(two *member) func(io.Writer) error {
			return func(w io.Writer) error { w.Write(long); two.crash(); _, err := w.Write(long); return err }
		}, ends, "node 2 at n2:6000", false},
	} {
		synctest.Test(t, func(t *testing.T) {
			one, two := pair(t, nil)
			defer end(one, two)
			taken := make(chan error, 1)
			two.snapshots = func(ctx context.Context, r io.Reader) error {
				err := c.takes(ctx, r)
				taken <- err
				return err
			}
			if err := <-one.sendState(c.write(two)); err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "shard 3") {
				t.Errorf("%s fails: %v; want %q", c.name, err, c.says)
			}
			if err := <-taken; err == nil {
				t.Errorf("%s fails: the receiver has taken a part for the whole", c.name)
			}
			// The next one is not held up, once the receiver has left the call that the sender has given up.
			synctest.Wait()
			two.snapshots = ends
			if c.name == "the link" {
				two.serve()
				time.Sleep(2 * links.MostPause)
			}
			if err := <-one.sendState(writing(long)); err != nil {
				t.Errorf("the next one after %s has failed: %v", c.name, err)
			}
		})
	}
}

// TestSnapshot_one: one state leaves at a time, the next one waits; one arrives at a time, another node's is refused.
func TestSnapshot_one(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cluster := newWorld(t), clusterOf(t, 1, 2, 3)
		one, two, three := w.join(1, cluster, nil), w.join(2, cluster, nil), w.join(3, cluster, nil)
		defer end(one, two, three)
		taking, release := make(chan struct{}, 3), make(chan struct{})
		two.snapshots = func(_ context.Context, r io.Reader) error {
			taking <- struct{}{}
			<-release
			_, err := io.Copy(io.Discard, r)
			return err
		}
		first := one.sendState(writing([]byte("first")))
		<-taking
		begun := false
		second := one.sendState(func(w io.Writer) error { begun = true; return nil })
		third := make(chan error, 1)
		three.peers.SendSnapshot(3, message(raftpb.MsgSnap, 3, 2, 9, 0), writing([]byte("third")), func(err error) { third <- err })
		if err := <-third; err == nil || !strings.Contains(err.Error(), "takes another state at present") {
			t.Errorf("another node's: %v; want that it is refused", err)
		}
		synctest.Wait()
		if begun {
			t.Error("the second one was begun beside the first")
		}
		close(release)
		if err := errors.Join(<-first, <-second); err != nil || !begun {
			t.Errorf("both: %v; begun %v", err, begun)
		}
	})
}

// TestSnapshot_foreign: a state is taken only with a message from the node that has greeted to this one.
func TestSnapshot_foreign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := pair(t, nil)
		defer end(one, two)
		two.snapshots = func(context.Context, io.Reader) error { t.Error("it was taken"); return nil }
		done := make(chan error, 1)
		one.peers.SendSnapshot(3, message(raftpb.MsgSnap, 3, 2, 9, 0), writing(nil), func(err error) { done <- err })
		if err := <-done; err == nil || !strings.Contains(err.Error(), "node 1 has sent a message of member 3") {
			t.Errorf("%v; want that it is refused", err)
		}
		one.peers.SendSnapshot(3, message(raftpb.MsgSnap, 1, 9, 9, 0), writing(nil), func(err error) { done <- err })
		if err := <-done; err == nil || !strings.Contains(err.Error(), "no address of node 9") {
			t.Errorf("to a node that there is not: %v", err)
		}
	})
}

// TestSnapshot_standstill: a state that makes no headway is given up by both nodes, and done is told, whoever stands still.
func TestSnapshot_standstill(t *testing.T) {
	for _, c := range []struct {
		name  string
		write func(hang chan struct{}) func(io.Writer) error
		takes func(hang chan struct{}) func(context.Context, io.Reader) error
	}{
		{"the writer", func(hang chan struct{}) func(io.Writer) error {
			return func(w io.Writer) error { <-hang; return nil }
		}, func(chan struct{}) func(context.Context, io.Reader) error {
			return func(_ context.Context, r io.Reader) error { _, err := io.Copy(io.Discard, r); return err }
		}},
		{"the receiver", func(chan struct{}) func(io.Writer) error {
			return writing(randomBytes(100 * snapshotChunk))
		}, func(hang chan struct{}) func(context.Context, io.Reader) error {
			return func(ctx context.Context, r io.Reader) error { <-ctx.Done(); return context.Cause(ctx) }
		}},
	} {
		synctest.Test(t, func(t *testing.T) {
			one, two := pair(t, nil)
			defer end(one, two)
			hang := make(chan struct{})
			taken := make(chan error, 1)
			takes := c.takes(hang)
			two.snapshots = func(ctx context.Context, r io.Reader) error {
				err := takes(ctx, r)
				taken <- err
				return err
			}
			done := one.sendState(c.write(hang))
			time.Sleep(maxStandstill - time.Second)
			select {
			case err := <-done:
				t.Fatalf("%s: given up early: %v", c.name, err)
			default:
			}
			if err := <-done; err == nil {
				t.Errorf("%s stands still: done without an error", c.name)
			}
			if err := <-taken; err == nil {
				t.Errorf("%s stands still: taken", c.name)
			}
			close(hang)
		})
	}
}

// TestSnapshot_throttled: a state takes the time that its bytes may take, which is no standstill.
func TestSnapshot_throttled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cluster := newWorld(t), clusterOf(t, 1, 2)
		const rate = 64 << 10 // a chunk takes four seconds
		one := w.join(1, cluster, func(c *Config) { c.SnapshotRate = rate })
		two := w.join(2, cluster, nil)
		defer end(one, two)
		two.snapshots = func(_ context.Context, r io.Reader) error { _, err := io.Copy(io.Discard, r); return err }
		const size = 20 * snapshotChunk
		began := time.Now()
		if err := <-one.sendState(writing(randomBytes(size))); err != nil {
			t.Fatal(err)
		}
		// By the bubble's clock, which only sleeping moves. The first chunk may leave at once.
		if took, least := time.Since(began), (size-snapshotChunk)/rate*time.Second; took < least || took > 2*least {
			t.Errorf("it took %v; want %v or a little more", took, least)
		}
	})
}

// TestSnapshot_close: a state that is being sent, and one that waits, end when the peers are closed.
func TestSnapshot_close(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := pair(t, nil)
		defer end(one, two)
		two.snapshots = func(ctx context.Context, r io.Reader) error { _, err := io.Copy(io.Discard, r); return err }
		endless := func(w io.Writer) error {
			for {
				if _, err := w.Write(make([]byte, snapshotChunk)); err != nil {
					return err
				}
			}
		}
		first, second := one.sendState(endless), one.sendState(endless)
		time.Sleep(time.Second)
		one.peers.Close()
		for _, done := range []<-chan error{first, second, one.sendState(endless)} {
			if err := <-done; err == nil {
				t.Error("done without an error")
			}
		}
	})
}
