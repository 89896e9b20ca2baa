package node

import (
	"context"
	"io"
	"time"

	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

// passed is a group that is asked of another node on a Network. What is asked, and what is answered, is delayed and lost
// as messages are.
type passed struct {
	network *Network
	way     link
	shard   storage.ShardID
}

var _ Group = passed{}

// lossTimeout is after which time it is noticed that a question or an answer was lost, as a broken connection would be.
const lossTimeout = time.Second

// there delivers a question, and returns the group that gets it, or nil if it was lost.
func (p passed) there() Group {
	delays := p.network.fate(p.way)
	if len(delays) == 0 {
		time.Sleep(lossTimeout)
		return nil
	}
	time.Sleep(delays[0])
	p.network.mu.Lock()
	node, cut := p.network.nodes[p.way.to], p.network.cut[p.way]
	p.network.mu.Unlock()
	if node == nil || cut {
		return nil
	}
	return node.Local(p.shard)
}

// back says whether an answer arrives.
func (p passed) back() bool {
	delays := p.network.fate(link{p.way.to, p.way.from})
	if len(delays) == 0 {
		time.Sleep(lossTimeout)
		return false
	}
	time.Sleep(delays[0])
	return true
}

// Propose implements Group.
func (p passed) Propose(proposal *Proposal) {
	p.network.underway.Go(func() {
		group := p.there()
		if group == nil {
			// It might have arrived: who sends cannot tell.
			proposal.Done(nil, ErrDeposed)
			return
		}
		group.Propose(&Proposal{Commands: proposal.Commands, Done: func(replies [][]byte, err error) {
			p.network.underway.Go(func() {
				if !p.back() {
					replies, err = nil, ErrDeposed
				}
				proposal.Done(replies, err)
			})
		}})
	})
}

// ask does a read there.
func (p passed) ask(read func(Group) error) error {
	group := p.there()
	if group == nil {
		return &NotLeader{}
	}
	if err := read(group); err != nil {
		return err
	}
	if !p.back() {
		return &NotLeader{}
	}
	return nil
}

// Get implements Group.
func (p passed) Get(ctx context.Context, key []byte) (record kv.Record, found bool, err error) {
	err = p.ask(func(g Group) (err error) {
		record, found, err = g.Get(ctx, key)
		return err
	})
	return record, found, err
}

// GetAll implements Group.
func (p passed) GetAll(ctx context.Context, keys [][]byte, tell func(int, kv.Record, bool, error) bool) error {
	type answer struct {
		record kv.Record
		found  bool
		err    error
	}
	var answers []answer
	err := p.ask(func(g Group) error {
		return g.GetAll(ctx, keys, func(_ int, record kv.Record, found bool, err error) bool {
			answers = append(answers, answer{record, found, err})
			return true
		})
	})
	if err != nil {
		return err
	}
	for i, a := range answers {
		if !tell(i, a.record, a.found, a.err) {
			break
		}
	}
	return nil
}

// Scan implements Group.
func (p passed) Scan(ctx context.Context, span Range, values bool, tell func([]byte, kv.Record) (bool, error)) error {
	return p.ask(func(g Group) error { return g.Scan(ctx, span, values, tell) })
}

// Backup implements Group.
func (p passed) Backup(ctx context.Context, id shard.BackupID, w io.Writer) error {
	return p.ask(func(g Group) error { return g.Backup(ctx, id, w) })
}

// Failed implements Group: another node's group may come back.
func (p passed) Failed() <-chan struct{} { return nil }

// Failure implements Group.
func (p passed) Failure() error { return nil }
