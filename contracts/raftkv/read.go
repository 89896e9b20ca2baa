package raftkv

import "slices"

// ReadOption is a wish that a read comes with.
type ReadOption struct {
	any bool
}

// ReadAny has the read ask one of the servers that hold its shard, each in its turn, and not only the leader. It is
// linearizable all the same: each of them asks the leader how far the log has got before it answers. So it is not one server
// that sends all the values, at the price of a way between servers for each read. If the server does not answer, the leader
// is asked. Of a Scan, each shard's part begins at a server of its own.
func ReadAny() ReadOption { return ReadOption{any: true} }

// anyone reports whether one of the options is ReadAny.
func anyone(options []ReadOption) bool {
	return slices.ContainsFunc(options, func(o ReadOption) bool { return o.any })
}

// whom returns the server to ask in the next attempt at a call for a shard. With any, that is one in turn, and any is unset:
// the attempt after that is the leader's.
func (c *Clerk) whom(shard int, any *bool) string {
	m := c.now.Load()
	if !*any {
		return m.server(shard)
	}
	*any = false
	return m.replica(shard, c.turns.Add(1), c.links.usable)
}
