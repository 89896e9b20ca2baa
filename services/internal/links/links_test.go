package links

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// messagesOf returns what was taken.
func messagesOf(taken []Queued[string]) (messages []string) {
	for _, q := range taken {
		messages = append(messages, q.Message)
	}
	return messages
}

// TestOutbox: lanes keep their order, the first ones overtake, and of each some is taken, however long it is.
func TestOutbox(t *testing.T) {
	o := NewOutbox[string](100, 100, 100)
	for _, put := range []struct {
		lane    int
		message string
		size    int
	}{{2, "long", 90}, {1, "b1", 40}, {1, "b2", 40}, {0, "a1", 5}, {2, "longer", 99}, {0, "a2", 5}} {
		if lost, _ := o.Put(put.lane, put.message, put.size); lost {
			t.Fatalf("%q was lost", put.message)
		}
	}
	for _, want := range []struct {
		lanes int
		taken string
	}{{2, "a1 a2 b1"}, {1, ""}, {3, "b2 long"}, {3, "longer"}, {3, ""}} {
		if got := strings.Join(messagesOf(o.Take(50, want.lanes)), " "); got != want.taken {
			t.Errorf("took %q; want %q", got, want.taken)
		}
	}
	if !o.Empty() {
		t.Error("it should be empty")
	}
}

// TestOutbox_bounded: each lane has room for so many bytes, one message more excepted. A loss is the first of several until something was taken.
func TestOutbox_bounded(t *testing.T) {
	o := NewOutbox[string](10, 10)
	put := func(lane, size int) [2]bool {
		lost, first := o.Put(lane, "x", size)
		return [2]bool{lost, first}
	}
	kept, first, again := [2]bool{false, false}, [2]bool{true, true}, [2]bool{true, false}
	for i, step := range []struct {
		lane, size int
		want       [2]bool
	}{{1, 9, kept}, {1, 50, kept}, {1, 1, first}, {1, 1, again}, {0, 1, kept}, {1, 1, again}} {
		if got := put(step.lane, step.size); got != step.want {
			t.Errorf("step %d: lost, first = %v; want %v", i, got, step.want)
		}
	}
	o.Take(100, 2)
	if got := put(1, 20); got != kept {
		t.Error("there is no room again")
	}
	o.Clear()
	if got := put(1, 20); got != kept || o.Empty() {
		t.Error("there is no room after all was dropped")
	}
	if got := put(1, 20); got != first {
		t.Error("a loss after all was dropped is the first again")
	}
}

// TestOutbox_await: who waits is woken by what comes, by the end of the context, and does not wait if there is other work.
func TestOutbox_await(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := NewOutbox[string](10)
		ctx, cancel := context.WithCancel(t.Context())
		woken := make(chan bool, 1)
		await := func() { woken <- o.Await(ctx) }
		go await()
		synctest.Wait()
		if len(woken) > 0 {
			t.Fatal("nothing has come, and it does not wait")
		}
		o.Put(0, "x", 1)
		if !<-woken || !o.AwaitUnless(ctx, false) {
			t.Error("something has come, and it is not seen")
		}
		o.Take(1, 1)
		if !o.AwaitUnless(ctx, true) {
			t.Error("it waits though there is other work")
		}
		go await()
		synctest.Wait()
		cancel()
		if <-woken {
			t.Error("it does not say that the context has ended")
		}
	})
}

// TestCutter: what is cut is joined as what it was, in pieces that are no longer than they may be.
func TestCutter(t *testing.T) {
	for _, length := range []int{1, MaxPiece, MaxPiece + 1, 3 * MaxPiece} {
		message := make([]byte, length)
		for i := range message {
			message[i] = byte(i * 7)
		}
		var cutter Cutter
		var joiner Joiner
		cutter.Begin(message)
		for pieces := 1; ; pieces++ {
			if !cutter.More() {
				t.Fatal("there is no last piece")
			}
			piece, last := cutter.Next()
			if len(piece) > MaxPiece || pieces > (length-1)/MaxPiece+1 {
				t.Fatalf("piece %d of %d bytes has %d", pieces, length, len(piece))
			}
			whole, complete, err := joiner.Add(piece, last)
			if err != nil || complete != last {
				t.Fatalf("complete %v, last %v, %v", complete, last, err)
			}
			if last {
				if !bytes.Equal(whole, message) || cutter.More() {
					t.Errorf("%d bytes have become %d, more %v", length, len(whole), cutter.More())
				}
				break
			}
		}
	}
}

// TestJoiner_bounded: pieces without an end are not kept without one.
func TestJoiner_bounded(t *testing.T) {
	var joiner Joiner
	joiner.data = make([]byte, maxJoined)
	if _, _, err := joiner.Add([]byte{1}, false); err == nil || !strings.Contains(err.Error(), "1073741824 bytes") {
		t.Errorf("%v; want an error with the limit", err)
	}
}

// TestPauses: they double up to the longest, by half at random, and begin anew.
func TestPauses(t *testing.T) {
	var pauses Pauses
	for range 2 {
		for i := range 8 {
			most := min(LeastPause<<i, MostPause)
			if d := pauses.Next(); d < most/2 || d >= most {
				t.Errorf("pause %d is %v; want %v to %v", i, d, most/2, most)
			}
		}
		if pauses.Tries() != 8 {
			t.Errorf("%d tries; want 8", pauses.Tries())
		}
		pauses.Reset()
	}
}

// TestNotices: the same is logged once in a while of each server.
func TestNotices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		var notices Notices[int]
		log := slog.New(slog.NewTextHandler(&text, nil))
		for range 3 {
			for range 10 {
				notices.Once(log, 1, "a", "n", 1)
				notices.Once(log, 2, "a", "n", 2)
				notices.Once(log, 1, "b", "n", 1)
			}
			time.Sleep(NoticeInterval)
		}
		for _, line := range []string{"msg=a n=1", "msg=a n=2", "msg=b n=1"} {
			if n := strings.Count(text.String(), line); n != 3 {
				t.Errorf("%q %d times; want once in each of three intervals", line, n)
			}
		}
	})
}

// TestLimit: a context is cancelled in time, unless that was stopped.
func TestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, stopped := range []bool{false, true} {
			ctx, cancel := context.WithCancelCause(t.Context())
			stop := Limit(time.Second, cancel)
			if stopped {
				stop()
			} else {
				defer stop()
			}
			time.Sleep(2 * time.Second)
			if (ctx.Err() == nil) != stopped || !stopped && context.Cause(ctx) != errConnecting {
				t.Errorf("stopped %v: %v", stopped, context.Cause(ctx))
			}
			cancel(nil)
		}
	})
}
