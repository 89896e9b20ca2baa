package storage

import (
	"fmt"
	"testing"

	"numstore.example/services/gossipkv/internal/merge"
)

// many is a state of a system of so many servers.
func many(servers int) State {
	state := upTo(1)
	for i := range servers {
		state.Known = state.Known.With(merge.Origin{Server: merge.ServerID(i + 1), Incarnation: merge.Incarnation(i)}, uint64(i+1))
	}
	for origin := range state.Known {
		state.Roster = state.Roster.Knows(origin, state.Known)
	}
	return state
}

func benchmarkStore(b *testing.B) *Store {
	s, err := Open(Options{Dir: b.TempDir(), Logger: discard})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.end(b) })
	return s
}

// BenchmarkCommit is one put in each commit: most of it is the sync.
func BenchmarkCommit(b *testing.B) {
	for _, servers := range []int{5, 50} {
		b.Run(fmt.Sprintf("servers=%d", servers), func(b *testing.B) {
			s, state, n := benchmarkStore(b), many(servers), uint64(0)
			for b.Loop() {
				n++
				batch := s.NewBatch()
				if _, err := batch.Merge(value(fmt.Sprint("key", n%10000), n, "a value")); err != nil {
					b.Fatal(err)
				}
				state.Known = state.Known.With(self, n)
				batch.SetState(state)
				if err := s.Commit(batch); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkShow is what it costs a commit that reads show only what was synced.
func BenchmarkShow(b *testing.B) {
	s := benchmarkStore(b)
	for b.Loop() {
		if err := s.show(Counts{}, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	s := benchmarkStore(b)
	for n := range uint64(1000) {
		if err := s.commit(value(fmt.Sprint("key", n), n+1, "a value")); err != nil {
			b.Fatal(err)
		}
	}
	n := 0
	for b.Loop() {
		n++
		if _, err := s.Get(fmt.Append(nil, "key", n%1000)); err != nil {
			b.Fatal(err)
		}
	}
}
