package node_test

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/internal/engine"
	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/storage"
)

// What controls do to members of a cluster. See also controls_test.go, which has machines.

// SendSnapshot implements node.Transport. The store is not closed while a state is written. The state loses the rows that the variant does not want, as if those who write
// and read it did not care.
func (m mortal) SendSnapshot(shard storage.ShardID, message *raftpb.Message, write func(io.Writer) error, done func(error)) {
	if wanted := m.variant.rows; wanted != nil {
		whole := write
		write = func(w io.Writer) error {
			var state bytes.Buffer
			if err := whole(&state); err != nil {
				return err
			}
			return writeSome(w, state.Bytes(), wanted)
		}
	}
	m.Transport.SendSnapshot(shard, message, func(w io.Writer) error {
		err := errDead
		m.use(func() { err = write(w) })
		return err
	}, done)
}

var errDead = errors.New("the member is dead")

// noSessions wants no row of a session.
func noSessions(_ int, key []byte) bool { return key[0] != 'c' && key[0] != 'l' }

// halfOfKeys wants every other key: a state of which not all has come.
func halfOfKeys(i int, key []byte) bool { return key[0] != 'k' || i%2 == 0 }

// writeSome writes a state with only some of its rows, whole by its own account.
func writeSome(w io.Writer, state []byte, wanted func(i int, key []byte) bool) error {
	begin := bytes.IndexByte(state, '\n') + 1
	out := bytes.NewBuffer(state[:begin:begin])
	rows, kept := 0, uint64(0)
	for rest := state[begin:]; ; {
		length := binary.LittleEndian.Uint32(rest)
		if length == 0 {
			break
		}
		frame := []byte{0, 0, 0, 0}
		for content := rest[4 : 4+length]; len(content) > 0; rows++ {
			key, keySize := cut(content)
			_, valueSize := cut(content[keySize:])
			if wanted(rows, key) {
				frame = append(frame, content[:keySize+valueSize]...)
				kept++
			}
			content = content[keySize+valueSize:]
		}
		rest = rest[4+length+4:]
		if len(frame) > 4 {
			binary.LittleEndian.PutUint32(frame, uint32(len(frame)-4))
			out.Write(sealed(frame))
		}
	}
	out.Write(sealed(binary.LittleEndian.AppendUint64(make([]byte, 4), kept)))
	_, err := w.Write(out.Bytes())
	return err
}

// cut returns the bytes that content begins with, and how long they are with their length.
func cut(content []byte) ([]byte, int) {
	length, n := binary.Uvarint(content)
	return content[n : n+int(length)], n + int(length)
}

func sealed(frame []byte) []byte {
	frame = append(frame, 0, 0, 0, 0)
	engine.Seal(frame)
	return frame
}

// Group implements node.Transport.
func (m mortal) Group(id storage.NodeID, shard storage.ShardID) node.Group {
	group := m.Transport.Group(id, shard)
	if m.variant.renames {
		return renaming{group}
	}
	return group
}

// renaming is another node's group, for which each write becomes one of a client that nobody has heard of before.
type renaming struct{ node.Group }

// Propose implements node.Group.
func (r renaming) Propose(p *node.Proposal) {
	renamed := &node.Proposal{Done: p.Done}
	for _, command := range p.Commands {
		command = bytes.Clone(command)
		if id, _ := stripped(command); id.Sequence > 0 {
			command = renameTo(kv.RequestID{Sequence: 1}, command)
		}
		renamed.Commands = append(renamed.Commands, command)
	}
	r.Group.Propose(renamed)
}

// renameTo puts a request id with a new client's name in the place of a command's own.
func renameTo(id kv.RequestID, command []byte) []byte {
	rand.Read(id.Client[:])
	_, effect := stripped(command)
	renamed := append([]byte{command[0], command[1]}, id.Client[:]...)
	renamed = binary.AppendUvarint(renamed, id.Sequence)
	return append(renamed, effect[2:]...)
}

// forgetVote takes from a disk whom the member of the first shard has voted for, as if that had never got there.
func forgetVote(disk vfs.FS) error {
	store, err := storage.Open(storage.Options{Dir: dir, FS: disk, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	key := []byte{'r', 0, shard, 'h'} // see storage/keys.go
	row, err := store.Row(key)
	if err != nil {
		return err
	}
	binary.BigEndian.PutUint64(row[8:], 0)
	batch := store.NewBatch()
	batch.Set(key, row, nil)
	return errors.Join(store.Commit(batch, true), store.Close())
}
