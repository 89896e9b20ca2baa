package node

import (
	"sync"

	"go.etcd.io/raft/v3/raftpb"

	"numstore.example/services/raftkv/internal/storage"
)

// mailbox is where other goroutines leave what the driver shall do for a replica. It has no bound of its
// own: a full channel from the appender to the driver, and another one back, would be a deadlock. Proposals
// are bounded by Options.MaxInFlight, the appender by the appends that it was given.
type mailbox struct {
	owner *Replica
	calls *queue[*Replica] // to the driver, which looks at the mailboxes of these

	mu     sync.Mutex
	mail   mail
	called bool // the owner is among the calls, since it was emptied
	closed error
}

// mail is what lies in the mailbox at a time. Each kind keeps its order; between kinds there is none.
type mail struct {
	proposals    []*Proposal
	reads        []func(error)
	received     []*raftpb.Message // from other nodes
	bytes        int               // about how many those take in memory
	responses    []*raftpb.Message // of appends that the appender reports, and of what the applier does
	synced       int               // how many appends that are
	done         []applied         // what the applier reports
	applications int               // of how many messages that was
	installed    []*staging        // states of other members that are on disk now
	offered      []*staging        // states of other members that are to be installed
	sent         []sentSnapshot    // how states that were sent to other members have arrived
	lost         []storage.NodeID  // to which messages were lost
	orders       []func(*Replica)  // for the replica, from its node
	stop         bool              // the replica shall end
	failure      error
}

// put changes the mail, and has the driver look at it. It returns the reason if the mailbox is closed. The lock is held
// for change, which must be quick.
func (m *mailbox) put(change func(*mail)) error {
	if err := m.leave(change); err != nil {
		return err
	}
	m.calls.wake()
	return nil
}

// leave is put for who has mail for several replicas, and wakes the driver when all of it is there.
func (m *mailbox) leave(change func(*mail)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed != nil {
		return m.closed
	}
	change(&m.mail)
	if !m.called {
		m.called = true
		m.calls.add(m.owner)
	}
	return nil
}

// synced reports an append that is on disk, with its responses. What comes too late is of no use to anyone. The driver is woken by
// the caller.
func (m *mailbox) synced(done appending) {
	_ = m.leave(func(mail *mail) {
		if done.staging != nil {
			mail.installed = append(mail.installed, done.staging)
		}
		mail.responses = append(mail.responses, done.message.GetResponses()...)
		if done.counted {
			mail.synced++
		}
	})
}

// applied reports entries that the machine shows, with what Raft is to be told. The driver is woken by the caller.
func (m *mailbox) applied(done []applied, responses []*raftpb.Message) {
	_ = m.leave(func(mail *mail) {
		mail.done = append(mail.done, done...)
		mail.applications++
		mail.responses = append(mail.responses, responses...)
	})
}

// receive takes a message from another node, unless too many lie there: Raft sends again what is lost.
func (m *mailbox) receive(message *raftpb.Message) {
	_ = m.put(func(mail *mail) {
		if mail.bytes < maxReceived {
			mail.received = append(mail.received, message)
			mail.bytes += messageSize(message)
		}
	})
}

// fail makes the replica stop for a failure of the log.
func (m *mailbox) fail(err error) {
	_ = m.put(func(mail *mail) { mail.failure = err })
}

// take empties the mailbox. Whoever puts something after it calls again, so nothing is missed.
func (m *mailbox) take() mail {
	m.mu.Lock()
	defer m.mu.Unlock()
	taken := m.mail
	m.mail, m.called = mail{}, false
	return taken
}

// close refuses further mail, and what lies there, with a reason.
func (m *mailbox) close(reason error) {
	m.mu.Lock()
	m.closed = reason
	left := m.mail
	m.mail = mail{}
	m.mu.Unlock()
	left.refuse(reason)
}

// refuse tells those who wait for an answer that there will be none.
func (m *mail) refuse(reason error) {
	for _, proposal := range m.proposals {
		proposal.Done(nil, reason)
	}
	for _, done := range m.reads {
		done(reason)
	}
	for _, staging := range m.offered {
		staging.refuse(reason)
	}
}
