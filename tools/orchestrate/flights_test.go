package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"numstore.example/contracts/gossipkv/inprocess"
)

// traffic holds puts up at servers, and notes which are there.
type traffic struct {
	mu    sync.Mutex
	there []int
	most  int
}

// hold keeps a put at a server for a while.
func (f *traffic) hold(number int, method string) inprocess.Fault {
	if method != "Put" {
		return inprocess.None
	}
	f.mu.Lock()
	f.there = append(f.there, number)
	f.most = max(f.most, len(f.there))
	f.mu.Unlock()
	time.Sleep(time.Second)
	f.mu.Lock()
	f.there = slices.Delete(f.there, slices.Index(f.there, number), slices.Index(f.there, number)+1)
	f.mu.Unlock()
	return inprocess.None
}

// TestFlights: puts are under way together where nobody can tell, and only there.
func TestFlights(t *testing.T) {
	for name, play := range map[string]struct {
		script []string
		most   int
		took   time.Duration
	}{
		"different servers and keys": {[]string{"put 11 a 1", "put 12 b 1", "put 13 c 1", "put 11 d 1", "put 12 e 1", "put 13 f 1"}, 3, 2 * time.Second},
		"one key":                    {[]string{"put 11 a 1", "put 12 a 2", "put 13 a 3"}, 1, 3 * time.Second},
		"one server":                 {[]string{"put 11 a 1", "put 21 b 1", "put 11 c 1"}, 1, 3 * time.Second},
		"one client":                 {[]string{"put 11 a 1", "createConnection 11 2", "put 11 b 1"}, 1, 2 * time.Second},
		"a get in between":           {[]string{"put 11 a 1", "get 12 a", "put 12 b 1"}, 1, 2 * time.Second},
		"the end":                    {[]string{"put 11 a 1", "put 12 b 1"}, 2, time.Second},
		"what is great":              {[]string{"put 11 a " + strings.Repeat("x", 12<<20), "put 12 b " + strings.Repeat("x", 12<<20), "put 13 c " + strings.Repeat("x", 12<<20)}, 2, 2 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, f := newStage(t), new(traffic)
			s.faults = f.hold
			prologue := []string{"joinServer 1", "joinServer 2", "joinServer 3", "joinClient 11 1", "joinClient 12 2", "joinClient 13 3", "joinClient 21 1"}
			begun := time.Now()
			s.play(t, false, strings.NewReader(lines(append(prologue, play.script...)...)))
			if took := time.Since(begun).Round(time.Second); f.most != play.most || took != play.took || s.said() != "" {
				t.Errorf("%s: %d puts together, and it took %v, said %.99q; want %d, %v, and nothing", name, f.most, took, s.said(), play.most, play.took)
			}
		})
	}
}

// TestFlights_complaints: what fails is told in the order of the lines, whichever ends first.
func TestFlights_complaints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.faults = func(number int, method string) inprocess.Fault {
			if method != "Put" {
				return inprocess.None
			}
			time.Sleep(time.Duration(10-number) * time.Second)
			return inprocess.Lose
		}
		s.play(t, false, strings.NewReader(lines("joinServer 1", "joinServer 2", "joinServer 3", "joinClient 11 1", "joinClient 12 2", "joinClient 13 3",
			"put 11 a 1", "put 12 b 1", "put 13 c 1", "put 14 d 1", "echo over")))
		for i, line := range strings.Split(strings.TrimSpace(s.said()), "\n") {
			if prefix := fmt.Sprintf("orchestrate: line %d: the", 7+i); !strings.HasPrefix(line, prefix) {
				t.Errorf("complaint %d is %q; want one that begins with %q", i+1, line, prefix)
			}
		}
		if strings.Count(s.said(), "\n") != 4 || s.out.String() != "over\n" {
			t.Errorf("said %q, printed %q; want four complaints, and what comes then", s.said(), &s.out)
		}
	})
}

// TestFlights_silent: a server that does not answer any more does not hold up the script for ever.
func TestFlights_silent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.faults = func(number int, method string) inprocess.Fault {
			if method == "Put" {
				return inprocess.Swallow
			}
			return inprocess.None
		}
		s.play(t, false, strings.NewReader(lines("joinServer 1", "joinClient 5 1", "put 5 k v", "echo over")))
		if want := complaints("line 3: the server 1: no answer within 30s"); s.said() != want || s.out.String() != "over\n" {
			t.Errorf("said %q, printed %q; want %q, and what comes then", s.said(), &s.out, want)
		}
	})
}
