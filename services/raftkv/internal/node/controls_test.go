package node_test

import (
	"encoding/binary"
	"fmt"

	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/storage"
)

// apart is a machine that keeps sessions by itself: it takes the request ids out of the commands before the
// state sees them, and writes the sessions of an entry in a batch of their own, before the next entry.
type apart struct {
	*storage.State
	sessions map[kv.ClientID]session
	owed     [][]byte // commands that write sessions
}

type session struct {
	sequence uint64
	reply    []byte
}

const sessionPrefix = "session/"

func newApart(state *storage.State) node.Machine {
	a := &apart{State: state, sessions: make(map[kv.ClientID]session)}
	err := state.Scan(storage.Range{Prefix: []byte(sessionPrefix)}, true, func(key []byte, record kv.Record) (bool, error) {
		client := kv.ClientID(key[len(sessionPrefix):])
		a.sessions[client] = session{binary.LittleEndian.Uint64(record.Value), append([]byte(nil), record.Value[8:]...)}
		return true, nil
	})
	if err != nil {
		panic(err)
	}
	return a
}

// Apply has the state execute what was not executed before.
func (a *apart) Apply(at storage.Position, time kv.Millis, commands [][]byte) ([][]byte, storage.Index, error) {
	if _, _, err := a.State.Apply(storage.Position{Term: at.Term, Index: at.Index - 1}, time, a.owed); err != nil {
		return nil, 0, err
	}
	a.owed = nil
	var (
		effects  [][]byte
		requests = make([]kv.RequestID, len(commands))
		fresh    = make([]bool, len(commands))
	)
	for i, command := range commands {
		id, effect := stripped(command)
		last := a.sessions[id.Client].sequence
		if id.Sequence < last {
			return nil, 0, fmt.Errorf("request %d came after %d", id.Sequence, last)
		}
		if requests[i], fresh[i] = id, id.Sequence > last; fresh[i] {
			effects = append(effects, effect)
		}
	}
	done, kept, err := a.State.Apply(at, time, effects)
	if err != nil {
		return nil, 0, err
	}
	replies := make([][]byte, len(commands))
	for i, id := range requests {
		if fresh[i] {
			a.remember(id, done[0])
			done = done[1:]
		}
		replies[i] = a.sessions[id.Client].reply
	}
	return replies, kept, nil
}

func (a *apart) remember(id kv.RequestID, reply []byte) {
	a.sessions[id.Client] = session{id.Sequence, reply}
	row := append(binary.LittleEndian.AppendUint64(nil, id.Sequence), reply...)
	write := kv.Write{Kind: kv.Put, Key: append([]byte(sessionPrefix), id.Client[:]...), Value: row, Expect: kv.AnyVersion}
	a.owed = append(a.owed, (&kv.Command{Writes: []kv.Write{write}}).AppendTo(nil))
}

// premature is a machine that says that it keeps what it has not written yet.
type premature struct{ *storage.State }

func newPremature(state *storage.State) node.Machine { return premature{state} }

// Apply does what the state does.
func (p premature) Apply(at storage.Position, time kv.Millis, commands [][]byte) ([][]byte, storage.Index, error) {
	replies, _, err := p.State.Apply(at, time, commands)
	return replies, at.Index, err
}

// stripped takes the request id out of a command, where it comes after the first two bytes.
func stripped(command []byte) (id kv.RequestID, rest []byte) {
	id.Client = kv.ClientID(command[2:18])
	sequence, n := binary.Uvarint(command[18:])
	id.Sequence = sequence
	return id, append([]byte{command[0], 0}, command[18+n:]...)
}
