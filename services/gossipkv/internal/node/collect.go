package node

import "numstore.example/services/gossipkv/internal/merge"

// maxCollect is how many tombstones are collected at a time.
const maxCollect = 1000

// collect removes tombstones that all servers know of (see merge.Roster.Stable), and remembers that it did, for servers that come with an old
// copy of the data.
func (l *loop) collect() {
	stable, complete := l.state.Roster.Stable(l.state.Known)
	if l.node.options.leaveOut.stability {
		stable, complete = l.state.Known, true
	}
	if !complete {
		return
	}
	tombstones, err := l.node.store.Tombstones(stable, maxCollect)
	if err != nil {
		_ = l.fail(err)
		return
	}
	for _, tombstone := range tombstones {
		stands, err := l.stands(tombstone)
		if err == nil && stands {
			err = l.batch.Remove(tombstone.Key)
		}
		if err != nil {
			_ = l.fail(err)
			return
		}
		if !stands {
			continue
		}
		if !l.node.options.leaveOut.stability {
			l.state.Floor = l.state.Floor.With(tombstone.Version.Origin, tombstone.Version.Time)
		}
	}
}

// stands says whether an entry that the store has is still that of its key: the round may have replaced it already.
func (l *loop) stands(e merge.Entry) (bool, error) {
	stored, there, err := l.batch.Stored(e.Key)
	return there && stored.Version == e.Version, err
}
