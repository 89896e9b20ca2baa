package compat

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"numstore.example/compat/internal/pyenv"
	"numstore.example/contracts/raftkv/inprocess"
	"numstore.example/contracts/raftkvpb"
)

// retried are writes whose answers tell whether they have happened before. The key has the value "old".
var retried = []kvStep{
	{call: "Put", request: `key: "0" value: "v" return_previous: true`, reply: `previous: "old" version: v1 existed: true`},
	{call: "Append", request: `key: "0" value: "v"`, reply: `previous: "old" version: v1 existed: true`},
	{call: "Delete", request: `key: "0"`, reply: `existed: true`},
	{call: "Batch", request: `writes { append { key: "0" value: "v" } }`, reply: `results { append { previous: "old" version: v1 existed: true } }`},
}

// TestClerk_requestID: a write whose answer is lost is sent again with the request id that it had, and gets the answer that
// it would have got. With servers that ignore request ids, it sees each write twice.
func TestClerk_requestID(t *testing.T) {
	eachClerk(t, func(t *testing.T, python pyenv.Python, clerk string) {
		for _, ignore := range []bool{false, true} {
			f := newFleet(t)
			f.IgnoreRequestIDs = ignore
			var lose atomic.Bool
			for _, s := range f.servers {
				s.Faults = func(*raftkvpb.Operation) inprocess.Fault {
					if lose.CompareAndSwap(true, false) {
						return inprocess.Drop
					}
					return inprocess.None
				}
			}
			performer := startPerformer(t, python, f.ports[0], clerk)
			for _, write := range retried {
				f.Set([]byte("0"), []byte("old"))
				lose.Store(true)
				answer := performer.perform(t, write.call, write.request)
				if err := write.check(answer, make(versions)); (err != nil) != ignore {
					t.Errorf("servers ignore request ids: %t; %s: %v", ignore, write.call, err)
				}
			}
		}
	})
}

// TestClerk_forgotten: a write under a client id that the shard has forgotten is done under another one, unless it may have
// been done before.
func TestClerk_forgotten(t *testing.T) {
	eachClerk(t, func(t *testing.T, python pyenv.Python, clerk string) {
		f := newFleet(t)
		performer := startPerformer(t, python, f.ports[0], clerk)
		for range 3 {
			if answer := performer.perform(t, "Append", `key: "0" value: "v"`); answer.Code != "" {
				t.Errorf("Append: %+v", answer)
			}
			f.Forget()
		}
		for _, s := range f.servers {
			var first sync.Once
			s.Faults = func(*raftkvpb.Operation) (what inprocess.Fault) {
				first.Do(func() { what = inprocess.Lose })
				return what
			}
		}
		answer := performer.perform(t, "Append", `key: "0" value: "v"`)
		if answer.Code != "NOT_FOUND" || !strings.Contains(answer.Message, "may have happened") {
			t.Errorf("Append that was lost, and its client forgotten: %+v; want NOT_FOUND, and that it may have happened", answer)
		}
	})
}

const (
	clerkWriters = 8
	clerkWords   = 60 // of each writer
)

// appendWords has writers append words through a Clerk, and returns what went wrong, as the Clerk says it.
func appendWords(t *testing.T, python pyenv.Python, ports, clerk string) (problems []string) {
	t.Helper()
	writing := python.Command(t.Context(), "clerk_words.py", ports, clerk, strconv.Itoa(clerkWriters), strconv.Itoa(clerkWords))
	writing.Stderr = t.Output()
	output, err := writing.Output()
	if err != nil {
		t.Fatalf("%s: %v", writing, err)
	}
	return strings.FieldsFunc(string(output), func(r rune) bool { return r == '\n' })
}

// miscounted returns the words that are not once where they should be, by the value that each key has.
func miscounted(value func(key string) string) (problems []string) {
	for key := range 10 {
		count := make(map[string]int)
		for _, word := range strings.Fields(value(strconv.Itoa(key))) {
			count[word]++
		}
		for writer := range clerkWriters {
			for number := key; number < clerkWords; number += 10 {
				if word := fmt.Sprintf("%d.%d", writer, number); count[word] != 1 {
					problems = append(problems, fmt.Sprintf("%s is there %d times", word, count[word]))
				}
			}
		}
	}
	return problems
}

// TestClerk_once has many writers append words, while servers lose calls and answers, and leaders change all the time. With
// servers that ignore request ids, it sees words twice.
func TestClerk_once(t *testing.T) {
	eachClerk(t, func(t *testing.T, python pyenv.Python, clerk string) {
		for _, ignore := range []bool{false, true} {
			f := newFleet(t)
			f.IgnoreRequestIDs = ignore
			var calls atomic.Int64
			for _, s := range f.servers {
				s.Faults = func(*raftkvpb.Operation) inprocess.Fault {
					n := int(calls.Add(1))
					if n%7 == 0 {
						f.Lead(n%3, f.address(n/7%3))
					}
					return map[int]inprocess.Fault{0: inprocess.Lose, 1: inprocess.Drop}[n%10]
				}
			}
			problems := appendWords(t, python, f.ports[0], clerk)
			problems = append(problems, miscounted(func(key string) string { return string(f.Lookup(key).GetValue()) })...)
			if ignore != (len(problems) > 0) {
				t.Errorf("servers ignore request ids: %t; %d problems: %.5q", ignore, len(problems), problems)
			}
		}
	})
}

// TestRaftkv_clerk has writers append words to a server through a bad network: each word is there once.
func TestRaftkv_clerk(t *testing.T) {
	for _, clerk := range kvClients[1:] {
		t.Run(clerk, func(t *testing.T) {
			server := newKVProcess(t, "--log-level=warn")
			network, outside := startBadNetwork(t, newSeed(t), server.port())
			problems := appendWords(t, python(t, "newest"), outside, clerk)
			network.drain()
			client := dialRaftkv(t, server.port())
			problems = append(problems, miscounted(func(key string) string {
				response, err := client.Get(t.Context(), &raftkvpb.GetRequest{Key: []byte(key)})
				if err != nil {
					t.Fatal(err)
				}
				return string(response.GetValue())
			})...)
			if len(problems) > 0 {
				t.Errorf("%q", problems)
			}
			if network.lostRequests.Load() == 0 || network.lostReplies.Load() == 0 {
				t.Error("the network was not bad")
			}
		})
	}
}
