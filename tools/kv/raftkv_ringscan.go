package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
)

// scan merges what all servers have.
func (r *ringStore) scan(ctx context.Context, wanted keyRange) iter.Seq2[pair, error] {
	return func(yield func(pair, error) bool) {
		if err := r.independent(ctx); err != nil {
			yield(pair{}, err)
			return
		}
		var all []*head
		defer func() {
			for _, h := range all {
				h.stop()
			}
		}()
		for place := range r.members {
			member, err := r.members[place]()
			if err != nil {
				yield(pair{}, err)
				return
			}
			h := &head{place: place}
			h.next, h.stop = iter.Pull2(member.scan(ctx, wanted))
			all = append(all, h)
		}
		for number := uint64(0); wanted.limit == 0 || number < wanted.limit; number++ {
			least, err := leastOf(all)
			if err != nil {
				yield(pair{}, r.of(least.place, err))
				return
			}
			if least == nil || !yield(least.pair, nil) {
				return
			}
			least.there = false
		}
	}
}

// head is the next pair of one server's scan.
type head struct {
	place int
	next  func() (pair, error, bool)
	stop  func()
	pair  pair
	there bool // pair is to come
	over  bool
}

// leastOf returns the scan whose next pair has the least key; nil if all are over; with an error, the scan that it is of.
func leastOf(all []*head) (least *head, err error) {
	for _, h := range all {
		if !h.there && !h.over {
			p, err, more := h.next()
			if err != nil {
				return h, err
			}
			h.pair, h.there, h.over = p, more, !more
		}
		if h.there && (least == nil || bytes.Compare(h.pair.key, least.pair.key) < 0) {
			least = h
		}
	}
	return least, nil
}

// independent returns an error if two of the servers are nodes of one cluster: each of them would show all that it has.
func (r *ringStore) independent(ctx context.Context) error {
	ids := make([]string, len(r.members))
	err := cmp.Or(r.everyone(func(place int, member *clerkStore) error {
		topology, err := member.clerk.Topology(ctx)
		ids[place] = string(topology.GetClusterId())
		return err
	})...)
	if err != nil {
		return err
	}
	for place, id := range ids {
		if other := slices.Index(ids, id); id != "" && other < place {
			return failure{fmt.Errorf("%s and %s are nodes of one cluster; a ring is of servers that know nothing of each other, so leave --ring out", r.ring.Servers()[other], r.ring.Servers()[place])}
		}
	}
	return nil
}
