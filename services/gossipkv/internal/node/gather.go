package node

import "time"

// Who was answered is mostly back soon, with the next write. Those who are not there yet when a round begins would miss it, if only just, and wait for the one
// after it: callers would take turns, in two halves, and each sync carry half of what it could. So the node waits for most of those whom it has just
// answered, where that pays; never after a round of one write: who is alone waits for nobody.

const (
	// maxGather is how long writes wait for others, at most.
	maxGather = 4 * time.Millisecond
	// maxSkip is how often in a row nobody waits, at most, because it has not paid; then it is tried again.
	maxSkip = 64
)

// gathering is what the node knows of the writes that it has answered last, and so of who is about to come back.
type gathering struct {
	expected int  // writes in the next round; 0: none is waited for
	waited   bool // for them
	skip     int  // how often nobody waits from now on
	skipped  int  // how often that was the last time
}

// answer is told that so many writes were answered while so many others were waiting.
func (g *gathering) answer(answered, waiting int) {
	g.expected, g.waited = 0, false
	switch {
	case answered < 2:
	case g.skip > 0:
		g.skip--
	default:
		g.expected = (answered + waiting) * 4 / 5 // never all come back at once
	}
}

// wait says whether so many writes shall wait for others.
func (g *gathering) wait(writes int) bool {
	wait := writes > 0 && writes < g.expected
	g.waited = g.waited || wait
	return wait
}

// begin is told that a round begins with so many writes.
func (g *gathering) begin(writes int) {
	switch {
	case writes == 0 || !g.waited:
	case writes >= g.expected: // it has paid
		g.skipped = 0
	default:
		g.skipped = min(2*g.skipped+1, maxSkip)
		g.skip = g.skipped
	}
}

// gather waits for writes that are about to come back.
func (l *loop) gather(late *time.Timer) {
	writes := l.node.mail.writes()
	if l.gathering.wait(writes) {
		late.Reset(maxGather)
	}
	for l.gathering.wait(writes) {
		select {
		case <-l.node.mail.signal:
			writes = l.node.mail.writes()
			continue
		case <-late.C:
		}
		break
	}
	l.gathering.begin(writes)
}
