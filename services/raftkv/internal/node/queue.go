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
func (q *queue[T]) put(item T) {
	q.mu.Lock()
	q.items = append(q.items, item)
	q.mu.Unlock()
	q.wake()
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
