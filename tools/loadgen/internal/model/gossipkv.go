package model

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"

	"numstore.example/tools/internal/history"
	"numstore.example/tools/loadgen/internal/page"
)

// gossipkv promises nothing about real time, and so there is no order to search for. Its versions are an order already, and each
// promise says how those are related that one session, one server or all servers have told: to check them takes one pass each. See
// the list of promises. The versions are compared here as the contract says, and not by the client that is judged too.

// Calls of a history of gossipkv. The last three end it: they are of no session.
const (
	Put      = "Put"
	Delete   = "Delete"
	Get      = "Get"
	Converge = "Converge" // awaits that the vectors of all servers are equal
	Dump     = "Dump"     // of one server, after that
	Pair     = "Pair"     // a part of it
)

// Answers that are words.
const (
	Unmet = "unmet" // of a Get: dependency not met
	Equal = "equal" // of a Converge
)

// gossipkvRefused are the status codes with which gossipkv says that a call had no effect.
var gossipkvRefused = map[string]bool{
	"INVALID_ARGUMENT":    true,
	"FAILED_PRECONDITION": true,
	"RESOURCE_EXHAUSTED":  true,
	"PERMISSION_DENIED":   true,
	"UNAUTHENTICATED":     true,
	"UNIMPLEMENTED":       true,
}

// event is an operation, read.
type event struct {
	history.Operation
	stamp history.Stamped // what was written, where the answer tells the version, or what was read
	count int             // of a Dump: pairs

	seen history.Version // what a Get told of the session
	time uint64          // what a Put or Delete told of it
	met  history.Version // of a Get: the greatest version of the key that the session had met; see sessions
}

func (e *event) answered() bool { return e.Failure == "" }
func (e *event) write() bool    { return e.Call == Put || e.Call == Delete }

// shows says whether it tells a version of its key, or that there is none.
func (e *event) shows() bool {
	return e.answered() && (e.Call == Pair || e.Call == Get && e.Answer != Unmet)
}

// unknown says whether it is a write that may have happened or not.
func (e *event) unknown() bool { return e.write() && !e.answered() && !gossipkvRefused[e.Failure] }

// gossip is a history, and what was found in it.
type gossip struct {
	findings
	events    []*event
	deletions map[string]*deletions // by key
	open      string                // why the end of the history is not there; empty if it is
}

// GossipKV is the Judge of gossipkv.
func GossipKV(_ context.Context, operations []history.Operation, _ Effort) (Verdict, error) {
	g := &gossip{deletions: make(map[string]*deletions)}
	for i, o := range operations {
		e, err := parseGossip(o)
		if err != nil {
			return Verdict{}, fmt.Errorf("line %d: %w", i+1, err)
		}
		g.events = append(g.events, e)
	}
	slices.SortStableFunc(g.events, byStart)
	g.collectDeletions()
	if err := g.sessions(); err != nil {
		return Verdict{}, err
	}
	g.servers()
	g.writes()
	if err := g.convergence(); err != nil {
		return Verdict{}, err
	}
	return g.verdict(), nil
}

func parseGossip(o history.Operation) (e *event, err error) {
	e = &event{Operation: o}
	switch o.Call {
	case Put, Delete:
		err = e.parseWrite()
	case Get, Pair:
		if e.answered() && o.Answer != Unmet {
			e.stamp, err = history.ParseStamped(o.Answer)
		}
		if err == nil && o.Seen != "" {
			e.seen, err = history.ParseVersion(o.Seen)
		}
	case Dump:
		if e.answered() {
			e.count, err = strconv.Atoi(o.Answer)
		}
	case Converge:
	default:
		return nil, fmt.Errorf("the call is %q; histories of gossipkv have %s, %s, %s, %s, %s and %s", o.Call, Put, Delete, Get, Converge, Dump, Pair)
	}
	if err != nil {
		return nil, fmt.Errorf("the %s of %q: %w", o.Call, o.Key, err)
	}
	return e, nil
}

func (e *event) parseWrite() (err error) {
	if e.answered() {
		if e.stamp.Version, err = history.ParseVersion(e.Answer); err == nil && e.stamp.Version.IsZero() {
			err = fmt.Errorf("a write that was answered has a version, and not -")
		}
	}
	if e.stamp.Exists = e.Call == Put; e.stamp.Exists {
		e.stamp.Value = e.Value
	}
	if err == nil && e.Seen != "" {
		e.time, err = strconv.ParseUint(e.Seen, 10, 64)
	}
	return err
}

// verdict puts what was found into words.
func (g *gossip) verdict() Verdict {
	verdict, of := "kept", newTotals(g.events)
	switch {
	case g.any():
		verdict = "NOT kept"
	case g.open != "":
		verdict = "unknown (" + g.open + ")"
	}
	summary := fmt.Sprintf("%s: %d operations of %d sessions on %d keys at %d servers (%d gets met an unmet dependency; %d writes of unknown outcome; %d calls without visible effect left out)",
		verdict, of.operations, len(of.sessions), len(of.keys), len(of.servers), of.unmet, of.unknown, of.dropped)
	each := g.figures()
	return Verdict{
		Kept:    verdict == "kept",
		Broken:  g.any(),
		Reads:   of.reads,
		Each:    each,
		Summary: summary,
		Details: g.lines(),
		Draw:    func(w io.Writer) error { return page.WriteFindings(w, summary, each) },
	}
}

// totals say what a history is made of, but for its end.
type totals struct {
	operations, reads, unmet, unknown, dropped int
	sessions                                   map[int]bool
	keys, servers                              map[string]bool
}

func newTotals(events []*event) *totals {
	t := &totals{sessions: make(map[int]bool), keys: make(map[string]bool), servers: make(map[string]bool)}
	for _, e := range events {
		if !e.write() && e.Call != Get {
			continue
		}
		t.operations++
		t.sessions[e.Client], t.keys[e.Key], t.servers[e.Server] = true, true, true
		switch {
		case e.unknown():
			t.unknown++
		case !e.answered():
			t.dropped++
		case e.Answer == Unmet:
			t.unmet++
		case e.Call == Get:
			t.reads++
		}
	}
	return t
}
