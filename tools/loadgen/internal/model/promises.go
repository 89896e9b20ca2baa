package model

import (
	"cmp"
	"fmt"
	"strings"

	"numstore.example/tools/loadgen/internal/page"
)

// promise is one that gossipkv makes, by its place among promises.
type promise int

const (
	readYourWrites promise = iota
	monotonicReads
	monotonicWrites
	writesFollowReads
	causeOfUnmet
	toldSeen
	keptTold
	serverOrder
	oneWrite
	onlyWritten
	equalServers
	greatestWins
	allPromises // their number
)

// Names of the promises that are of all servers together, and of the end.
const (
	EqualServers = "servers become equal"
	GreatestWins = "the greatest write wins"
)

// promises are their names for people, and what each says.
var promises = [allPromises]struct{ name, text string }{
	readYourWrites:    {"read your writes", "A session reads what it wrote, or something greater."},
	monotonicReads:    {"monotonic reads", "A session reads what it read before, or something greater."},
	monotonicWrites:   {"monotonic writes", "A session's write is greater than all that it wrote before."},
	writesFollowReads: {"writes follow reads", "A session's write is greater than all that it read before."},
	causeOfUnmet:      {"unmet dependencies", "A dependency is not met only if the session has seen something of the key."},
	toldSeen:          {"sessions tell what they saw", "A session's calls carry all that it has seen. Else it is the client that is wrong, and not the server."},
	keptTold:          {"servers keep what they told", "A server has what it has told before of a key, or something greater, also after a crash, unless its disk was lost."},
	serverOrder:       {"writes follow what their server told", "A write is greater than all that its server had told before."},
	oneWrite:          {"a version is of one write", "No two writes have one version."},
	onlyWritten:       {"only what was written is read", "What is read was written so, with that version, and not later."},
	equalServers:      {EqualServers, "In the end all servers have the same."},
	greatestWins:      {GreatestWins, "In the end each key has the greatest of what was acknowledged or read of it, or a greater write of unknown outcome."},
}

// finding is a promise that was not kept, and the few operations that show it.
type finding struct {
	text  string
	shown []*event
}

// keptFindings is how many findings of one promise are kept; more of them say nothing new.
const keptFindings = 5

// findings are what was found of each promise.
type findings struct {
	tested [allPromises]int // occasions on which it could have been broken
	broken [allPromises]int
	first  [allPromises][]finding
}

// expect notes an occasion. If it is not good, the promise is broken, as format and args and the operations tell.
func (f *findings) expect(p promise, good bool, shown []*event, format string, args ...any) {
	f.tested[p]++
	if good {
		return
	}
	f.broken[p]++
	if len(f.first[p]) < keptFindings {
		f.first[p] = append(f.first[p], finding{fmt.Sprintf(format, args...), shown})
	}
}

// any says whether a promise was broken.
func (f *findings) any() bool { return f.broken != [allPromises]int{} }

// lines returns a line for each promise, and after that of a broken one its first finding.
func (f *findings) lines() (lines []string) {
	for p, promise := range promises {
		line := fmt.Sprintf("  %s: %d tested", promise.name, f.tested[p])
		if f.broken[p] == 0 {
			lines = append(lines, line)
			continue
		}
		lines = append(lines, fmt.Sprintf("%s, %d BROKEN; the first:", line, f.broken[p]), "    "+f.first[p][0].text)
		for _, e := range f.first[p][0].shown {
			lines = append(lines, fmt.Sprintf("      %.6f s to %.6f s, %s: %s", float64(e.Start)/1e9, float64(e.End)/1e9, e.who(), e.what()))
		}
	}
	return lines
}

// figures returns all findings for a page.
func (f *findings) figures() (all []page.Promise) {
	for p, promise := range promises {
		shown := page.Promise{Name: promise.name, Text: promise.text, Tested: f.tested[p], Broken: f.broken[p]}
		for _, finding := range f.first[p] {
			timeline := page.Timeline{Title: finding.text}
			for _, e := range finding.shown {
				timeline.Bars = append(timeline.Bars, page.Bar{Who: e.who(), What: e.what(), Start: e.Start, End: e.End})
			}
			shown.Timelines = append(shown.Timelines, timeline)
		}
		all = append(all, shown)
	}
	return all
}

// who says who asked whom, for people.
func (e *event) who() string {
	if e.write() || e.Call == Get {
		return fmt.Sprintf("session %d at %s", e.Client, e.Server)
	}
	return strings.TrimSuffix("in the end at "+e.Server, " at ")
}

// what says what was asked and answered, for people.
func (e *event) what() string {
	text := strings.TrimSpace(e.Call + " " + e.Key)
	if e.Call == Put {
		text += fmt.Sprintf(" %q", e.Value)
	}
	if e.Seen != "" {
		text += " (seen: " + e.Seen + ")"
	}
	if e.Call == Dump && e.answered() {
		return text + " = " + e.Answer + " pairs"
	}
	return shorten(text) + " = " + shorten(cmp.Or(e.Answer, e.Failure))
}

// longest is how much of what was written, or answered, people are shown.
const longest = 64

func shorten(text string) string {
	if len(text) <= longest {
		return text
	}
	return strings.ToValidUTF8(text[:longest], "") + "…"
}

func byStart(a, b *event) int { return cmp.Compare(a.Start, b.Start) }
func byEnd(a, b *event) int   { return cmp.Compare(a.End, b.End) }
