package node

// maxCollect is how many tombstones are collected at a time.
const maxCollect = 1000

// collect removes tombstones that all servers know of (see merge.Roster.Stable), and remembers that it did, for servers that come with an old
// copy of the data.
func (l *loop) collect() {
	l.state.Roster = l.state.Roster.Knows(l.state.Self, l.state.Known)
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
		// The round may have replaced it already.
		if stored, there, err := l.batch.Stored(tombstone.Key); err != nil {
			_ = l.fail(err)
			return
		} else if !there || stored.Version != tombstone.Version {
			continue
		}
		if err := l.batch.Remove(tombstone.Key); err != nil {
			_ = l.fail(err)
			return
		}
		if !l.node.options.leaveOut.stability {
			l.state.Floor = l.state.Floor.With(tombstone.Version.Origin, tombstone.Version.Time)
		}
	}
}
