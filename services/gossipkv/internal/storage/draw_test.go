package storage

import (
	"strings"

	"pgregory.net/rapid"

	"numstore.example/services/gossipkv/internal/merge"
)

// What is drawn is little, so that it meets itself.
var (
	someKey     = rapid.SampledFrom([]string{"", "a", "a\x00", "ab", "b", "\xff", "\xff\xff", "k", "\x00"})
	someServer  = rapid.Uint32Range(1, 3)
	someTime    = rapid.Uint64Range(1, 12)
	someLength  = rapid.SampledFrom([]int{0, 1, 1, maxShort - 1, maxShort, maxShort + 1})
	someVersion = rapid.Custom(func(t *rapid.T) merge.Version {
		server := someServer.Draw(t, "server")
		return merge.Version{Time: someTime.Draw(t, "time"), Origin: merge.Origin{Server: merge.ServerID(server), Incarnation: merge.Incarnation(server / 2)}}
	})
	someDrawn = rapid.Custom(func(t *rapid.T) drawn {
		return drawn{someKey.Draw(t, "key"), someVersion.Draw(t, "version"), rapid.IntRange(0, 3).Draw(t, "deleted") == 0,
			someLength.Draw(t, "length"), rapid.SampledFrom([]string{"x", "y"}).Draw(t, "of")}
	})
	someVector = rapid.Custom(func(t *rapid.T) merge.Vector {
		v := make(merge.Vector)
		for range rapid.IntRange(0, 3).Draw(t, "origins") {
			w := someVersion.Draw(t, "covered")
			v[w.Origin] = w.Time
		}
		return v
	})
	someState = rapid.Custom(func(t *rapid.T) State {
		s := State{Self: someVersion.Draw(t, "self").Origin, Time: someTime.Draw(t, "time"),
			Known: someVector.Draw(t, "known"), Floor: someVector.Draw(t, "floor"), Owed: someVector.Draw(t, "owed"), Roster: merge.Roster{}}
		for origin, time := range someVector.Draw(t, "members") {
			s.Roster[origin] = merge.Standing{State: merge.Member, Epoch: time, Known: someVector.Draw(t, "known"), Final: time / 2}
		}
		return s
	})
)

// drawn is an entry that was drawn, in few words.
type drawn struct {
	key     string
	version merge.Version
	deleted bool
	length  int
	of      string
}

func (d drawn) entry() merge.Entry {
	e := merge.Entry{Key: []byte(d.key), Version: d.version, Deleted: d.deleted}
	if !d.deleted {
		e.Value = []byte(strings.Repeat(d.of, d.length))
	}
	return e
}
