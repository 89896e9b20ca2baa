package node

import (
	"errors"
	"fmt"
)

// What a driver does for a replica: it owns Raft's node, the ledger of who waits for which entry, the reads, the log's
// time. Others leave what they have in the mailbox.

// errStop ends a replica that shall end.
var errStop = errors.New("it shall end")

// protected does something for a replica that has not ended. An error, and what breaks the rules of the group, end it.
func (r *Replica) protected(do func() error) {
	if r.isOver() {
		return
	}
	if err := r.attempt(do); err != nil {
		r.finish(err)
	}
}

func (r *Replica) attempt(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			rules, ok := p.(broken)
			if !ok {
				panic(p)
			}
			err = rules
		}
	}()
	return do()
}

// finish ends the replica. The mailbox is closed before those who wait are told, so that nobody can come in between and
// wait for ever.
func (r *Replica) finish(err error) {
	r.failure = ErrStopped
	if err != errStop {
		r.failure = fmt.Errorf("%w: %w", ErrStopped, err)
		if r.config.Log.Failure() == nil { // or else the store has told the reason
			r.config.OnFailure(err)
		}
	}
	r.crew.leave(r)
	close(r.ended)
	r.mail.close(r.failure)
	for _, proposal := range r.held {
		proposal.Done(nil, r.failure)
	}
	r.held = nil
	r.ledger.fail(r.failure)
	r.reads.fail(r.failure)
}

func (r *Replica) isOver() bool {
	select {
	case <-r.ended:
		return true
	default:
		return false
	}
}

// start is the replica's first turn.
func (r *Replica) start() error {
	r.started = true
	if err := r.config.Log.Failure(); err != nil {
		return err
	}
	// Who is to lead, or has nobody else who could, does not wait for a leader to be silent. (The others refuse him who
	// stands while they hear one.)
	if members := r.Members().Members; len(members) > 0 && members[0].ID == r.config.ID {
		return r.raft.Campaign()
	}
	return nil
}

// takeTurn is the first half of a turn: Raft is given what there is for it, but for proposals.
func (r *Replica) takeTurn(ticked bool) error {
	if !r.started {
		if err := r.start(); err != nil {
			return err
		}
		r.handleAll()
	}
	if ticked {
		r.tick()
	}
	r.at(Waking)
	return r.takeMail()
}

// settleTurn is the second half: what Raft wants done then is handed on. Reads come last: one question to Raft does for all that
// are there by then.
func (r *Replica) settleTurn() error {
	r.readEarly()
	r.handleAll()
	if r.proposes && r.unsynced > 0 {
		r.writes = true
		r.crew.writing++
	}
	r.proposes = false
	return nil
}

func (r *Replica) handleAll() {
	for r.raft.HasReady() {
		r.handle(r.raft.Ready())
	}
}
