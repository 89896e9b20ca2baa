package node

import "sync"

// queue hands work to one goroutine, in order. Who gives does not wait; what bounds the queue is said where it is used.
type queue[T any] struct {
	signal chan struct{} // has an element when there is work, or when there will be none any more

	mu     sync.Mutex
	items  []T
	closed bool
}

func newQueue[T any]() queue[T] { return queue[T]{signal: make(chan struct{}, 1)} }

// put leaves work.
func (q *queue[T]) put(items ...T) {
	if len(items) == 0 {
		return
	}
	q.add(items...)
	q.wake()
}

// add is put for who wakes the other goroutine later. It is not lost if somebody else does before that.
func (q *queue[T]) add(items ...T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.items = append(q.items, items...)
}

// take returns all that lies there.
func (q *queue[T]) take() []T {
	q.mu.Lock()
	defer q.mu.Unlock()
	items := q.items
	q.items = nil
	return items
}

// close ends the queue. What lies there is dropped.
func (q *queue[T]) close() {
	q.mu.Lock()
	q.closed, q.items = true, nil
	q.mu.Unlock()
	q.wake()
}

func (q *queue[T]) wake() {
	select {
	case q.signal <- struct{}{}:
	default:
	}
}

// await returns all that lies there, and waits until there is something. It returns nil when the queue is closed.
func (q *queue[T]) await() []T {
	for {
		q.mu.Lock()
		items, closed := q.items, q.closed
		q.items = nil
		q.mu.Unlock()
		if closed || len(items) > 0 {
			return items
		}
		<-q.signal
	}
}
