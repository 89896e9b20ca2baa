package node

import "time"

// Who was answered is mostly back soon, with the next command: the same callers, or as many others whom other nodes have
// answered. So a node does not always make entries of the first proposals that lie there when its disk is idle: it waits until
// the last ones are answered and about as many are back, where that pays, and never when nobody else is expected: a command that
// is alone waits for nobody.

const (
	// gatherSyncs is for how many times as long as the last sync has taken proposals wait for others: for a round over
	// other nodes with disks like this one's, and for the callers' way back.
	gatherSyncs = 8
	// maxGather is the longest time. Where a majority is far away, this is little beside that.
	maxGather = 8 * time.Millisecond
	// maxSkip is how often in a row nobody waits, at most, because it has not paid; then it is tried again.
	maxSkip = 64
)

// gathering is what a node's driver knows of the entries that it has proposed last, all at once, in all shards together, and so of
// who is about to come back.
type gathering struct {
	round    uint64    // its number
	entries  int       // how many shards' last entries of it are not answered yet
	commands int       // in all of its entries
	proposed time.Time // when that was
	answered bool
	before   int       // once answered: how many commands were waiting already
	until    time.Time // so long, others wait
	waited   bool      // whether some did
	late     bool      // for too many in vain
	skip     int       // how often nobody waits from now on
	skipped  int       // how often that was the last time
}

// propose is told of entries of so many shards, which hold all the commands that were waiting.
func (g *gathering) propose(entries, commands int, now time.Time) {
	switch {
	case g.skip > 0:
		g.skip--
	case g.late:
		g.skipped = min(2*g.skipped+1, maxSkip)
		g.skip = g.skipped
	case g.waited: // it has paid
		g.skipped = 0
	}
	g.round++
	g.entries, g.commands, g.proposed, g.answered, g.waited, g.late = entries, commands, now, false, false, false
	g.until = now.Add(maxGather)
}

// sync is told that they are on this node's disk. How long that took is a measure for how long others may wait.
func (g *gathering) sync(now time.Time) {
	g.until = now.Add(min(gatherSyncs*now.Sub(g.proposed), maxGather))
}

// answer is told that the last entry of a shard in a round was answered while so many commands were waiting.
func (g *gathering) answer(round uint64, waiting int) {
	if round != g.round {
		return
	}
	if g.entries--; g.entries == 0 {
		g.answered, g.before = true, waiting
	}
}

// wait returns for how long so many commands shall wait for others.
func (g *gathering) wait(waiting int, now time.Time) time.Duration {
	if g.commands == 0 || g.skip > 0 || g.answered && 5*waiting >= 4*(g.before+g.commands) { // never all come back at once
		return 0
	}
	wait := max(0, g.until.Sub(now))
	g.waited = g.waited || wait > 0
	g.late = wait == 0
	return wait
}

func commandsOf(proposals []*Proposal) (n int) {
	for _, proposal := range proposals {
		n += len(proposal.Commands)
	}
	return n
}
