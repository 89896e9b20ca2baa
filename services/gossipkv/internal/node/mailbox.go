package node

import (
	"sync"

	"numstore.example/services/gossipkv/internal/merge"
)

// mailbox is where other goroutines leave what the node's goroutine shall do. Writes are bounded by Options.MaxInFlight, messages by maxReceived.
type mailbox struct {
	signal chan struct{} // has an element when there is mail

	mu     sync.Mutex
	mail   mail
	closed error
}

// maxReceived is how many bytes of messages may wait, one more excepted. What comes then is lost, as it might be on its way.
const maxReceived = 64 << 20

// mail is what lies in the mailbox at a time.
type mail struct {
	writes []*write
	events []event // in the order in which they came
	bytes  int     // of messages among them
	orders []*order
}

// event is what a transport tells: a message, or that a link begins or ends.
type event struct {
	from    merge.ServerID
	message Message
	up      *Greeting
	down    bool
}

// order is something that is to be done to the state; done is told when that is on disk.
type order struct {
	do   func(*loop) error
	done chan error
	err  error
}

func newMailbox() mailbox { return mailbox{signal: make(chan struct{}, 1)} }

// put changes the mail, and has the node look at it. It returns the reason if the mailbox is closed.
func (m *mailbox) put(change func(*mail)) error {
	m.mu.Lock()
	if m.closed != nil {
		defer m.mu.Unlock()
		return m.closed
	}
	change(&m.mail)
	m.mu.Unlock()
	select {
	case m.signal <- struct{}{}:
	default:
	}
	return nil
}

// event leaves what a transport tells.
func (m *mailbox) event(e event) {
	_ = m.put(func(mail *mail) {
		size := e.message.size()
		if mail.bytes+size > maxReceived && mail.bytes > 0 && size > 0 {
			return
		}
		mail.bytes += size
		mail.events = append(mail.events, e)
	})
}

// writes returns how many writes lie there.
func (m *mailbox) writes() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.mail.writes)
}

// take empties the mailbox. Whoever puts something after it gives a new signal, so nothing is missed.
func (m *mailbox) take() mail {
	m.mu.Lock()
	defer m.mu.Unlock()
	taken := m.mail
	m.mail = mail{}
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
	for _, w := range m.writes {
		w.answer(merge.Version{}, reason)
	}
	for _, o := range m.orders {
		o.done <- reason
	}
}
