package gossipkv

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"slices"

	"numstore.example/contracts/gossipkvpb"
)

// Range is the keys that a Dump is for. The zero Range is everything.
type Range struct {
	Prefix   []byte // keys that begin with these bytes
	After    []byte // only keys behind this one; empty for all
	Limit    uint64 // at most so many pairs; 0 for no limit
	KeysOnly bool   // leaves the values out
}

// Pair is a key with its value.
type Pair struct {
	Key, Value []byte
	Version    Version
}

// Dump returns the pairs of a range in the order of their keys, as the session's server had them at one moment, while they come; the
// result may be larger than memory.
//
// A key of which the server does not have yet what the session has seen comes in its place as an UnmetError (errors.Is:
// ErrDependencyNotMet), with a Pair that has the key alone; who wants to goes on to the next key. Any other error is the last element. The session has seen what was shown.
//
// If the session has seen keys of the range, Dump asks for the Status of its server first, whose vector says of a key that is missing whether it was
// deleted: so the session's address must be that of one server.
func (s *Session) Dump(ctx context.Context, r Range) iter.Seq2[Pair, error] {
	return func(yield func(Pair, error) bool) {
		stopped := false
		err := s.call(ctx, nil, func(ctx context.Context, l *link) error {
			ctx, cancel := context.WithCancel(ctx) // ends the stream when nobody wants more of it
			defer cancel()
			expected, err := s.expected(ctx, l, r)
			if err != nil {
				return err
			}
			d := &dump{session: s, link: l, expected: expected, yield: yield}
			err = d.run(ctx, r)
			stopped = d.stopped
			return err
		})
		if err != nil && !stopped {
			yield(Pair{}, err)
		}
	}
}

// dump is a Dump under way.
type dump struct {
	session  *Session
	link     *link
	expected []expectation // in the order of their keys; those that come, or are missed, are taken off
	yield    func(Pair, error) bool
	stopped  bool // the caller wants no more
}

// expectation is what the session has seen of a key of the range.
type expectation struct {
	key     string
	seen    Version
	covered bool // the server knows of it: if it is missing, it was deleted
}

// expected returns what the session has seen of the keys of a range, and whether the server knows of it.
func (s *Session) expected(ctx context.Context, l *link, r Range) (all []expectation, err error) {
	_, versions := s.seen.copy()
	for key, version := range versions {
		if bytes.HasPrefix([]byte(key), r.Prefix) && key > string(r.After) {
			all = append(all, expectation{key: key, seen: version})
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	response, err := l.client.Status(ctx, new(gossipkvpb.StatusRequest))
	if err != nil {
		return nil, failed(ctx, l.server, err)
	}
	known := make(map[Version]uint64) // by origin
	for _, entry := range response.GetVector() {
		known[Version{Server: entry.GetServer(), Incarnation: entry.GetIncarnation()}] = entry.GetTime()
	}
	for i, e := range all {
		all[i].covered = known[e.seen.origin()] >= e.seen.Time
	}
	slices.SortFunc(all, func(a, b expectation) int { return bytes.Compare([]byte(a.key), []byte(b.key)) })
	return all, nil
}

// run yields all that the server has, and what it should have.
func (d *dump) run(ctx context.Context, r Range) error {
	stream, err := d.link.client.Dump(ctx, &gossipkvpb.DumpRequest{Prefix: r.Prefix, After: r.After, Limit: r.Limit, KeysOnly: r.KeysOnly})
	if err != nil {
		return failed(ctx, d.link.server, err)
	}
	shown := uint64(0)
	for !d.stopped {
		response, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			if r.Limit == 0 || shown < r.Limit { // else there may be more
				d.missBefore(nil)
			}
			return nil
		}
		if err != nil {
			return failed(ctx, d.link.server, err)
		}
		for _, pair := range response.GetPairs() {
			shown++
			d.next(Pair{Key: pair.GetKey(), Value: pair.GetValue(), Version: VersionOf(pair.GetVersion())})
		}
	}
	return nil
}

// next yields a pair, behind all that should have come before it.
func (d *dump) next(pair Pair) {
	d.missBefore(pair.Key)
	if d.stopped {
		return
	}
	if len(d.expected) > 0 && d.expected[0].key == string(pair.Key) {
		e := d.expected[0]
		d.expected = d.expected[1:]
		if pair.Version.Compare(e.seen) < 0 {
			d.unmet(e)
			return
		}
	}
	d.session.seen.Note(pair.Key, pair.Version)
	d.stopped = !d.yield(pair, nil)
}

// missBefore yields what should have come before a key, nil for the end.
func (d *dump) missBefore(key []byte) {
	for len(d.expected) > 0 && !d.stopped && (key == nil || d.expected[0].key < string(key)) {
		e := d.expected[0]
		d.expected = d.expected[1:]
		if !e.covered {
			d.unmet(e)
		}
	}
}

func (d *dump) unmet(e expectation) {
	d.stopped = !d.yield(Pair{Key: []byte(e.key)}, &UnmetError{Key: []byte(e.key), Server: d.link.server, Seen: e.seen})
}
