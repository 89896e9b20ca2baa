package raftkv

import (
	"bytes"
	"context"
	"io"
	"iter"

	"numstore.example/contracts/raftkvpb"
)

// Range is the keys that a Scan is for: those that begin with a prefix, or those of a range, never both.
// The zero Range is everything.
type Range struct {
	Prefix      []byte // keys that begin with these bytes
	Start       []byte // the first key of the range; empty for the first of all
	End         []byte // the end of the range, itself not part of it; empty for the end of all
	Limit       uint64 // at most so many pairs; 0 for no limit
	KeysOnly    bool   // leaves the values out
	ResumeAfter []byte // begin after this key
}

// Scan returns the pairs of a range in the order of their keys, as they come; the result may be larger
// than memory. An error is the last element. Each shard shows one moment of its own. When the stream of one breaks, Scan
// goes on after the last key that it has got, and what follows of this shard is of a later moment. The server ends a stream of
// which nothing is taken for a minute or so: who takes longer over a pair sees later moments too. With ReadAny, only the first
// stream of each shard goes to any server, so that a broken one goes on where the leader is.
func (c *Clerk) Scan(ctx context.Context, r Range, options ...ReadOption) iter.Seq2[*raftkvpb.Pair, error] {
	return func(yield func(*raftkvpb.Pair, error) bool) {
		m, err := c.awaitMap(ctx)
		switch any := anyone(options); {
		case err != nil:
			yield(nil, err)
		case len(m.places) == 1:
			c.scanShard(ctx, m, 0, r, any)(yield)
		default:
			c.scanAll(ctx, m, r, any)(yield)
		}
	}
}

// scanAll merges the pairs of all shards. In memory is what gRPC has of their streams: some parts of each.
func (c *Clerk) scanAll(ctx context.Context, m *shardMap, r Range, any bool) iter.Seq2[*raftkvpb.Pair, error] {
	return func(yield func(*raftkvpb.Pair, error) bool) {
		limit := r.Limit
		r.Limit = 0 // of a shard, nobody knows how many it has to give
		heads := make([]head, len(m.places))
		for shard := range heads {
			next, stop := iter.Pull2(c.scanShard(ctx, m, shard, r, any))
			defer stop()
			heads[shard].next = next
			heads[shard].advance()
		}
		for sent := uint64(0); limit == 0 || sent < limit; sent++ {
			least := first(heads)
			if least == nil || !yield(least.pair, least.err) || least.err != nil {
				return
			}
			least.advance()
		}
	}
}

// head is the next element of a shard's Scan.
type head struct {
	next  func() (*raftkvpb.Pair, error, bool)
	pair  *raftkvpb.Pair
	err   error
	there bool // whether there is one
}

func (h *head) advance() { h.pair, h.err, h.there = h.next() }

// first returns the head that comes before all others: an error if there is one, else the pair with the least key. It
// returns nil at the end of all.
func first(heads []head) (least *head) {
	for i := range heads {
		switch h := &heads[i]; {
		case !h.there:
		case h.err != nil:
			return h
		case least == nil || bytes.Compare(h.pair.GetKey(), least.pair.GetKey()) < 0:
			least = h
		}
	}
	return least
}

// scanShard yields the pairs of one shard.
func (c *Clerk) scanShard(ctx context.Context, m *shardMap, shard int, r Range, any bool) iter.Seq2[*raftkvpb.Pair, error] {
	return func(yield func(*raftkvpb.Pair, error) bool) {
		s := scan{clerk: c, shards: m, shard: shard, any: any, yield: yield, request: &raftkvpb.ScanRequest{
			Prefix: r.Prefix, Start: r.Start, End: r.End, Limit: r.Limit, KeysOnly: r.KeysOnly, ResumeAfter: r.ResumeAfter,
		}}
		if len(m.places) > 1 {
			s.request.Shard = new(uint32(shard))
		}
		err := s.run(ctx)
		if err != nil && !s.over {
			yield(nil, err)
		}
	}
}

// scan is a Scan of one shard under way.
type scan struct {
	clerk   *Clerk
	shards  *shardMap // which says what belongs to the shard: an old server shows pairs of others too
	shard   int
	any     bool // see ReadAny
	yield   func(*raftkvpb.Pair, error) bool
	request *raftkvpb.ScanRequest // for what was not yet yielded
	over    bool                  // the caller wants no more, or the limit is reached
}

// run yields all pairs, over as many streams as it takes.
func (s *scan) run(ctx context.Context) error {
	var pauses pauses
	call := lone{shard: s.shard, any: s.any}
	for {
		var progress bool
		err := s.clerk.alone(ctx, &call, func(a *attempt, l *link) (err error) {
			progress, err = s.stream(a, l.client)
			return err
		})
		if err == nil || s.over {
			return nil
		}
		if progress {
			pauses.last, call.patience = 0, 0
		}
		if pauses.again(err) {
			if err = pauses.wait(ctx, s.clerk.closing); err == nil {
				continue
			}
		}
		return pauses.ended(ctx, err)
	}
}

// stream yields the pairs of one stream until its end, and reports whether there were any.
func (s *scan) stream(a *attempt, client raftkvpb.RaftKVClient) (progress bool, err error) {
	stream, err := client.Scan(a, s.request)
	if err != nil {
		return false, err
	}
	for {
		a.await(true)
		response, err := stream.Recv()
		a.await(false) // as long as the caller looks at what came
		if err == io.EOF {
			return progress, nil
		}
		if err != nil {
			return progress, err
		}
		for _, pair := range response.GetPairs() {
			progress = true
			if !s.next(pair) {
				return progress, nil
			}
		}
	}
}

// next yields a pair, if it is of the shard, and reports whether there is to be another.
func (s *scan) next(pair *raftkvpb.Pair) bool {
	s.request.ResumeAfter = append(s.request.ResumeAfter[:0:0], pair.GetKey()...) // the pair is the caller's
	if shard, err := s.shards.shard(pair.GetKey()); shard != s.shard || err != nil {
		return true
	}
	if !s.yield(pair, nil) {
		s.over = true
		return false
	}
	if s.request.Limit > 0 {
		s.request.Limit--
		s.over = s.request.Limit == 0 // which would mean that there is none
	}
	return !s.over
}
