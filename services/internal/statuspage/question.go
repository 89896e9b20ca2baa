package statuspage

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	// Freshness is how often anything is asked at most.
	Freshness = time.Second
	// Deadline is how long a node may take to answer before it is called silent.
	Deadline = time.Second
	// Patience is how long a view waits for answers. What comes later is in the next one.
	Patience = 250 * time.Millisecond
)

// Question is something that is asked of somebody again and again, and never twice at a time.
type Question[T any] struct {
	mu      sync.Mutex
	pending chan struct{} // closed when the answer that is awaited has come; nil when none is
	asked   time.Time
	known   Report[T]
}

// Report is what is known of the answers to a question.
type Report[T any] struct {
	// Last and Before are the last two good answers; their times are zero as long as there are none.
	Last, Before Answer[T]
	// Err is why there is no newer answer than the last; ErrPending while nobody has answered at all yet.
	Err error
}

// Answer is an answer, when it came, and how long that took.
type Answer[T any] struct {
	Value T
	At    time.Time
	Took  time.Duration
}

// LongestInterval is how far apart two answers may be that rates are made of: a mean over the time that nobody looked
// on would be taken for what is going on now.
const LongestInterval = 10 * time.Second

// Apart returns how many seconds two answers are apart, unless rates cannot be made of them: there are no two, or they are far apart.
func Apart[T any](before, last Answer[T]) (seconds float64, known bool) {
	over := last.At.Sub(before.At)
	if before.At.IsZero() || over <= 0 || over > LongestInterval {
		return 0, false
	}
	return over.Seconds(), true
}

var (
	// ErrPending says that the first answer is still awaited.
	ErrPending = errors.New("it was asked a moment ago")
	// ErrSilent says that no answer came in time.
	ErrSilent = errors.New("it has not answered within a second")
)

// Ask asks once more, unless an answer is still awaited, and returns what is closed when it has come.
func (q *Question[T]) Ask(ctx context.Context, put func(context.Context) (T, error)) <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.pending != nil {
		return q.pending
	}
	done := make(chan struct{})
	q.pending, q.asked = done, time.Now()
	go func() {
		defer close(done)
		ctx, cancel := context.WithTimeout(ctx, Deadline)
		defer cancel()
		value, err := put(ctx)
		if ctx.Err() != nil && err != nil {
			err = ErrSilent
		}
		q.settle(value, err)
	}()
	return done
}

func (q *Question[T]) settle(value T, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pending, q.known.Err = nil, err
	if err == nil {
		now := time.Now()
		q.known.Before = q.known.Last
		q.known.Last = Answer[T]{Value: value, At: now, Took: now.Sub(q.asked)}
	}
}

// Report returns what is known now. Somebody who is asked and takes his time is as he was before, for as long as he may.
func (q *Question[T]) Report() Report[T] {
	q.mu.Lock()
	defer q.mu.Unlock()
	r := q.known
	switch {
	case q.pending == nil:
	case time.Since(q.asked) >= Deadline:
		r.Err = ErrSilent
	case r.Err == nil && r.Last.At.IsZero():
		r.Err = ErrPending
	}
	return r
}

// Await waits until all channels are closed, or the context has ended.
func Await(ctx context.Context, channels ...<-chan struct{}) {
	for _, channel := range channels {
		select {
		case <-channel:
		case <-ctx.Done():
			return
		}
	}
}
