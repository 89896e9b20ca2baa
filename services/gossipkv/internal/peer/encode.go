package peer

import (
	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
	"numstore.example/services/gossipkv/internal/peerpb"
)

// encode encodes a message. It shares the bytes of keys and values.
func encode(m node.Message) *peerpb.Message {
	switch {
	case m.Push != nil:
		in := m.Push.Interval
		push := &peerpb.Push{Origin: encodeOrigin(in.Origin), After: in.After, Upto: in.Upto}
		for _, e := range m.Push.Entries {
			push.Entries = append(push.Entries, encodeEntry(e, false))
		}
		for _, server := range m.Push.Told {
			push.Told = append(push.Told, uint32(server))
		}
		return &peerpb.Message{Message: &peerpb.Message_Push{Push: push}}
	case m.Announce != nil:
		announce := &peerpb.Announce{Known: encodeVector(m.Announce.Known), Settled: m.Announce.Settled}
		return &peerpb.Message{Message: &peerpb.Message_Announce{Announce: announce}}
	case m.Pull != nil:
		pull := &peerpb.Pull{Number: m.Pull.Number, Known: encodeVector(m.Pull.Known), After: encodeVersion(m.Pull.After)}
		return &peerpb.Message{Message: &peerpb.Message_Pull{Pull: pull}}
	case m.Piece != nil:
		return &peerpb.Message{Message: &peerpb.Message_Piece{Piece: encodePiece(m.Piece)}}
	case m.Table != nil:
		return &peerpb.Message{Message: &peerpb.Message_Table{Table: &peerpb.Table{Roster: encodeRoster(m.Table.Roster)}}}
	}
	panic("a message that has nothing")
}

func encodePiece(p *node.Piece) *peerpb.Piece {
	piece := &peerpb.Piece{
		Number: p.Number, Run: p.Run, Upto: encodeVersion(p.Upto), Last: p.Last,
		Knew: encodeVector(p.Knew), Floor: encodeVector(p.Floor),
	}
	for _, e := range p.Entries {
		piece.Entries = append(piece.Entries, encodeEntry(e, true))
	}
	return piece
}

// encodeEntry encodes an entry, with its origin or without.
func encodeEntry(e merge.Entry, whole bool) *peerpb.Entry {
	entry := &peerpb.Entry{Key: e.Key, Value: e.Value, Deleted: e.Deleted, Time: e.Version.Time}
	if whole {
		entry.Origin = encodeOrigin(e.Version.Origin)
	}
	return entry
}

func encodeOrigin(o merge.Origin) *peerpb.Origin {
	return &peerpb.Origin{Server: uint32(o.Server), Incarnation: uint64(o.Incarnation)}
}

// encodeVersion encodes a version; nil for none.
func encodeVersion(v merge.Version) *peerpb.Version {
	if v.IsZero() {
		return nil
	}
	return &peerpb.Version{Time: v.Time, Origin: encodeOrigin(v.Origin)}
}

// encodeVector encodes a vector, in the order of origins; nil for an empty one.
func encodeVector(v merge.Vector) *peerpb.Vector {
	if len(v) == 0 {
		return nil
	}
	vector := &peerpb.Vector{Entries: make([]*peerpb.VectorEntry, 0, len(v))}
	for _, origin := range v.Origins() {
		vector.Entries = append(vector.Entries, &peerpb.VectorEntry{Origin: encodeOrigin(origin), Time: v[origin]})
	}
	return vector
}

// encodeRoster encodes a roster, in the order of origins; nil for an empty one.
func encodeRoster(r merge.Roster) *peerpb.Roster {
	if len(r) == 0 {
		return nil
	}
	roster := &peerpb.Roster{Standings: make([]*peerpb.Standing, 0, len(r))}
	for _, origin := range r.Origins() {
		standing := r[origin]
		roster.Standings = append(roster.Standings, &peerpb.Standing{
			Origin: encodeOrigin(origin), State: uint32(standing.State), Epoch: standing.Epoch,
			Known: encodeVector(standing.Known), Final: standing.Final,
		})
	}
	return roster
}
