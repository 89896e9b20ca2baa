package page

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	// Freshness is how often anything is asked at most.
	Freshness = time.Second
	// deadline is how long a node may take to answer before it is called silent.
	deadline = time.Second
	// Patience is how long a view waits for answers. What comes later is in the next one.
	Patience = 250 * time.Millisecond
)

// question is something that is asked of somebody again and again, and never twice at a time.
type question[T any] struct {
	mu      sync.Mutex
	pending chan struct{} // closed when the answer that is awaited has come; nil when none is
	asked   time.Time
	known   report[T]
}

// report is what is known of the answers to a question.
type report[T any] struct {
	// last and before are the last two good answers; their times are zero as long as there are none.
	last, before answer[T]
	// err is why there is no newer answer than the last; errPending while nobody has answered at all yet.
	err error
}

type answer[T any] struct {
	value T
	at    time.Time
	took  time.Duration
}

var (
	errPending = errors.New("it was asked a moment ago")
	errSilent  = errors.New("it has not answered within a second")
)

// ask asks once more, unless an answer is still awaited, and returns what is closed when it has come.
func (q *question[T]) ask(ctx context.Context, put func(context.Context) (T, error)) <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.pending != nil {
		return q.pending
	}
	done := make(chan struct{})
	q.pending, q.asked = done, time.Now()
	go func() {
		defer close(done)
		ctx, cancel := context.WithTimeout(ctx, deadline)
		defer cancel()
		value, err := put(ctx)
		if ctx.Err() != nil && err != nil {
			err = errSilent
		}
		q.settle(value, err)
	}()
	return done
}

func (q *question[T]) settle(value T, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pending, q.known.err = nil, err
	if err == nil {
		now := time.Now()
		q.known.before = q.known.last
		q.known.last = answer[T]{value: value, at: now, took: now.Sub(q.asked)}
	}
}

// report returns what is known now. Somebody who is asked and takes his time is as he was before, for as long as he may.
func (q *question[T]) report() report[T] {
	q.mu.Lock()
	defer q.mu.Unlock()
	r := q.known
	switch {
	case q.pending == nil:
	case time.Since(q.asked) >= deadline:
		r.err = errSilent
	case r.err == nil && r.last.at.IsZero():
		r.err = errPending
	}
	return r
}

// await waits until all channels are closed, or the context has ended.
func await(ctx context.Context, channels ...<-chan struct{}) {
	for _, channel := range channels {
		select {
		case <-channel:
		case <-ctx.Done():
			return
		}
	}
}
