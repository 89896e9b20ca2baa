package experiment

import (
	"strings"
	"testing"

	"numstore.example/tools/internal/history"
	"numstore.example/tools/loadgen/internal/model"
	"numstore.example/tools/loadgen/internal/service"
)

// The versions of two writes of gossipkv, the older one first.
const (
	older = "1@1#0000000000000001"
	newer = "2@2#0000000000000002"
)

// ended is a history of gossipkv, with an end at which one server has such pairs of k.
func ended(pair string, operations ...history.Operation) []history.Operation {
	at := int64(1000)
	return append(operations,
		history.Operation{Client: 99, Call: "Converge", Answer: "equal", Start: at, End: at + 1},
		history.Operation{Client: 99, Call: "Pair", Server: "a", Key: "k", Answer: pair, Start: at + 2, End: at + 3},
		history.Operation{Client: 99, Call: "Dump", Server: "a", Answer: "1", Start: at + 2, End: at + 3})
}

// TestCheckHistory: what is found of each promise, kept or not, and what nobody can tell is neither.
func TestCheckHistory(t *testing.T) {
	writes := []history.Operation{
		{Client: 0, Call: "Put", Server: "a", Key: "k", Value: "x", Seen: "0", Answer: older, Start: 1, End: 2},
		{Client: 1, Call: "Put", Server: "b", Key: "k", Value: "y", Seen: "0", Answer: newer, Start: 3, End: 4},
	}
	get := func(client int, seen, answer string) history.Operation {
		return history.Operation{Client: client, Call: "Get", Server: "a", Key: "k", Seen: seen, Answer: answer, Start: 5, End: 6}
	}
	kept := append(writes[:2:2], get(2, "-", newer+` "y"`))
	stale := append(writes[:2:2], get(2, "-", older+` "x"`), get(1, newer, "unmet"))
	backwards := append(writes[:2:2], get(1, newer, older+` "x"`))
	for name, test := range map[string]struct {
		service    string
		operations []history.Operation
		want       map[promise]count // but for the words
		says       map[promise]string
	}{
		"gossipkv, all kept": {"gossipkv", ended(newer+` "y"`, kept...),
			map[promise]count{oneCopy: {checked: 1}, inSession: {checked: 6}, converge: {checked: 3}}, nil},
		"gossipkv, a stale read that is allowed": {"gossipkv", ended(newer+` "y"`, stale...),
			map[promise]count{oneCopy: {checked: 1, broken: 1}, inSession: {checked: 9, also: 1}, converge: {checked: 3}},
			map[promise]string{oneCopy: "session 2 at a read x of k"}},
		"gossipkv, a session that reads backwards": {"gossipkv", ended(newer+` "y"`, backwards...),
			map[promise]count{oneCopy: {checked: 1, broken: 1}, inSession: {checked: 8, broken: 1}, converge: {checked: 3}},
			map[promise]string{oneCopy: "session 1 at a read x of k", inSession: "read your writes: session 1 had met " + newer}},
		"gossipkv, a write that is lost": {"gossipkv", ended(older+` "x"`, writes...),
			map[promise]count{oneCopy: {}, inSession: {checked: 4}, converge: {checked: 3, broken: 1}},
			map[promise]string{converge: "the greatest write wins: a had " + older}},
		"gossipkv, a write that loses to an earlier one": {"gossipkv", ended(newer+` "y"`,
			history.Operation{Client: 1, Call: "Put", Server: "b", Key: "k", Value: "y", Seen: "0", Answer: newer, Start: 1, End: 2},
			history.Operation{Client: 0, Call: "Put", Server: "a", Key: "k", Value: "x", Seen: "0", Answer: older, Start: 3, End: 4}),
			map[promise]count{oneCopy: {also: 1}, inSession: {checked: 4}, converge: {checked: 3}}, nil},
		"gossipkv, no end": {"gossipkv", kept,
			map[promise]count{oneCopy: {checked: 1}, inSession: {checked: 4}, converge: {}}, map[promise]string{converge: "the history lacks its end"}},
		"raftkv, kept": {"raftkv", []history.Operation{{Call: "Put", Key: "k", Value: "x", Answer: "1 none", End: 1}, {Call: "Get", Key: "k", Answer: `1 "x"`, Start: 2, End: 3}},
			map[promise]count{oneCopy: {checked: 1}}, nil},
		"raftkv, not linearizable": {"raftkv", []history.Operation{{Call: "Put", Key: "k", Value: "x", Answer: "1 none", End: 1}, {Call: "Get", Key: "k", Answer: "0 none", Start: 2, End: 3}},
			map[promise]count{oneCopy: {checked: 1, broken: 1}}, map[promise]string{oneCopy: "NOT linearizable: 2 operations"}},
	} {
		got, err := checkHistory(t.Context(), test.service, test.operations)
		if err != nil || len(got) != len(test.want) {
			t.Errorf("%s: %+v, %v", name, got, err)
			continue
		}
		for p, c := range got {
			words := c.example + c.failure
			if says := test.says[p]; !strings.Contains(words, says) || (words == "") != (says == "") || (c.failure != "") != (name == "gossipkv, no end" && p == converge) {
				t.Errorf("%s, %s: it says %q, want %q", name, p.name, words, says)
			}
			if c.example, c.failure = "", ""; c != test.want[p] {
				t.Errorf("%s, %s: %+v, want %+v", name, p.name, c, test.want[p])
			}
		}
	}
}

// TestOfOneCopy: a search that did not come to its end has shown nothing.
func TestOfOneCopy(t *testing.T) {
	if c := ofOneCopy(model.Verdict{Summary: "unknown (the checker ran out of time)", Reads: 3}); c.failure == "" || c.broken > 0 {
		t.Errorf("%+v; want that nobody can tell", c)
	}
}

// TestFinding: a promise that was given and broken is a failure; one that was not given is none.
func TestFinding(t *testing.T) {
	s := store{claims: map[promise]claim{oneCopy: isPromised, killed: isNot, powerless: {says: "nobody knows"}}}
	lost := count{checked: 10, broken: 2, example: "a\nis gone."}
	if m := s.finding(oneCopy, lost, 0); m.Failure != "a promise was broken (linearizable): a is gone" || m.Figures[brokenFigure] != 2 {
		t.Errorf("%+v; want a failure, with its figures", m)
	}
	if m := s.finding(killed, lost, 0); m.Failure != "" || m.Figures[brokenFigure] != 2 || m.Words[exampleWord] != "a is gone" || m.Words[claimWord] != notPromised {
		t.Errorf("%+v; want an example, and no failure", m)
	}
	if m := s.finding(oneCopy, count{checked: 10}, 0); m.Failure != "" || m.Figures[checkedFigure] != 10 {
		t.Errorf("%+v; want that it was kept", m)
	}
	for _, claimed := range []promise{oneCopy, killed} {
		if m := s.finding(claimed, count{failure: "out of time"}, 0); m.Failure != "out of time" || m.Figures != nil {
			t.Errorf("%+v; want that nobody can tell", m)
		}
	}
	if m := s.finding(powerless, count{}, 0); m.Failure != "" || m.Figures != nil || m.Words[saysWord] != "nobody knows" {
		t.Errorf("%+v; want what is known", m)
	}
}

// TestStores: each says something of each promise; what it lets be checked is of a service whose histories can be.
func TestStores(t *testing.T) {
	for _, s := range stores {
		_, known := service.All[s.service]
		for _, p := range promises {
			claim, there := s.claims[p]
			if !there || (claim.word == "") == (claim.says == "") {
				t.Errorf("%s, %s: %+v; want a word, or what is known", s.Series, p.name, claim)
			}
			if claim.word != "" && (!known || s.limit == 0 || s.Peer) {
				t.Errorf("%s, %s: nothing of it is checked", s.Series, p.name)
			}
		}
	}
}
