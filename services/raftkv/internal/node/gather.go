package node

import "time"

// Who was answered is mostly back soon, with the next command. So a leader whose disk is idle does not always make an entry of
// the first proposals that lie there: those who were in the last entries would miss the next one, if only just, and wait for
// the one after that. It waits for them a little, where that pays, and never when nobody else is expected: a command that is
// alone waits for nobody.

const (
	// maxGather is the longest time that proposals wait for others. Where a majority is far away, or the disk slow, this is
	// little beside that.
	maxGather = time.Millisecond
	// maxSkip is how often in a row nobody waits, at most, because it has not paid; then it is tried again.
	maxSkip = 64
)

// gathering is what a leader knows of the entries that it has proposed last, all at once, and so of who is about to come back.
type gathering struct {
	last     uint64    // the number of the last of them; 0 if there is none
	commands int       // in all of them
	proposed time.Time // when that was
	answered bool
	before   int       // once answered: how many commands were waiting already
	until    time.Time // so long, others wait
	waited   bool      // whether some did
	skip     int       // how often nobody waits from now on
	skipped  int       // how often that was the last time
}

// propose is told of entries, which hold all the commands that were waiting.
func (g *gathering) propose(last uint64, commands int, now time.Time) {
	switch {
	case g.skip > 0:
		g.skip--
	case !g.waited:
	case g.answered && 2*(commands-g.before) >= g.commands: // half of them came back in time: it has paid
		g.skipped = 0
	default:
		g.skipped = min(2*g.skipped+1, maxSkip)
		g.skip = g.skipped
	}
	g.last, g.commands, g.proposed, g.answered, g.waited = last, commands, now, false, false
	g.until = now.Add(maxGather)
}

// sync is told that they are on this member's disk. How long that took is a measure for how long others may wait.
func (g *gathering) sync(now time.Time) {
	g.until = now.Add(min(2*now.Sub(g.proposed), maxGather))
}

// answer is told that an entry was answered while so many commands were waiting.
func (g *gathering) answer(number uint64, waiting int) {
	if number == g.last {
		g.answered, g.before = true, waiting
	}
}

// wait returns for how long so many commands shall wait for others.
func (g *gathering) wait(waiting int, now time.Time) time.Duration {
	if g.last == 0 || g.skip > 0 || g.answered && waiting >= g.before+g.commands {
		return 0
	}
	wait := max(0, g.until.Sub(now))
	g.waited = g.waited || wait > 0
	return wait
}

// gathered says whether the proposals that are held need not wait for others. If they do, the loop is woken when that ends.
func (r *Replica) gathered() bool {
	if len(r.held) == 0 {
		return true
	}
	wait := r.gathering.wait(commandsOf(r.held), time.Now())
	if wait > 0 {
		r.gatheringEnds.Reset(wait)
	}
	return wait == 0
}

func commandsOf(proposals []*Proposal) (n int) {
	for _, proposal := range proposals {
		n += len(proposal.Commands)
	}
	return n
}
