package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"numstore.example/tools/orchestrate/internal/script"
)

// TestStabilize: it waits while servers that are linked are not equal, and no longer.
func TestStabilize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		reader, writer := io.Pipe()
		var done sync.WaitGroup
		done.Go(func() { s.play(t, false, reader) })
		io.WriteString(writer, lines("joinServer 10", "joinServer 20", "joinServer 30", "joinClient 5 10"))
		synctest.Wait()
		s.cluster.Cut(1, 2) // which the script does not know of
		s.cluster.Cut(1, 3)
		io.WriteString(writer, lines("put 5 k v", "stabilize", "printStore 20", "echo equal"))
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if s.out.Len() > 0 {
			t.Errorf("printed %q; want nothing while they are not equal", &s.out)
		}
		s.cluster.Heal(1, 3)
		synctest.Wait()
		time.Sleep(time.Second)
		synctest.Wait()
		if s.out.String() != "k:v\nequal\n" || s.err.Len() > 0 {
			t.Errorf("printed %q, said %q; want what is there when they are equal", &s.out, &s.err)
		}
		s.cluster.Cut(3, 1)
		s.cluster.Cut(3, 2)
		begun := time.Now()
		io.WriteString(writer, lines("breakConnection 10 20", "put 5 l w", "stabilize", "echo over"))
		writer.Close()
		done.Wait()
		if took, want := time.Since(begun), complaints("line 11: after 5s, these servers are not equal yet: 10, 30, 20"); took.Round(time.Second) != patience || s.said() != want {
			t.Errorf("it took %v, said %q; want %v, and %q", took, s.said(), patience, want)
		}
		if !strings.HasSuffix(s.out.String(), "over\n") {
			t.Errorf("printed %q; want that it goes on", &s.out)
		}
	})
}

// TestStabilize_taken: vectors that are equal are not enough while they lack what a server has answered.
func TestStabilize_taken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		for _, line := range []script.ID{"1", "2"} {
			if err := s.system.joinServer(t.Context(), line); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.system.stabilize(t.Context()); err != nil {
			t.Error(err)
		}
		s.system.servers["2"].taken[origin{server: 2, incarnation: 1}] = 7
		if err := s.system.stabilize(t.Context()); err == nil {
			t.Error("servers are stable that lack a write which one of them has answered")
		}
		s.system.close()
		s.cluster.Stop()
	})
}

// TestComponents: a chain and a star are one, and what nothing leads to is another.
func TestComponents(t *testing.T) {
	for links, want := range map[string]string{
		"":                "1; 2; 3; 4; 5",
		"1-2 2-3 3-4 4-5": "1, 2, 3, 4, 5",
		"5-1 5-2 5-3 5-4": "1, 5, 2, 3, 4",
		"1-3 3-5 2-4":     "1, 3, 5; 2, 4",
		"1-2 2-3 3-1":     "1, 2, 3; 4; 5",
	} {
		s := &system{servers: make(map[script.ID]*server), links: make(map[link]bool)}
		servers := make(map[int]*server)
		for i := 1; i <= 6; i++ {
			servers[i] = &server{id: script.ID(fmt.Sprint(i)), number: i, running: life{}}
			s.servers[servers[i].id] = servers[i]
		}
		servers[6].running = nil
		for _, text := range strings.Fields(links) {
			var a, b int
			if _, err := fmt.Sscanf(text, "%d-%d", &a, &b); err != nil {
				t.Fatal(err)
			}
			s.links[between(servers[a], servers[b])] = true
		}
		if got := listed(s.components()); got != want {
			t.Errorf("with the links %s: %s; want %s", links, got, want)
		}
	}
}
