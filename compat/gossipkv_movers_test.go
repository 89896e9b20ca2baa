package compat

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"numstore.example/contracts/gossipkv"
)

// movers are clients whose sessions move from server to server.
type movers struct {
	all          []*mover
	acknowledged int
}

// mover is a client. It alone writes its keys, so it knows what may be there.
type mover struct {
	session *gossipkv.Session
	servers []string
	rng     *rand.Rand
	keys    map[string]*ownKey
	names   []string // of the keys
	count   int
	wrong   error // what it was told that cannot be
}

// ownKey is what is known of a key by who alone writes it. Of a write without an answer nobody knows whether it happened, nor how its version
// compares with others.
type ownKey struct {
	last    gossipkv.Version // the greatest of the writes that were acknowledged, at any server
	value   string           // of last, unless that is a deletion
	deleted bool
	at      map[int]gossipkv.Version // the greatest that was acknowledged by each server
	gone    gossipkv.Version         // the greatest deletion that was acknowledged

	perhaps     map[string]bool // values of writes without an answer
	perhapsGone bool            // there is such a deletion
}

func newMovers(t *testing.T, n int, servers []string) *movers {
	t.Helper()
	client, err := gossipkv.Dial(servers, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	seed, m := newSeed(t), new(movers)
	for i := range n {
		one := &mover{session: client.Session(nil), servers: servers, rng: rand.New(rand.NewPCG(seed, uint64(i))), keys: make(map[string]*ownKey)}
		for j := range 8 {
			one.names = append(one.names, fmt.Sprintf("mover %d, key %d", i, j))
			one.keys[one.names[j]] = &ownKey{at: make(map[int]gossipkv.Version), perhaps: make(map[string]bool)}
		}
		m.all = append(m.all, one)
	}
	return m
}

// during has all move and write. Something is done when so many writes were acknowledged, and then they end, in the middle of calls.
func (m *movers) during(t *testing.T, writes int, do func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	enough := make(chan struct{})
	var count atomic.Int64
	var moving sync.WaitGroup
	for _, one := range m.all {
		moving.Go(func() {
			for ctx.Err() == nil && one.wrong == nil {
				if one.step(ctx) && count.Add(1) == int64(writes) {
					close(enough)
				}
			}
		})
	}
	select {
	case <-enough:
		do()
	case <-ctx.Done():
		t.Errorf("%d writes were acknowledged in time, not %d", count.Load(), writes)
	}
	cancel()
	moving.Wait()
	m.acknowledged += int(count.Load())
	for _, one := range m.all {
		if one.wrong != nil {
			t.Fatal(one.wrong)
		}
	}
}

// step does a call at some server, and reports whether that was a write that was acknowledged.
func (m *mover) step(ctx context.Context) bool {
	server := m.rng.IntN(len(m.servers))
	if m.wrong = m.session.Use(m.servers[server]); m.wrong != nil {
		return false
	}
	key := m.names[m.rng.IntN(len(m.names))]
	switch roll := m.rng.IntN(10); {
	case roll < 6:
		m.count++
		value := fmt.Sprintf("%s, write %d", key, m.count)
		version, err := m.session.Put(ctx, []byte(key), []byte(value))
		return m.keys[key].wrote(server, version, value, false, err)
	case roll < 7:
		version, err := m.session.Delete(ctx, []byte(key))
		return m.keys[key].wrote(server, version, "", true, err)
	}
	seen := m.session.Seen().Version([]byte(key))
	got, err := m.session.Get(ctx, []byte(key))
	switch {
	case err == nil:
		if m.wrong = m.keys[key].judge(key, gossipkvEntry{string(got.Value), got.Version}, true); got.Version.Compare(seen) < 0 {
			m.wrong = fmt.Errorf("%s: a session that has seen %v reads %v", key, seen, got.Version)
		}
	case errors.Is(err, gossipkv.ErrNoValue):
		m.wrong = m.keys[key].judge(key, gossipkvEntry{}, false)
	}
	return false
}

// wrote takes up how a write at a server has ended, and reports whether it was acknowledged.
func (k *ownKey) wrote(server int, version gossipkv.Version, value string, deleted bool, err error) bool {
	if err != nil {
		if happened := gossipkv.MayHaveHappened(err); happened && deleted {
			k.perhapsGone = true
		} else if happened {
			k.perhaps[value] = true
		}
		return false
	}
	k.last, k.value, k.deleted = version, value, deleted
	k.at[server] = version
	if deleted {
		k.gone = version
	}
	return true
}

// judge says whether what is found of a key, where all is known that was acknowledged, can be.
func (k *ownKey) judge(key string, found gossipkvEntry, there bool) error {
	switch {
	case !there && (k.last.IsZero() || k.deleted || k.perhapsGone):
		return nil
	case !there:
		return fmt.Errorf("%s is not there; version %v was acknowledged: %q", key, k.last, k.value)
	case found.version == k.last && !k.deleted && found.value == k.value:
		return nil
	case found.version.Compare(k.last) > 0 && k.perhaps[found.value]:
		return nil
	}
	return fmt.Errorf("%s is %q, version %v; version %v was acknowledged: %q (deleted: %t)", key, found.value, found.version, k.last, k.value, k.deleted)
}

// judge says what cannot be of what all servers have.
func (m *movers) judge(state gossipkvState) (wrong error) {
	for _, one := range m.all {
		for key, known := range one.keys {
			found, there := state[key]
			wrong = errors.Join(wrong, known.judge(key, found, there))
		}
	}
	return wrong
}

// judgeAlone says what is missing of what a server had acknowledged. It may know less of others than they do.
func (m *movers) judgeAlone(server int, state gossipkvState) (wrong error) {
	for _, one := range m.all {
		for key, known := range one.keys {
			found, there := state[key]
			at := known.at[server]
			if !there && (known.gone.Compare(at) >= 0 || known.perhapsGone) { // also if it has acknowledged nothing
				continue
			}
			if found.version.Compare(at) < 0 {
				wrong = errors.Join(wrong, fmt.Errorf("%s has version %v (there: %t); %v was acknowledged here", key, found.version, there, at))
			}
		}
	}
	return wrong
}

// TestOwnKey_judge shows what is noticed.
func TestOwnKey_judge(t *testing.T) {
	v := func(time uint64) gossipkv.Version { return gossipkv.Version{Time: time, Server: 1} }
	put := &ownKey{last: v(5), value: "a", perhaps: map[string]bool{"b": true}}
	gone := &ownKey{last: v(5), deleted: true, gone: v(5)}
	for _, test := range []struct {
		known *ownKey
		found gossipkvEntry
		there bool
		good  bool
	}{
		{put, gossipkvEntry{"a", v(5)}, true, true},
		{put, gossipkvEntry{"b", v(6)}, true, true},
		{put, gossipkvEntry{}, false, false},
		{put, gossipkvEntry{"a", v(4)}, true, false},
		{put, gossipkvEntry{"a", v(6)}, true, false},
		{put, gossipkvEntry{"b", v(5)}, true, false},
		{put, gossipkvEntry{"c", v(6)}, true, false},
		{gone, gossipkvEntry{}, false, true},
		{gone, gossipkvEntry{"a", v(4)}, true, false},
		{gone, gossipkvEntry{"", v(5)}, true, false},
		{new(ownKey), gossipkvEntry{}, false, true},
	} {
		if err := test.known.judge("k", test.found, test.there); (err == nil) != test.good {
			t.Errorf("%+v, of which is found %+v (%t): %v", test.known, test.found, test.there, err)
		}
	}
}
