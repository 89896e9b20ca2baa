package server

import (
	"bytes"
	"container/heap"
	"iter"
	"sync"

	"numstore.example/services/raftkv/internal/kv"
)

// source tells the pairs of one shard in the order of their keys, as node.Group.Scan does, and returns a status.
type source func(tell func(key []byte, record kv.Record) (more bool, err error)) error

// merge tells the pairs of all sources in the order of their keys, until more is false. It copies nothing and reads nothing
// ahead: each source waits with its next pair until that is the first of all, so what a merge has in memory is one pair of
// each shard, however long the result is. All sources have ended when it returns.
func merge(sources []source, tell func(key []byte, record kv.Record) (more bool, err error)) error {
	if len(sources) == 1 {
		return sources[0](tell)
	}
	all := make([]*head, len(sources))
	for i, s := range sources {
		next, stop := iter.Pull2(s.pairs())
		defer stop()
		all[i] = &head{next: next}
	}
	startAll(all)
	var heads heads
	for _, h := range all {
		if h.err != nil {
			return h.err
		}
		if h.there {
			heads = append(heads, h)
		}
	}
	heap.Init(&heads)
	for len(heads) > 0 {
		least := heads[0]
		if more, err := tell(least.pair.key, least.pair.record); err != nil || !more {
			return err
		}
		if least.advance(); least.err != nil {
			return least.err
		}
		if least.there {
			heap.Fix(&heads, 0)
		} else {
			heap.Pop(&heads)
		}
	}
	return nil
}

// startAll has all sources begin at the same time, for each may have to ask another node, or to wait for a leader.
func startAll(all []*head) {
	var starting sync.WaitGroup
	panics := make([]any, len(all))
	for i, h := range all {
		starting.Go(func() {
			defer func() { panics[i] = recover() }() // it ends the call, as one in the handler does
			h.advance()
		})
	}
	starting.Wait()
	for _, v := range panics {
		if v != nil {
			panic(v)
		}
	}
}

// pair is a key and its record, which may be used until the next one is asked for.
type pair struct {
	key    []byte
	record kv.Record
}

// pairs yields what the source tells, and last its error, if there is one.
func (s source) pairs() iter.Seq2[pair, error] {
	return func(yield func(pair, error) bool) {
		more := true
		err := s(func(key []byte, record kv.Record) (bool, error) {
			more = yield(pair{key, record}, nil)
			return more, nil
		})
		if err != nil && more {
			yield(pair{}, err)
		}
	}
}

// head is the next pair of a source.
type head struct {
	next  func() (pair, error, bool)
	pair  pair
	err   error
	there bool // whether there is one
}

func (h *head) advance() { h.pair, h.err, h.there = h.next() }

// heads are a heap, by key. No two shards have the same one.
type heads []*head

func (h heads) Len() int           { return len(h) }
func (h heads) Less(i, j int) bool { return bytes.Compare(h[i].pair.key, h[j].pair.key) < 0 }
func (h heads) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *heads) Push(v any)        { *h = append(*h, v.(*head)) }
func (h *heads) Pop() any {
	last := len(*h) - 1
	popped := (*h)[last]
	*h = (*h)[:last]
	return popped
}
