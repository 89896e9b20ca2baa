package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"numstore.example/services/internal/links"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/peerpb"
	"numstore.example/services/raftkv/internal/shard"
)

// echo answers each command with itself, and each key with itself as its value; keys of "no" are missing.
var echo = group{
	propose: func(p *node.Proposal) { p.Done(p.Commands, nil) },
	getAll: func(_ context.Context, keys [][]byte, tell func(int, kv.Record, bool, error) bool) error {
		for i, key := range keys {
			if !tell(i, kv.Record{Version: uint64(i + 1), Value: key}, string(key) != "no", nil) {
				break
			}
		}
		return nil
	},
}

// pair is two nodes that are one cluster; the second one has a group for shard 0.
func pair(t *testing.T, group node.Group) (one, two *member) {
	w, cluster := newWorld(t), clusterOf(t, 1, 2)
	one, two = w.join(1, cluster, nil), w.join(2, cluster, nil)
	two.setGroup(0, group)
	return one, two
}

// outcome is how a proposal has ended.
type outcome struct {
	replies [][]byte
	err     error
}

// propose proposes commands, and returns where their outcome will be, if they have one; a second one would panic.
func propose(group node.Group, commands ...[]byte) <-chan outcome {
	settled := make(chan outcome, 1)
	group.Propose(&node.Proposal{Commands: commands, Done: func(replies [][]byte, err error) {
		settled <- outcome{replies, err}
		close(settled)
	}})
	return settled
}

// TestForward: proposals arrive in their order, those too that are longer than what a server takes as one message,
// and each gets its own replies.
func TestForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []int
		one, two := pair(t, group{propose: func(p *node.Proposal) {
			order = append(order, len(p.Commands[0]))
			p.Done(p.Commands, nil)
		}})
		defer end(one, two)
		var settled []<-chan outcome
		var want []int
		for i := range 50 {
			size := 10 + i
			if i%10 == 3 {
				size = 3<<20 + i
			}
			want = append(want, size)
			settled = append(settled, propose(one.peers.Group(2, 0), bytes.Repeat([]byte{byte(i)}, size), []byte{}))
		}
		for i, s := range settled {
			o := <-s
			if o.err != nil || len(o.replies) != 2 || len(o.replies[0]) != want[i] || o.replies[0][0] != byte(i) || len(o.replies[1]) != 0 {
				t.Errorf("proposal %d: %d replies, %v", i, len(o.replies), o.err)
			}
		}
		if !slices.Equal(order, want) {
			t.Errorf("they came in the order of lengths %v; want %v", order, want)
		}
	})
}

// TestForward_groups: the groups of a node and a shard are one value, and those of others another one.
func TestForward_groups(t *testing.T) {
	p := New(Config{})
	defer p.Close()
	if p.Group(2, 1) != p.Group(2, 1) || p.Group(2, 1) == p.Group(2, 0) || p.Group(2, 1) == p.Group(3, 1) {
		t.Error("groups should be equal if and only if node and shard are")
	}
	if p.Group(2, 1).Failed() != nil {
		t.Error("another node's group fails for good")
	}
}

// TestForward_reads: what is asked for is told in order, with long values and missing keys.
func TestForward_reads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := pair(t, echo)
		defer end(one, two)
		var keys [][]byte
		for i := range 40 {
			switch {
			case i%9 == 4:
				keys = append(keys, []byte("no"))
			case i%9 == 5:
				keys = append(keys, bytes.Repeat([]byte{byte(i)}, 700<<10))
			default:
				keys = append(keys, fmt.Append(nil, "key ", i))
			}
		}
		next := 0
		err := one.peers.Group(2, 0).GetAll(t.Context(), keys, func(i int, record kv.Record, found bool, err error) bool {
			if i != next || err != nil || !bytes.Equal(record.Value, keys[i]) || found != (string(keys[i]) != "no") || record.Version == 0 {
				t.Errorf("told %d (want %d): %d bytes, version %d, found %v, %v", i, next, len(record.Value), record.Version, found, err)
			}
			next++
			return true
		})
		if err != nil || next != len(keys) {
			t.Errorf("told %d of %d, %v", next, len(keys), err)
		}
		told := 0
		if err := one.peers.Group(2, 0).GetAll(t.Context(), keys, func(int, kv.Record, bool, error) bool { told++; return false }); err != nil || told != 1 {
			t.Errorf("told %d after the first was enough, %v", told, err)
		}
		if record, found, err := one.peers.Group(2, 0).Get(t.Context(), []byte("k")); err != nil || !found || string(record.Value) != "k" {
			t.Errorf("Get: %q, %v, %v", record.Value, found, err)
		}
		if _, _, err := one.peers.Group(2, 5).Get(t.Context(), []byte("k")); !errors.Is(err, node.ErrNotLeader) {
			t.Errorf("of a shard that is not there: %v", err)
		}
	})
}

// TestForward_rest: what fails after some records were told is told of each of the others.
func TestForward_rest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		one, two := pair(t, group{getAll: func(_ context.Context, keys [][]byte, tell func(int, kv.Record, bool, error) bool) error {
			if asked++; asked > 1 {
				return node.ErrStopped
			}
			for i := range keys {
				if !tell(i, kv.Record{Value: make([]byte, maxRecords/2)}, true, nil) {
					break
				}
			}
			return nil
		}})
		defer end(one, two)
		var errs []error
		err := one.peers.Group(2, 0).GetAll(t.Context(), make([][]byte, 5), func(i int, _ kv.Record, _ bool, err error) bool {
			errs = append(errs, err)
			return true
		})
		if err != nil || len(errs) != 5 || errs[1] != nil || !errors.Is(errs[2], node.ErrStopped) || !errors.Is(errs[4], node.ErrStopped) {
			t.Errorf("told %v, %v; want two records and three errors", errs, err)
		}
	})
}

// TestForward_errors: what a group answers arrives as what it is.
func TestForward_errors(t *testing.T) {
	for _, sent := range []error{
		&node.NotLeader{Leader: 3}, &node.NotLeader{}, node.ErrBusy, fmt.Errorf("why: %w", node.ErrDeposed), node.ErrStopped,
		node.ErrFailed, node.Damaged("file x is not as it was written"), context.DeadlineExceeded, errors.New("another one"),
	} {
		got := errorOf(failureOf(sent), 2)
		for _, kind := range kinds {
			if errors.Is(got, kind.err) != errors.Is(sent, kind.err) {
				t.Errorf("%v became %v, which is %v or not", sent, got, kind.err)
			}
		}
		if node.IsDamage(got) != node.IsDamage(sent) {
			t.Errorf("%v became %v: damage or not", sent, got)
		}
		if leader, ok := sent.(*node.NotLeader); ok {
			if its, ok := got.(*node.NotLeader); !ok || its.Leader != leader.Leader {
				t.Errorf("%v became %v", sent, got)
			}
		} else if !strings.Contains(got.Error(), sent.Error()) || !strings.Contains(got.Error(), "node 2") {
			t.Errorf("%v became %v", sent, got)
		}
	}
}

// TestForward_lost: what was sent to a node that is lost may have happened; what could not be sent has not. Reads can be
// done elsewhere in either case. When the node is there again, it is asked again.
func TestForward_lost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		arrived := make(chan struct{}, 2)
		one, two := pair(t, group{
			propose: func(*node.Proposal) { arrived <- struct{}{} },
			getAll: func(ctx context.Context, _ [][]byte, _ func(int, kv.Record, bool, error) bool) error {
				arrived <- struct{}{}
				<-ctx.Done()
				return ctx.Err()
			},
		})
		defer end(one, two)
		group := one.peers.Group(2, 0)
		sent, read := propose(group, []byte("a")), make(chan error, 1)
		go func() { _, _, err := group.Get(t.Context(), []byte("k")); read <- err }()
		<-arrived
		<-arrived
		two.crash()
		if o := <-sent; !errors.Is(o.err, node.ErrDeposed) || !strings.Contains(o.err.Error(), "node 2") {
			t.Errorf("sent, not answered: %v; want ErrDeposed", o.err)
		}
		if err := <-read; !errors.Is(err, node.ErrNotLeader) {
			t.Errorf("a read that was lost: %v; want ErrNotLeader", err)
		}
		if o := <-propose(group, []byte("b")); !errors.Is(o.err, node.ErrNotLeader) {
			t.Errorf("not sent: %v; want ErrNotLeader", o.err)
		}
		if _, _, err := group.Get(t.Context(), []byte("k")); !errors.Is(err, node.ErrNotLeader) {
			t.Errorf("a read that was not sent: %v; want ErrNotLeader", err)
		}
		two.setGroup(0, echo)
		two.serve()
		time.Sleep(2 * links.MostPause)
		if o := <-propose(group, []byte("c")); o.err != nil {
			t.Errorf("when it is back: %v", o.err)
		}
	})
}

// TestForward_silent: a node that takes what it is sent, and says nothing, is given up within some seconds; one that is slow is
// not, as long as it says that it is there.
func TestForward_silent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := make(chan *node.Proposal, 1)
		one, two := pair(t, group{propose: func(p *node.Proposal) { slow <- p }})
		defer end(one, two)
		settled := propose(one.peers.Group(2, 0), []byte("a"))
		time.Sleep(time.Minute)
		select {
		case o := <-settled:
			t.Fatalf("a slow node was given up: %v", o.err)
		default:
		}
		(<-slow).Done([][]byte{nil}, nil)
		if o := <-settled; o.err != nil {
			t.Errorf("at last: %v", o.err)
		}
		stopped := make(chan struct{}) // its one reader stands still
		two.setGroup(0, group{propose: func(*node.Proposal) { <-stopped }})
		settled = propose(one.peers.Group(2, 0), []byte("b"))
		time.Sleep((maxSilence + 2) * beatInterval)
		select {
		case o := <-settled:
			if !errors.Is(o.err, node.ErrDeposed) {
				t.Errorf("a silent node: %v; want ErrDeposed", o.err)
			}
		default:
			t.Error("a silent node is waited for")
		}
		close(stopped)
	})
}

// TestForward_abandoned: a read ends with its context, and the other node does not go on with it for ever.
func TestForward_abandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan struct{}, 10)
		one, two := pair(t, group{getAll: func(ctx context.Context, _ [][]byte, _ func(int, kv.Record, bool, error) bool) error {
			<-ctx.Done()
			ended <- struct{}{}
			return ctx.Err()
		}})
		defer end(one, two)
		ctx, cancel := context.WithCancel(t.Context())
		read := make(chan error)
		go func() { _, _, err := one.peers.Group(2, 0).Get(ctx, []byte("k")); read <- err }()
		time.Sleep(maxReadTime + maxReadTime/2) // it is asked a second time
		if len(ended) != 1 {
			t.Errorf("the other node has given up %d times; want once", len(ended))
		}
		cancel()
		if err := <-read; !errors.Is(err, context.Canceled) {
			t.Errorf("the read: %v; want that its context ended", err)
		}
		f := one.peers.linkTo(2).forward
		f.mu.Lock()
		count, bytes, sent := f.count, f.bytes, len(f.sent)
		f.mu.Unlock()
		if count != 0 || bytes != 0 || sent != 0 {
			t.Errorf("%d are still counted, %d bytes, %d sent", count, bytes, sent)
		}
		time.Sleep(maxReadTime)
		if len(ended) != 2 {
			t.Error("the other node goes on with a read that nobody waits for")
		}
	})
}

// TestForward_busy: what is on its way to a node is bounded by bytes and by number, at both ends.
func TestForward_busy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := pair(t, group{propose: func(*node.Proposal) {}})
		defer end(one, two)
		group, command := one.peers.Group(2, 0), make([]byte, 16<<20)
		for range maxAskedBytes / len(command) {
			propose(group, command)
		}
		if o := <-propose(group, []byte("a")); !errors.Is(o.err, node.ErrBusy) {
			t.Errorf("too many bytes: %v; want ErrBusy", o.err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		one, two := pair(t, group{propose: func(*node.Proposal) {}})
		defer end(one, two)
		s := &serving{node: two, some: make(chan struct{}, 1), proposed: make(map[uint64]proposed), stopping: make(chan struct{})}
		f := newForwarder(one.peers.linkTo(2)) // whose streams nobody opens
		for range maxAsked {
			if err := f.enqueue(&asked{read: new(peerpb.Read)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.enqueue(&asked{read: new(peerpb.Read)}); !errors.Is(err, node.ErrBusy) {
			t.Errorf("too many asked: %v; want ErrBusy", err)
		}
		for i := range maxAsked {
			if err := s.enter(uint64(i), proposed{group: two.Local(0)}); err != nil {
				t.Fatalf("proposal %d: %v", i, err)
			}
		}
		if err := s.enter(maxAsked, proposed{group: two.Local(0)}); !errors.Is(err, node.ErrBusy) {
			t.Errorf("too many: %v; want ErrBusy", err)
		}
		s.replied(0, nil, nil)
		if err := s.enter(maxAsked, proposed{group: two.Local(0)}); err != nil {
			t.Errorf("after one was answered: %v", err)
		}
	})
}

// TestForward_failed: proposals of a group that fails are answered, although the group does not tell.
func TestForward_failed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failing := &group{propose: func(*node.Proposal) {}, failed: make(chan struct{})}
		one, two := pair(t, failing)
		defer end(one, two)
		settled := propose(one.peers.Group(2, 0), []byte("a"))
		synctest.Wait()
		close(failing.failed)
		if o := <-settled; !errors.Is(o.err, node.ErrFailed) {
			t.Errorf("%v; want ErrFailed", o.err)
		}
	})
}

// TestForward_stopping: a server that stops answers what it was asked, takes no more, and ends the streams.
func TestForward_stopping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, cluster := newWorld(t), clusterOf(t, 1, 2)
		stopping := make(chan struct{})
		one, two := w.join(1, cluster, nil), w.join(2, cluster, func(c *Config) { c.Stopping = stopping })
		defer end(one, two)
		waiting := make(chan *node.Proposal, 1)
		two.setGroup(0, group{propose: func(p *node.Proposal) { waiting <- p }})
		first := propose(one.peers.Group(2, 0), []byte("a"))
		synctest.Wait()
		close(stopping)
		stopped := make(chan struct{})
		go func() { two.server.GracefulStop(); close(stopped) }()
		synctest.Wait()
		if o := <-propose(one.peers.Group(2, 0), []byte("b")); !errors.Is(o.err, node.ErrNotLeader) {
			t.Errorf("while it stops: %v; want ErrNotLeader", o.err)
		}
		(<-waiting).Done([][]byte{[]byte("a")}, nil)
		if o := <-first; o.err != nil {
			t.Errorf("what it was asked before: %v", o.err)
		}
		<-stopped
	})
}

// TestForward_close: when the peers are closed, all who wait are answered.
func TestForward_close(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := pair(t, group{propose: func(*node.Proposal) {}})
		defer end(one, two)
		sent := propose(one.peers.Group(2, 0), []byte("a"))
		synctest.Wait()
		one.peers.Close()
		if o := <-sent; !errors.Is(o.err, node.ErrDeposed) {
			t.Errorf("what was sent: %v; want ErrDeposed", o.err)
		}
		if o := <-propose(one.peers.Group(2, 0), []byte("b")); !errors.Is(o.err, node.ErrNotLeader) {
			t.Errorf("after that: %v; want ErrNotLeader", o.err)
		}
	})
}

// TestScan: pairs and backups come whole, whatever their lengths; what the group says in the end is told; a stream that
// breaks in the middle is no end, and nothing that can be begun again.
func TestScan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end1, broken := error(nil), make(chan struct{})
		scanned := group{scan: func(tell func([]byte, kv.Record) (bool, error)) error {
			for i := range 20 {
				if more, err := tell(fmt.Append(nil, i), kv.Record{Version: uint64(i), Value: make([]byte, i*100<<10)}); err != nil || !more {
					return err
				}
			}
			if end1 == errWait {
				<-broken
			}
			return end1
		}}
		one, two := pair(t, scanned)
		defer end(one, two)
		remote := one.peers.Group(2, 0)
		scan := func() (told int, err error) {
			err = remote.Scan(t.Context(), node.Range{}, true, func(key []byte, record kv.Record) (bool, error) {
				if string(key) != fmt.Sprint(told) || len(record.Value) != told*100<<10 || record.Version != uint64(told) {
					t.Errorf("pair %q with %d bytes; want number %d", key, len(record.Value), told)
				}
				told++
				return true, nil
			})
			return told, err
		}
		if told, err := scan(); told != 20 || err != nil {
			t.Errorf("told %d, %v", told, err)
		}
		var backup bytes.Buffer
		if err := remote.Backup(t.Context(), shard.BackupID{1}, &backup); err != nil || backup.String() != "012345678910111213141516171819" {
			t.Errorf("the backup is %q, %v", backup.String(), err)
		}
		end1 = node.ErrStopped
		if told, err := scan(); told != 20 || !errors.Is(err, node.ErrStopped) {
			t.Errorf("told %d, %v; want ErrStopped", told, err)
		}
		if err := remote.Backup(t.Context(), shard.BackupID{1}, new(bytes.Buffer)); !errors.Is(err, node.ErrStopped) {
			t.Errorf("a backup that fails: %v; want ErrStopped", err)
		}
		stop := errors.New("enough")
		if err := remote.Scan(t.Context(), node.Range{}, true, func([]byte, kv.Record) (bool, error) { return false, stop }); err != stop {
			t.Errorf("who has enough: %v", err)
		}
		end1 = errWait
		go func() { time.Sleep(time.Second); go two.crash(); synctest.Wait(); close(broken) }()
		if told, err := scan(); told == 0 || !errors.Is(err, node.ErrDeposed) {
			t.Errorf("broken after %d: %v; want ErrDeposed", told, err)
		}
		if told, err := scan(); told != 0 || !errors.Is(err, node.ErrNotLeader) {
			t.Errorf("told %d by nobody, %v; want ErrNotLeader", told, err)
		}
	})
}

var errWait = errors.New("wait")

// TestScan_range: the range arrives as it was asked for.
func TestScan_range(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spans := make(chan node.Range, 10)
		one, two := pair(t, spanned{spans: spans})
		defer end(one, two)
		for _, span := range []node.Range{
			{}, {Prefix: []byte("p")}, {Start: []byte("a"), End: []byte("b")}, {After: []byte{}}, {After: []byte("x"), Start: []byte("a")},
		} {
			if err := one.peers.Group(2, 0).Scan(t.Context(), span, false, nil); err != nil {
				t.Fatal(err)
			}
			if got := <-spans; string(got.Prefix) != string(span.Prefix) || string(got.Start) != string(span.Start) || string(got.End) != string(span.End) ||
				string(got.After) != string(span.After) || (got.After == nil) != (span.After == nil) {
				t.Errorf("%+v arrived as %+v", span, got)
			}
		}
	})
}

type spanned struct {
	node.Group
	spans chan node.Range
}

func (s spanned) Scan(_ context.Context, span node.Range, _ bool, _ func([]byte, kv.Record) (bool, error)) error {
	s.spans <- span
	return nil
}
