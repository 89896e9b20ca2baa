package raftkv

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkv/inprocess"
	"numstore.example/contracts/raftkvpb"
)

// TestLoneCall: a call that is alone waits for nothing.
func TestLoneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := serve(t, new(inprocess.Server))
		start := time.Now()
		for i := range 10 {
			if _, err := c.Put(t.Context(), []byte("k"), nil); err != nil || time.Since(start) > 0 {
				t.Fatalf("call %d took %v: %v", i, time.Since(start), err)
			}
		}
	})
}

// TestGathering: what comes while a message is being written leaves as the next one.
func TestGathering(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &inprocess.Server{Gate: make(chan struct{})}
		c := serve(t, f)
		var wg sync.WaitGroup
		put := func(key string, length int) {
			wg.Go(func() {
				if _, err := c.Put(t.Context(), []byte(key), make([]byte, length)); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		put("large", 300<<10) // fills the connection
		put("blocked", 0)
		for i := range 100 {
			put(fmt.Sprint(i), 0)
		}
		close(f.Gate)
		wg.Wait()
		var got []int
		for _, message := range f.Messages() {
			got = append(got, len(message))
		}
		if fmt.Sprint(got) != "[1 1 100]" {
			t.Errorf("messages have %v operations; want 1, 1 and 100", got)
		}
	})
}

// TestMessages_bounded: a message has neither too many operations nor too many bytes.
func TestMessages_bounded(t *testing.T) {
	for _, test := range []struct{ calls, length, most int }{{2000, 0, maxOperations}, {40, 200 << 10, 5}, {4, maxPipelined - 10, 1}} {
		synctest.Test(t, func(t *testing.T) {
			f := new(inprocess.Server)
			c := serve(t, f)
			var wg sync.WaitGroup
			for i := range test.calls {
				wg.Go(func() { c.Put(t.Context(), fmt.Append(nil, i), make([]byte, test.length)) })
			}
			wg.Wait()
			sum, largest := 0, 0
			for _, message := range f.Messages() {
				sum += len(message)
				largest = max(largest, len(message))
			}
			if sum != test.calls || largest > test.most || largest < test.most/4 {
				t.Errorf("%d calls of %d bytes became messages of up to %d operations, %d in all; want up to %d", test.calls, test.length, largest, sum, test.most)
			}
		})
	}
}

// TestInFlight_bounded: a server that does not answer gets as many operations as it takes, and the rest
// when it has answered.
func TestInFlight_bounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &inprocess.Server{Delay: time.Minute}
		c := serve(t, f)
		var wg sync.WaitGroup
		for range maxInFlight + 1000 {
			wg.Go(func() {
				if _, err := c.Get(t.Context(), []byte("k")); err != nil {
					t.Error(err)
				}
			})
		}
		time.Sleep(time.Second)
		if waiting := waitingCalls(t, c); waiting != 1000 {
			t.Errorf("%d calls wait; want 1000", waiting)
		}
		wg.Wait()
		if got := len(slices.Concat(f.Messages()...)); got != maxInFlight+1000 {
			t.Errorf("%d operations arrived; want each once", got)
		}
	})
}

// waitingCalls returns how many calls wait for a stream to the server one.
func waitingCalls(t *testing.T, c *Clerk) int {
	l, err := c.links.to(one)
	if err != nil {
		t.Fatal(err)
	}
	l.pipeline.mu.Lock()
	defer l.pipeline.mu.Unlock()
	return len(l.pipeline.queue)
}

// endingAfter returns what ends each stream with a code, but for so many messages before.
func endingAfter(messages int, code codes.Code) func([]*raftkvpb.Operation) error {
	var seen atomic.Int64
	return func([]*raftkvpb.Operation) error {
		if seen.Add(1) <= int64(messages) {
			return nil
		}
		return status.Error(code, "no")
	}
}

// TestRefusedStream: errors that no patience helps against are returned. That the stream ended with one tells
// nothing of a call that the server has seen, unless it never let the stream in.
func TestRefusedStream(t *testing.T) {
	const perhaps, no = "may have happened", "did not happen"
	for code, want := range map[codes.Code]struct {
		code codes.Code
		says string
	}{
		codes.Unimplemented: {codes.Unimplemented, no}, codes.PermissionDenied: {codes.PermissionDenied, no},
		codes.Unauthenticated: {codes.Unauthenticated, no}, codes.Internal: {codes.Internal, perhaps},
		// Of an answer, these would be certain.
		codes.FailedPrecondition: {codes.Internal, perhaps}, codes.OutOfRange: {codes.Internal, perhaps}, codes.NotFound: {codes.Internal, perhaps},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := serve(t, &inprocess.Server{EndStream: endingAfter(0, code)})
			for range 3 {
				_, err := c.Put(t.Context(), []byte("k"), nil)
				if status.Code(err) != want.code || !strings.Contains(err.Error(), want.says) {
					t.Errorf("Put: %v; want %v, and that it %s", err, want.code, want.says)
				}
			}
		})
		synctest.Test(t, func(t *testing.T) {
			c := serve(t, &inprocess.Server{EndStream: endingAfter(1, code)})
			if _, err := c.Put(t.Context(), []byte("k"), nil); err != nil {
				t.Error(err)
			}
			if _, err := c.Put(t.Context(), []byte("k"), nil); status.Code(err) != want.code || !strings.Contains(err.Error(), perhaps) {
				t.Errorf("Put on a stream that had answers: %v; want %v, and that it %s", err, want.code, perhaps)
			}
		})
	}
}

// TestWrongAnswers: a server's defects are errors, and nothing else.
func TestWrongAnswers(t *testing.T) {
	c := serve(t, &inprocess.Server{Refuse: func(o *raftkvpb.Operation) *raftkvpb.Error { return &raftkvpb.Error{Message: "what?"} }})
	if _, err := c.Get(t.Context(), []byte("k")); status.Code(err) != codes.Internal {
		t.Errorf("Get with an error that is none: %v; want INTERNAL", err)
	}
	call := newCall()
	call.setGet([]byte("k"))
	call.begin()
	call.answer = &raftkvpb.Answer{Answer: &raftkvpb.Answer_Put{}}
	if _, err := call.outcome(); status.Code(err) != codes.Internal {
		t.Errorf("Get with the answer of a Put: %v; want INTERNAL", err)
	}
}

// TestRestart: calls wait for a server that is away, and then go on.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, n := new(inprocess.Server), inprocess.NewCluster(1)
		stop := start(t, n, one, f)
		c := dial(t, n, one)
		if _, err := c.Put(t.Context(), []byte("k"), []byte("v")); err != nil {
			t.Fatal(err)
		}
		stop()
		away := time.Now()
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				if v, err := c.Get(t.Context(), []byte("k")); err != nil || string(v.Value) != "v" {
					t.Errorf("Get: %+v, %v", v, err)
				}
			})
		}
		wg.Go(func() {
			if _, err := c.Stat(t.Context()); err != nil {
				t.Error(err)
			}
		})
		time.Sleep(10 * time.Minute)
		start(t, n, one, f)
		wg.Wait()
		if late := time.Since(away) - 10*time.Minute; late > 3*time.Second {
			t.Errorf("the calls came back %v after the server", late)
		}
	})
}
