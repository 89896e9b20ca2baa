package node

import (
	"fmt"
	"time"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/storage"
)

const (
	// tickInterval is how often the node looks whether something is to be said, tried again, or tidied.
	tickInterval = 200 * time.Millisecond
	// tableTicks is after how many ticks the roster is sent, if it has changed.
	tableTicks = 5
	// maxOpen is how long a round stays open that has nothing but pushes.
	maxOpen = 3 * time.Millisecond
	// repeatTicks is how often all is said again: messages may be lost, and nobody knows.
	repeatTicks = 50
)

// loop is the state of a node, owned by its goroutine: what is on disk, and what round is being made of it.
type loop struct {
	node      *Node
	state     storage.State
	ticks     int64
	gathering gathering

	pending    merge.Pending
	neighbours map[merge.ServerID]*neighbour
	heard      map[merge.ServerID]bool // who has told, in this run, what it knows
	linked     bool                    // there was a link in this run
	exchange   *exchange               // under way
	paused     map[merge.ServerID]*exchange
	displaced  map[merge.Origin]bool // other stores of this server's number that it has taken for lost, in this run
	fresh      bool                  // the incarnation was made in this run
	run        uint64                // tells what is known here from what was before it was given up (see Piece)
	adopted    merge.Version         // how far adopt has come
	refused    error                 // why no writes and no links are taken any more; nil if they are
	failure    error

	// Of the round under way: whether it stays open, and what is done once it is on disk.
	open       bool
	batch      *storage.Batch
	batchBytes int
	answers    []answer
	own        []*Push // writes of this server's own
	outgoing   []outgoing
	settled    bool // the neighbours are to be told what is known now
	publishing bool // the roster is to be sent
}

type answer struct {
	write   *write
	version merge.Version
	err     error
}

type outgoing struct {
	to      merge.ServerID
	message Message
}

func newLoop(n *Node) *loop {
	l := &loop{
		node: n, state: n.store.State(), pending: make(merge.Pending), neighbours: make(map[merge.ServerID]*neighbour), heard: make(map[merge.ServerID]bool),
		paused: make(map[merge.ServerID]*exchange), displaced: make(map[merge.Origin]bool), run: n.options.Random(),
	}
	l.batch = n.store.NewBatch()
	l.judge()
	return l
}

// work makes rounds until the node is stopped or its store has failed. A round in which there is nothing but pushes, whose senders wait for
// nothing, stays open for a while: it ends with the next write, or when others have come. So a server does not sync for each write of another one.
func (l *loop) work() {
	ticker := time.NewTicker(tickInterval)
	defer ticker.Stop()
	open := time.NewTimer(maxOpen)
	open.Stop()
	defer open.Stop()
	late := time.NewTimer(maxGather)
	defer late.Stop()
	for l.failure == nil {
		var mail mail
		ticked, ended := false, false
		select {
		case <-l.node.mail.signal:
			l.gather(late)
			mail = l.node.mail.take()
		case <-ticker.C:
			ticked = true
		case <-open.C:
			ended = true
		case <-l.node.stopping.Done():
			l.finish() // for who reads the store next; the writes were answered
			return
		}
		writes, wasOpen := len(mail.writes), l.open
		if l.round(&mail, ticked, ended) != nil {
			mail.refuse(l.stopped())
		}
		if writes > 0 {
			l.gathering.answer(writes, l.node.mail.writes())
		}
		if !l.open {
			open.Stop()
		} else if !wasOpen {
			open.Reset(maxOpen)
		}
	}
	l.node.mail.close(l.stopped())
	if l.node.store.Failure() == nil { // or else the store has told the reason
		l.node.options.OnFailure(l.failure)
	}
}

func (l *loop) stopped() error { return fmt.Errorf("%w: %w", ErrStopped, l.failure) }

// round does what has gathered: first what others have sent, so that the writes that come after it are greater. An error is
// one of the store, after which nothing goes on; what is left of the mail was not looked at.
func (l *loop) round(mail *mail, ticked, ended bool) error {
	for _, e := range mail.events {
		l.take(e)
		ended = ended || e.message.Push == nil
		if err := l.room(); err != nil {
			return err
		}
	}
	for _, o := range mail.orders {
		o.err = o.do(l)
	}
	for len(mail.writes) > 0 {
		l.write(mail.writes[0])
		mail.writes = mail.writes[1:]
		if err := l.room(); err != nil {
			return err
		}
	}
	if ticked {
		l.tick()
	}
	if l.open = !ended && !ticked && len(mail.orders)+len(l.answers) == 0 && l.failure == nil; l.open {
		return nil
	}
	if err := l.finish(); err != nil {
		return err
	}
	for _, o := range mail.orders {
		o.done <- o.err
	}
	return nil
}

// maxRound is after how many bytes a round is ended, whatever is left to do.
const maxRound = 16 << 20

// room ends the round under way if it is large enough, and begins the next one.
func (l *loop) room() error {
	if l.failure != nil {
		return l.finish()
	}
	if l.batchBytes < maxRound {
		return nil
	}
	return l.finish()
}

// take does what a transport tells.
func (l *loop) take(e event) {
	switch m := e.message; {
	case e.up != nil:
		l.linkUp(*e.up)
	case e.down:
		l.linkDown(e.from)
	case l.neighbours[e.from] == nil: // the link has ended meanwhile
	case m.Push != nil:
		l.takePush(e.from, m.Push)
	case m.Announce != nil:
		l.takeAnnounce(e.from, m.Announce)
	case m.Piece != nil:
		l.takePiece(e.from, m.Piece)
	case m.Table != nil:
		l.takeTable(e.from, m.Table)
	}
}

// tick does what is done from time to time.
func (l *loop) tick() {
	l.ticks++
	l.look()
	for _, n := range l.neighbours {
		n.ripe = n.announced
	}
	if l.ticks%repeatTicks == 0 {
		for id := range l.neighbours {
			l.repeat(id)
		}
	}
	l.announce(false)
	if l.ticks%tableTicks == 0 {
		l.collect()
		l.adopt()
		l.publishing = true
	}
}

// fail notes that the store has failed, and returns why.
func (l *loop) fail(err error) error {
	if l.failure == nil {
		l.failure = err
	}
	return err
}

// answer answers a write when the round is on disk.
func (l *loop) answer(w *write, version merge.Version, err error) {
	if l.node.options.leaveOut.sync {
		w.answer(version, err)
		time.Sleep(time.Millisecond) // let the answer be seen
		return
	}
	l.answers = append(l.answers, answer{w, version, err})
}

// finish ends the round: it makes the batch durable, and only then shows what is new, answers, and sends. With an error, nobody is told that
// something was done.
func (l *loop) finish() error {
	l.closeOwn()
	err := l.failure
	if err == nil {
		l.batch.SetState(l.state)
		if !l.batch.Empty() {
			err = l.node.store.Commit(l.batch)
		}
	}
	if err != nil {
		err = l.fail(err)
		for _, a := range l.answers {
			if a.err == nil {
				a.err = l.stopped()
			}
			a.write.answer(merge.Version{}, a.err)
		}
		l.answers = nil
		return err
	}
	l.open = false
	for _, n := range l.neighbours {
		n.durable = true
	}
	l.show()
	for _, a := range l.answers {
		a.write.answer(a.version, a.err)
	}
	l.tell()
	l.batch, l.batchBytes = l.node.store.NewBatch(), 0
	l.answers, l.own, l.outgoing = l.answers[:0], l.own[:0], l.outgoing[:0]
	return nil
}

// show shows the state to others than this goroutine.
func (l *loop) show() {
	s := &shown{State: l.state, run: l.run, refused: l.refused, neighbours: make(map[merge.ServerID]seen, len(l.neighbours))}
	for id, n := range l.neighbours {
		s.neighbours[id] = seen{n.origin, n.announced}
	}
	l.node.shown.Store(s)
}

// tell sends what the round has made, now that it is on disk.
func (l *loop) tell() {
	for _, push := range l.own {
		l.spread(push)
	}
	if l.settled {
		l.settled = false
		l.announce(true)
		l.look()
	}
	if l.publishing {
		l.publishing = false
		l.publish()
	}
	for _, out := range l.outgoing {
		if sent := l.node.transport.Send(out.to, out.message); !sent {
			l.repeat(out.to)
		}
	}
}

// send has a message sent when the round is on disk.
func (l *loop) send(to merge.ServerID, message Message) {
	l.outgoing = append(l.outgoing, outgoing{to, message})
}
