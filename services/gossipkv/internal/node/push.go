package node

import (
	"slices"

	"numstore.example/services/gossipkv/internal/merge"
)

// maxPush is how many bytes of entries a push has, one entry more excepted.
const maxPush = 256 << 10

// pushOwn adds a write that was made here to what will be pushed.
func (l *loop) pushOwn(e merge.Entry) {
	origin := e.Version.Origin
	last := len(l.own) - 1
	if last < 0 || l.own[last].Interval.Origin != origin || l.own[last].bytes >= maxPush {
		after := l.state.Known[origin]
		if last >= 0 && l.own[last].Interval.Origin == origin {
			after = l.own[last].Interval.Upto
		}
		l.own = append(l.own, &Push{Interval: merge.Interval{Origin: origin, After: after}, Told: []merge.ServerID{l.state.Self.Server}})
		last++
	}
	push := l.own[last]
	push.Entries = append(push.Entries, e)
	push.bytes += e.Size()
	push.Interval.Upto = e.Version.Time
}

// closeOwn lets the vector cover the writes that were made here.
func (l *loop) closeOwn() {
	for _, push := range l.own {
		l.state.Known = l.state.Known.With(push.Interval.Origin, push.Interval.Upto)
	}
}

// takePush takes writes that a neighbour has sent on, and passes them on to those that were not told.
func (l *loop) takePush(from merge.ServerID, push *Push) {
	in := push.Interval
	if in.Upto <= l.state.Known[in.Origin] || l.full() {
		return
	}
	if in.Origin == l.state.Self {
		l.suspect(from, merge.Vector{in.Origin: in.Upto})
	}
	if standing := l.state.Roster[in.Origin]; standing.State == merge.Forgotten {
		if in.Upto = min(in.Upto, standing.Final); in.Upto <= in.After {
			return // a server that was forgotten has made them since
		}
	}
	for _, e := range push.Entries {
		if l.state.Roster.Counts(e.Version) && l.merge(e) != nil {
			return
		}
	}
	known, news := l.pending.Add(l.state.Known, in)
	if l.node.options.leaveOut.gaps {
		known = l.state.Known.With(in.Origin, in.Upto)
	}
	l.state.Known = known
	if news {
		l.relay(push)
	}
}

// merge takes an entry that another server has sent. What this one knows already has no effect, whatever it was replaced by.
func (l *loop) merge(e merge.Entry) error {
	switch {
	case l.state.Known.Covers(e.Version):
		return nil
	case e.Version.Time <= l.state.Floor.Latest():
		if _, there, err := l.batch.Stored(e.Key); err != nil {
			return l.fail(err)
		} else if !there {
			return l.stampAnew(e)
		}
	}
	if _, err := l.batch.Merge(e); err != nil {
		return l.fail(err)
	}
	l.batchBytes += e.Size()
	l.state.Time = max(l.state.Time, e.Version.Time)
	return nil
}

// stampAnew takes an entry that may be older than a tombstone which was collected here, but not everywhere: who still has that
// would keep it. Members have no such entries: this one was made by a server before it ever met the others. So it counts as written
// now, which is greater than the tombstone everywhere.
func (l *loop) stampAnew(e merge.Entry) error {
	if e.Deleted {
		return nil
	}
	e.Version = merge.Version{Time: l.state.Time + 1, Origin: l.state.Self}
	return l.stamp(e)
}

// relay passes a push on to neighbours that were not told. It need not be on disk here: what is told is that these are all writes of an interval, and
// not that this server has them.
func (l *loop) relay(push *Push) {
	onward := *push
	onward.Told = slices.Concat(push.Told, []merge.ServerID{l.state.Self.Server})
	l.spread(&onward)
}

// spread sends a push to all neighbours that were not told, and may not know it yet. Who sends it is among those who were.
func (l *loop) spread(push *Push) {
	var to []merge.ServerID
	for id, n := range l.neighbours {
		if n.durable && !slices.Contains(push.Told, id) && n.announced[push.Interval.Origin] < push.Interval.Upto {
			to = append(to, id)
		}
	}
	slices.Sort(to)
	push.Told = slices.Concat(push.Told, to)
	for _, id := range to {
		l.node.transport.Send(id, Message{Push: push})
	}
}

// full says whether entries of others cannot be taken for want of room. They are pulled when there is room again.
func (l *loop) full() bool { return l.node.store.Writable() != nil }
