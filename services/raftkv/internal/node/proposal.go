package node

import (
	"encoding/binary"
	"errors"
	"fmt"

	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/storage"
)

// Proposal is commands that shall be applied, each for itself, and who is told of it.
type Proposal struct {
	// Commands belong to the replica until Done is called.
	Commands [][]byte

	// Done is called once, with a reply to each command or with an error that says for all of them why there is
	// none. It is called by the goroutine that everyone waits for, so it must be quick.
	Done func(replies [][]byte, err error)
}

func (p *Proposal) size() (n int64) {
	for _, command := range p.Commands {
		n += int64(len(command))
	}
	return n
}

// Propose proposes commands. It does not wait.
func (r *Replica) Propose(p *Proposal) {
	size := p.size()
	if !r.config.budget.Take(size) {
		p.Done(nil, ErrBusy)
		return
	}
	done := p.Done
	p.Done = func(replies [][]byte, err error) {
		r.config.budget.GiveBack(size)
		done(replies, err)
	}
	r.enter(p)
}

// enter proposes commands whose bytes the budget has already.
func (r *Replica) enter(p *Proposal) {
	if err := r.mail.put(func(m *mail) { m.proposals = append(m.proposals, p) }); err != nil {
		p.Done(nil, err)
	}
}

// propose makes entries of the proposals that are held, as few as their sizes allow, and gives them to Raft. Who waits is
// noted before that, as the number in the entry leads to him, and told at once if Raft takes no proposals. It returns the number in
// the last entry, or 0.
func (r *Replica) propose() (last uint64) {
	term := storage.Term(r.raft.BasicStatus().HardState.GetTerm())
	for len(r.held) > 0 {
		n, size := 1, r.held[0].size()
		for n < len(r.held) && size < maxEntry {
			size += r.held[n].size()
			n++
		}
		proposals := r.held[:n]
		r.held = r.held[n:]
		id := r.ledger.enter(term, proposals)
		// Raft drops it only when there is no leader, or another one.
		if err := r.raft.Propose(encodeEntry(id, r.clock.read(r.look()), size, proposals)); err != nil {
			r.ledger.drop(id, r.notLeader())
			continue
		}
		last = id
	}
	r.held = nil
	return last
}

// entry is what the log holds: who waits for its replies, when it was proposed, and commands.
type entry struct {
	id       uint64
	time     kv.Millis // see clock
	commands [][]byte
}

func encodeEntry(id uint64, now kv.Millis, size int64, proposals []*Proposal) []byte {
	b := make([]byte, 0, 8+10+size+size/16+64)
	b = binary.LittleEndian.AppendUint64(b, id)
	b = binary.AppendUvarint(b, uint64(now))
	for _, proposal := range proposals {
		for _, command := range proposal.Commands {
			b = binary.AppendUvarint(b, uint64(len(command)))
			b = append(b, command...)
		}
	}
	return b
}

var errMalformed = errors.New("it is malformed (written by another version of this program?)")

// decodeEntry reads an entry. Commands alias its data. Raft's own entries, at the beginning of a term, are
// empty and have no commands.
func decodeEntry(logged *raftpb.Entry) (e entry, err error) {
	data := logged.GetData()
	if len(data) == 0 {
		return e, nil
	}
	if logged.GetType() != raftpb.EntryNormal || len(data) < 8 {
		return e, fmt.Errorf("applying entry %d: %w", logged.GetIndex(), errMalformed)
	}
	e.id = binary.LittleEndian.Uint64(data)
	data = data[8:]
	time, n := binary.Uvarint(data)
	if e.time = kv.Millis(time); n <= 0 {
		return e, fmt.Errorf("applying entry %d: %w", logged.GetIndex(), errMalformed)
	}
	data = data[n:]
	for len(data) > 0 {
		length, n := binary.Uvarint(data)
		if n <= 0 || length > uint64(len(data)-n) {
			return e, fmt.Errorf("applying entry %d: %w", logged.GetIndex(), errMalformed)
		}
		data = data[n:]
		e.commands = append(e.commands, data[:length:length])
		data = data[length:]
	}
	return e, nil
}

// ledger knows who waits for the replies to which entry. An entry is found again by a number that was put into it, not by
// its index: another leader's entry may get the index that this one's should have had. The numbers of a replica's lives
// begin at random places, so that an entry of an earlier one, applied now, is not taken for one of this.
//
// A leader that is deposed does not know whether its last entries will be applied. It goes on to wait for them: they are, or
// an entry of a later term is applied before them, and then they never will be, as terms only grow along a log.
type ledger struct {
	next    uint64
	waiting map[uint64]awaited
}

// awaited is the proposals in an entry of a term.
type awaited struct {
	term      storage.Term
	proposals []*Proposal
}

func newLedger() ledger {
	return ledger{next: randomID(), waiting: make(map[uint64]awaited)}
}

// enter notes proposals that go into one entry, and returns the number to put into it.
func (l *ledger) enter(term storage.Term, proposals []*Proposal) (id uint64) {
	l.next++
	l.waiting[l.next] = awaited{term, proposals}
	return l.next
}

// settle hands out the replies to the commands of an entry, if anyone here waits for them.
func (l *ledger) settle(id uint64, replies [][]byte) {
	for _, proposal := range l.waiting[id].proposals {
		n := len(proposal.Commands)
		proposal.Done(replies[:n:n], nil)
		replies = replies[n:]
	}
	delete(l.waiting, id)
}

// drop tells those who wait for an entry that it will not be.
func (l *ledger) drop(id uint64, err error) {
	for _, proposal := range l.waiting[id].proposals {
		proposal.Done(nil, err)
	}
	delete(l.waiting, id)
}

// overtaken tells those who wait for an entry of a term before this one that it will not be.
func (l *ledger) overtaken(by storage.Term, err error) {
	for id, awaited := range l.waiting {
		if awaited.term < by {
			l.drop(id, err)
		}
	}
}

// fail tells all who wait that there will be no reply.
func (l *ledger) fail(err error) {
	for id := range l.waiting {
		l.drop(id, err)
	}
}
