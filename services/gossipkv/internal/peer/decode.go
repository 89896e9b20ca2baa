package peer

import (
	"errors"
	"fmt"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
	"numstore.example/services/gossipkv/internal/peerpb"
)

// decode decodes a message, and says what is not valid of it: what it returns, a server that is well may have sent.
func decode(m *peerpb.Message) (message node.Message, err error) {
	switch m := m.GetMessage().(type) {
	case *peerpb.Message_Push:
		message.Push, err = decodePush(m.Push)
	case *peerpb.Message_Announce:
		message.Announce = &node.Announce{Settled: m.Announce.GetSettled()}
		message.Announce.Known, err = decodeVector(m.Announce.GetKnown())
	case *peerpb.Message_Pull:
		message.Pull, err = decodePull(m.Pull)
	case *peerpb.Message_Piece:
		message.Piece, err = decodePiece(m.Piece)
	case *peerpb.Message_Table:
		message.Table = new(node.Table)
		message.Table.Roster, err = decodeRoster(m.Table.GetRoster())
	default:
		err = errors.New("a message of a kind that this version does not know")
	}
	return message, err
}

func decodePush(p *peerpb.Push) (*node.Push, error) {
	origin, err := decodeOrigin(p.GetOrigin())
	if err != nil {
		return nil, err
	}
	push := &node.Push{Interval: merge.Interval{Origin: origin, After: p.GetAfter(), Upto: p.GetUpto()}}
	if p.GetAfter() >= p.GetUpto() {
		return nil, fmt.Errorf("a push of writes later than %d, up to %d", p.GetAfter(), p.GetUpto())
	}
	last := p.GetAfter()
	for _, e := range p.GetEntries() {
		if e.GetOrigin() != nil {
			return nil, errors.New("a push with an entry that has an origin of its own")
		}
		if e.GetTime() <= last || e.GetTime() > p.GetUpto() {
			return nil, fmt.Errorf("a push of writes up to %d has one of %d behind %d", p.GetUpto(), e.GetTime(), last)
		}
		last = e.GetTime()
		entry, err := decodeEntry(e, origin)
		if err != nil {
			return nil, err
		}
		push.Entries = append(push.Entries, entry)
	}
	for _, server := range p.GetTold() {
		if server == 0 {
			return nil, errors.New("a push that was told to server 0")
		}
		push.Told = append(push.Told, merge.ServerID(server))
	}
	return push, nil
}

func decodePull(p *peerpb.Pull) (pull *node.Pull, err error) {
	pull = &node.Pull{Number: p.GetNumber()}
	if pull.Known, err = decodeVector(p.GetKnown()); err != nil {
		return nil, err
	}
	pull.After, err = decodeVersion(p.GetAfter())
	return pull, err
}

func decodePiece(p *peerpb.Piece) (piece *node.Piece, err error) {
	piece = &node.Piece{Number: p.GetNumber(), Run: p.GetRun(), Last: p.GetLast()}
	if piece.Upto, err = decodeVersion(p.GetUpto()); err != nil {
		return nil, err
	}
	if piece.Knew, err = decodeVector(p.GetKnew()); err != nil {
		return nil, err
	}
	if piece.Floor, err = decodeVector(p.GetFloor()); err != nil {
		return nil, err
	}
	var last merge.Version
	for _, e := range p.GetEntries() {
		origin, err := decodeOrigin(e.GetOrigin())
		if err != nil {
			return nil, err
		}
		entry, err := decodeEntry(e, origin)
		if err != nil {
			return nil, err
		}
		if entry.Version.Compare(last) <= 0 || entry.Version.Compare(piece.Upto) > 0 {
			return nil, fmt.Errorf("a piece up to %v has the version %v behind %v", piece.Upto, entry.Version, last)
		}
		last = entry.Version
		piece.Entries = append(piece.Entries, entry)
	}
	return piece, nil
}

func decodeEntry(e *peerpb.Entry, origin merge.Origin) (merge.Entry, error) {
	switch {
	case e.GetTime() == 0:
		return merge.Entry{}, fmt.Errorf("a write of %v of the time 0", origin)
	case len(e.GetKey()) == 0:
		return merge.Entry{}, errors.New("a write of an empty key")
	case e.GetDeleted() && len(e.GetValue()) > 0:
		return merge.Entry{}, errors.New("a tombstone with a value")
	}
	version := merge.Version{Time: e.GetTime(), Origin: origin}
	return merge.Entry{Key: e.GetKey(), Value: e.GetValue(), Deleted: e.GetDeleted(), Version: version}, nil
}

func decodeOrigin(o *peerpb.Origin) (merge.Origin, error) {
	if o.GetServer() == 0 {
		return merge.Origin{}, errors.New("an origin without a server")
	}
	return merge.Origin{Server: merge.ServerID(o.GetServer()), Incarnation: merge.Incarnation(o.GetIncarnation())}, nil
}

// decodeVersion decodes a version; the zero one is that of nil.
func decodeVersion(v *peerpb.Version) (merge.Version, error) {
	if v == nil {
		return merge.Version{}, nil
	}
	if v.GetTime() == 0 {
		return merge.Version{}, errors.New("a version of the time 0")
	}
	origin, err := decodeOrigin(v.GetOrigin())
	return merge.Version{Time: v.GetTime(), Origin: origin}, err
}

func decodeVector(v *peerpb.Vector) (merge.Vector, error) {
	vector := make(merge.Vector, len(v.GetEntries()))
	var last merge.Origin
	for _, e := range v.GetEntries() {
		origin, err := decodeOrigin(e.GetOrigin())
		if err != nil {
			return nil, err
		}
		if origin.Compare(last) <= 0 || e.GetTime() == 0 {
			return nil, fmt.Errorf("a vector with %v behind %v, and the time %d", origin, last, e.GetTime())
		}
		last = origin
		vector[origin] = e.GetTime()
	}
	return vector, nil
}

func decodeRoster(r *peerpb.Roster) (merge.Roster, error) {
	roster := make(merge.Roster, len(r.GetStandings()))
	var last merge.Origin
	for _, s := range r.GetStandings() {
		origin, err := decodeOrigin(s.GetOrigin())
		if err != nil {
			return nil, err
		}
		if origin.Compare(last) <= 0 {
			return nil, fmt.Errorf("a roster with %v behind %v", origin, last)
		}
		last = origin
		state := s.GetState()
		if state < uint32(merge.Member) || state > uint32(merge.Forgotten) {
			return nil, fmt.Errorf("a roster with the state %d of %v", state, origin)
		}
		standing := merge.Standing{State: merge.State(state), Epoch: s.GetEpoch(), Final: s.GetFinal()}
		if standing.Known, err = decodeVector(s.GetKnown()); err != nil {
			return nil, err
		}
		roster[origin] = standing
	}
	return roster, nil
}
