package model

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"numstore.example/tools/internal/history"
)

var (
	shortVersion = regexp.MustCompile(`\b\d+@\d+`)
	dumpLine     = regexp.MustCompile(`^(\w):(?: (.*))?$`)
	gossipCall   = regexp.MustCompile(`^(\d+) (\d+) (\d+)@(\w) (\w+) (\w+)(?: ([^\s(]\S*))?(?: \(([^)]*)\))? = (.*)$`)
)

// gossipHistory reads a history whose versions lack the incarnation:
//
//	start end session@server call key value (seen) = answer
//	server: key 1@1 "value", key 2@1 "value"
//
// where an answer in capitals is a failure, and the second form is what a server had in the end. All is followed by a Converge.
func gossipHistory(t *testing.T, text string) (list []history.Operation) {
	t.Helper()
	for line := range strings.Lines(shortVersion.ReplaceAllString(text, "$0#0000000000000000")) {
		line = strings.TrimSpace(line)
		if dump := dumpLine.FindStringSubmatch(line); dump != nil {
			list = append(list, dumped(dump[1], dump[2])...)
			continue
		}
		if line == "" {
			continue
		}
		fields := gossipCall.FindStringSubmatch(line)
		if fields == nil {
			t.Fatalf("%q is no operation", line)
		}
		o := history.Operation{Server: fields[4], Call: fields[5], Key: fields[6], Value: fields[7], Seen: fields[8], Answer: fields[9]}
		fmt.Sscan(strings.Join(fields[1:4], " "), &o.Start, &o.End, &o.Client)
		if regexp.MustCompile(`^[A-Z_]+$`).MatchString(o.Answer) {
			o.Answer, o.Failure = "", o.Answer
		}
		list = append(list, o)
	}
	return append(list, history.Operation{Client: 99, Call: Converge, Answer: Equal, Start: 1e12, End: 1e12 + 1})
}

func dumped(server, pairs string) (list []history.Operation) {
	for pair := range strings.SplitSeq(pairs, ", ") {
		if key, answer, found := strings.Cut(pair, " "); found {
			list = append(list, history.Operation{Client: 99, Call: Pair, Server: server, Key: key, Answer: answer, Start: 1e12 + 2, End: 1e12 + 3})
		}
	}
	return append(list, history.Operation{Client: 99, Call: Dump, Server: server, Answer: fmt.Sprint(len(list)), Start: 1e12 + 2, End: 1e12 + 3})
}

func judgeGossip(t *testing.T, operations []history.Operation) Verdict {
	t.Helper()
	verdict, err := GossipKV(t.Context(), operations, Effort{})
	if err != nil {
		t.Fatal(err)
	}
	return verdict
}

// broken returns the names of the promises that a verdict says are broken.
func broken(verdict Verdict) (names []string) {
	for _, line := range verdict.Details {
		if name, rest, found := strings.Cut(line, ": "); found && strings.Contains(rest, " BROKEN") {
			names = append(names, strings.TrimSpace(name))
		}
	}
	return names
}

// TestGossipKV breaks each promise, alone where that can be, and keeps all of them in ways that come close.
func TestGossipKV(t *testing.T) {
	shown := make(map[promise]bool) // to be broken by a history
	for name, test := range map[string]struct {
		history string
		broken  []promise
	}{
		"two servers that have not met yet": {`
			0 1 0@A Put k x (0) = 1@1
			2 3 0@B Get k (1@1) = unmet
			4 5 0@B Put k y (1) = 2@2
			6 7 0@A Get k (2@2) = unmet
			8 9 1@A Get k (-) = 1@1 "x"
			10 11 1@B Get k (1@1) = 2@2 "y"
			A: k 2@2 "y"
			B: k 2@2 "y"`, nil},
		"a session that had seen nothing reads backwards nowhere": {`
			0 1 0@A Put k x = 5@1
			2 3 1@B Get k = - none
			4 5 2@A Get k = 5@1 "x"
			A: k 5@1 "x"
			B: k 5@1 "x"`, nil},
		"a deletion whose tombstone was collected": {`
			0 1 0@A Put k x = 1@1
			2 3 0@A Delete k (1) = 2@1
			4 5 0@A Get k (2@1) = 2@1 none
			6 7 0@B Get k (2@1) = - none
			8 9 0@A Get k (2@1) = - none
			A:
			B:`, nil},
		"writes of unknown outcome, one of which was done": {`
			0 1 0@A Put k x = UNAVAILABLE
			0 1 1@A Put k y = DEADLINE_EXCEEDED
			2 3 2@B Get k = 3@1 "y"
			4 5 3@A Delete k = UNAVAILABLE
			6 7 2@A Get k (3@1) = 4@1 none
			8 9 4@A Put j z = RESOURCE_EXHAUSTED
			A:
			B:`, nil},
		"a write of unknown outcome beats an acknowledged one": {`
			0 1 0@A Put k x = 1@1
			2 3 0@B Put k y = CANCELLED
			A: k 2@2 "y"
			B: k 2@2 "y"`, nil},
		"a read that is under way with two writes": {`
			0 10 0@A Put k x = 1@1
			0 10 1@A Put k y = 2@1
			1 9 2@A Get k = 2@1 "y"
			2 8 3@A Get k = 1@1 "x"
			A: k 2@1 "y"`, nil},
		"values that were written twice with unknown outcome": {`
			0 9 0@A Put k x = UNAVAILABLE
			50 60 1@A Put k x = UNAVAILABLE
			0 100 2@A Get k = 7@1 "x"
			1 10 3@A Get k = 5@1 "x"
			A: k 7@1 "x"`, nil},

		"a session does not read what it wrote": {`
			0 1 0@A Put k x = 1@1
			0 1 1@B Put k y = 2@2
			2 3 1@A Get k (2@2) = 1@1 "x"
			A: k 2@2 "y"
			B: k 2@2 "y"`, []promise{readYourWrites}},
		"a session reads nothing though it wrote": {`
			0 1 0@A Put k x = 1@1
			2 3 0@B Get k (1@1) = - none
			A: k 1@1 "x"
			B: k 1@1 "x"`, []promise{readYourWrites}},
		"a session reads nothing though it read, and what was deleted was older": {`
			0 1 0@A Delete k = 1@1
			0 1 1@B Put k x = 2@2
			2 3 2@B Get k (-) = 2@2 "x"
			4 5 2@A Get k (2@2) = - none
			A: k 2@2 "x"
			B: k 2@2 "x"`, []promise{monotonicReads}},
		"a session reads nothing before the deletion begins": {`
			0 1 0@A Put k x = 1@1
			2 3 0@B Get k (1@1) = - none
			4 5 0@A Delete k (1) = 2@1
			A:
			B: `, []promise{readYourWrites}},
		"a session reads backwards": {`
			0 1 0@A Put k x = 1@1
			2 3 1@B Put k y = 2@2
			4 5 2@B Get k (-) = 2@2 "y"
			6 7 2@A Get k (2@2) = 1@1 "x"
			A: k 2@2 "y"
			B: k 2@2 "y"`, []promise{monotonicReads}},
		"a session reads the deletion before what it read": {`
			0 1 0@A Delete k = 1@1
			2 3 1@B Put k y = 2@2
			4 5 2@B Get k (-) = 2@2 "y"
			6 7 2@A Get k (2@2) = 1@1 none
			A: k 2@2 "y"
			B: k 2@2 "y"`, []promise{monotonicReads}},
		"a session's second write is smaller": {`
			0 1 0@A Put k x = 5@1
			2 3 0@B Put j y (5) = 1@2
			A: k 5@1 "x", j 1@2 "y"
			B: j 1@2 "y", k 5@1 "x"`, []promise{monotonicWrites}},
		"a session's write is smaller than what it read": {`
			0 1 0@A Put k x = 5@1
			2 3 1@A Get k (-) = 5@1 "x"
			4 5 1@B Put j y (5) = 5@2
			6 7 2@A Get k (-) = 5@1 "x"
			8 9 2@B Put j z (5) = 4@2
			A: k 5@1 "x", j 5@2 "y"
			B: j 5@2 "y", k 5@1 "x"`, []promise{writesFollowReads, serverOrder}},
		"unmet without a cause": {`
			0 1 0@A Get k (-) = unmet
			A:`, []promise{causeOfUnmet}},
		"a session that tells too little": {`
			0 1 0@A Put k x (0) = 1@1
			2 3 0@A Get k (-) = 1@1 "x"
			4 5 0@A Put k y (0) = 2@1
			A: k 2@1 "y"`, []promise{toldSeen}},
		"a server loses what it acknowledged": {`
			0 1 0@A Put k x = 1@1
			2 3 1@A Get k (-) = - none
			4 5 0@A Get k (1@1) = unmet
			A: k 1@1 "x"`, []promise{keptTold}},
		"a server goes backwards": {`
			0 1 0@A Put k x = 1@1
			2 3 0@A Put k y = 2@1
			4 5 1@A Get k (-) = 1@1 "x"
			A: k 2@1 "y"`, []promise{keptTold}},
		"a server takes a write as an older one": {`
			0 1 0@A Put k x = 5@1
			2 3 1@A Put j y = 4@1
			A: j 4@1 "y", k 5@1 "x"`, []promise{serverOrder}},
		"two writes of one version": {`
			0 2 0@A Put k x = 1@1
			1 3 1@A Put j y = 1@1
			A: k 1@1 "x", j 1@1 "y"`, []promise{oneWrite, onlyWritten}},
		"one version that is read with two values": {`
			0 1 0@A Put k x = UNAVAILABLE
			0 1 1@B Put k y = UNAVAILABLE
			2 3 2@A Get k = 1@1 "x"
			2 3 3@B Get k = 1@1 "y"
			A: k 1@1 "y"
			B: k 1@1 "y"`, []promise{oneWrite}},
		"another value than was written": {`
			0 1 0@A Put k x = 1@1
			2 3 1@A Get k = 1@1 "z"
			A: k 1@1 "x"`, []promise{onlyWritten}},
		"a value that nobody wrote": {`
			2 3 1@A Get k = 1@1 "z"
			A: k 1@1 "z"`, []promise{onlyWritten}},
		"a value of a write that was refused": {`
			0 1 0@A Put k x = INVALID_ARGUMENT
			2 3 1@A Get k = 1@1 "x"
			A: k 1@1 "x"`, []promise{onlyWritten}},
		"a value before it was written": {`
			2 3 1@A Get k = 1@1 "x"
			4 5 0@A Put k x = 1@1
			A: k 1@1 "x"`, []promise{onlyWritten, serverOrder}},
		"one write of unknown outcome that was done twice": {`
			0 1 0@A Put k x = UNAVAILABLE
			2 3 1@A Get k = 1@1 "x"
			4 5 1@A Get k (1@1) = 2@1 "x"
			A: k 2@1 "x"`, []promise{onlyWritten}},
		"servers that differ": {`
			0 1 0@A Put k x = 1@1
			0 1 1@B Put k y = 2@2
			A: k 1@1 "x"
			B: k 2@2 "y"`, []promise{equalServers, greatestWins}},
		"servers of which one lacks a key of unknown outcome": {`
			0 1 0@A Put k x = UNAVAILABLE
			A: k 1@1 "x"
			B:`, []promise{equalServers}},
		"all have lost a write": {`
			0 1 0@A Put k x = 1@1
			0 1 1@A Put j y = 2@1
			A: j 2@1 "y"
			B: j 2@1 "y"`, []promise{greatestWins}},
		"a key that was deleted comes back": {`
			0 1 0@A Put k x = 1@1
			2 3 0@A Delete k = 2@1
			A: k 1@1 "x"`, []promise{greatestWins, keptTold}},
		"what was read of a write of unknown outcome is lost": {`
			0 1 0@A Put k x = UNAVAILABLE
			2 3 1@B Get k = 1@1 "x"
			A:
			B: `, []promise{greatestWins}},
	} {
		verdict := judgeGossip(t, gossipHistory(t, test.history))
		var want []string
		for _, p := range test.broken {
			want = append(want, promises[p].name)
			shown[p] = true
		}
		slices.Sort(want)
		if got := slices.Sorted(slices.Values(broken(verdict))); !slices.Equal(got, want) || verdict.Kept != (len(want) == 0) || verdict.Broken == verdict.Kept {
			t.Errorf("%s: broken are %q, want %q:\n%s\n%s", name, got, want, verdict.Summary, strings.Join(verdict.Details, "\n"))
		}
	}
	if len(shown) != int(allPromises) {
		t.Errorf("only %v of %d promises are broken by a history", slices.Sorted(maps.Keys(shown)), allPromises)
	}
}

// TestGossipKV_lines: people are told what was tested, and the few operations that show what is broken.
func TestGossipKV_lines(t *testing.T) {
	verdict := judgeGossip(t, gossipHistory(t, `
		0 1000000 0@A Put k x (0) = 1@1
		0 1000000 1@B Put k y (0) = 2@2
		2000000 3000000 2@B Get k (-) = 2@2 "y"
		2500000000 2500000001 2@A Get k (2@2) = 1@1 "x"
		2500000002 2500000003 3@A Delete j = UNAVAILABLE
		2500000004 2500000005 3@A Get j (-) = RESOURCE_EXHAUSTED
		A: k 2@2 "y"
		B: k 2@2 "y"`))
	const summary = "NOT kept: 6 operations of 4 sessions on 2 keys at 2 servers (0 gets met an unmet dependency; 1 writes of unknown outcome; 1 calls without visible effect left out)"
	want := strings.Join([]string{
		"  monotonic reads: 1 tested, 1 BROKEN; the first:",
		"    session 2 had met 2@2#0000000000000000 of k, and then read 1@1#0000000000000000, which is older",
		"      0.002000 s to 0.003000 s, session 2 at B: Get k (seen: -) = 2@2#0000000000000000 \"y\"",
		"      2.500000 s to 2.500000 s, session 2 at A: Get k (seen: 2@2#0000000000000000) = 1@1#0000000000000000 \"x\"",
		"  monotonic writes: 0 tested",
	}, "\n")
	if got := strings.Join(verdict.Details, "\n"); verdict.Summary != summary || !strings.Contains(got, want) {
		t.Errorf("%s\n%s\nwant %s and\n%s", verdict.Summary, got, summary, want)
	}
	for _, each := range verdict.Each {
		if broken := each.Name == "monotonic reads"; each.Broken > 0 != broken || broken && each.Tested != 1 {
			t.Errorf("%s: %d tested, %d broken", each.Name, each.Tested, each.Broken)
		}
	}
	if len(verdict.Each) != int(allPromises) || verdict.Reads != 2 {
		t.Errorf("%d promises, %d reads; want all, and 2", len(verdict.Each), verdict.Reads)
	}
	var picture strings.Builder
	if err := verdict.Draw(&picture); err != nil || !strings.Contains(picture.String(), "session 2 at A: Get k") {
		t.Errorf("the picture has no session 2 (%v):\n%s", err, picture.String())
	}
}

// TestGossipKV_open: what has no end shows nothing of how it ended.
func TestGossipKV_open(t *testing.T) {
	whole := gossipHistory(t, "0 1 0@A Put k x = 1@1\nA: k 1@1 \"x\"")
	dumpless := slices.Clone(whole)
	dumpless[2].Answer, dumpless[2].Failure = "", "UNAVAILABLE"
	for says, operations := range map[string][]history.Operation{
		"unknown (the history lacks its end, where the servers have become equal): 1 operations": whole[:1],
		"unknown (what A had in the end is not known: UNAVAILABLE): 1 operations":                dumpless,
	} {
		verdict := judgeGossip(t, operations)
		if verdict.Kept || verdict.Broken || !strings.HasPrefix(verdict.Summary, says) || len(broken(verdict)) > 0 {
			t.Errorf("kept: %v, %s, broken are %q; want %s", verdict.Kept, verdict.Summary, broken(verdict), says)
		}
	}
	unequal := slices.Clone(whole)
	last := &unequal[len(unequal)-1]
	last.Answer, last.Failure, last.Value = "", "DEADLINE_EXCEEDED", "A knows more than B"
	verdict := judgeGossip(t, unequal)
	if got := strings.Join(verdict.Details, "\n"); verdict.Kept || !strings.Contains(got, "the servers were not equal in the end: A knows more than B") {
		t.Errorf("%s\n%s\nwant that the servers were not equal", verdict.Summary, got)
	}
}

func TestGossipKV_complaints(t *testing.T) {
	for says, operation := range map[string]history.Operation{
		`line 1: the call is "Scan"; histories of gossipkv have Put, Delete, Get, Converge, Dump and Pair`: {Call: "Scan", Answer: "x"},
		`line 1: the Put of "k": "x" is not a version`:                                                     {Call: Put, Key: "k", Answer: "x"},
		`line 1: the Put of "k": a write that was answered has a version`:                                  {Call: Put, Key: "k", Answer: "-"},
		`line 1: the Delete of "k": strconv.ParseUint: parsing "x"`:                                        {Call: Delete, Key: "k", Seen: "x", Failure: "UNAVAILABLE"},
		`line 1: the Get of "k": "1" is not a version`:                                                     {Call: Get, Key: "k", Seen: "1", Failure: "UNAVAILABLE"},
		`line 1: the Get of "k": "x" is not a version`:                                                     {Call: Get, Key: "k", Answer: "x"},
		`line 1: the Dump of "": strconv.Atoi`:                                                             {Call: Dump, Answer: "x"},
	} {
		if verdict, err := GossipKV(t.Context(), []history.Operation{operation}, Effort{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %+v, %v; want an error that says %s", operation, verdict, err, says)
		}
	}
	overlap := gossipHistory(t, "0 5 0@A Put k x = 1@1\n4 6 0@A Get k = unmet")
	incomplete := slices.DeleteFunc(gossipHistory(t, "A: k 1@1 \"x\""), func(o history.Operation) bool { return o.Call == Pair })
	for says, operations := range map[string][]history.Operation{
		"client 0 begins Get k = unmet before Put k \"x\" = 1@1#0000000000000000 has ended": overlap,
		"the Dump of A had 1 pairs, and 0 are there":                                        incomplete,
	} {
		if verdict, err := GossipKV(t.Context(), operations, Effort{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v, %v; want an error that says %s", verdict, err, says)
		}
	}
}

// TestPromises: each has its words.
func TestPromises(t *testing.T) {
	names := make(map[string]bool)
	for p, promise := range promises {
		if names[promise.name] = true; promise.name == "" || promise.text == "" {
			t.Errorf("promise %d has no words: %+v", p, promise)
		}
	}
	if len(names) != int(allPromises) {
		t.Errorf("%q are not %d names", slices.Collect(maps.Keys(names)), allPromises)
	}
}
