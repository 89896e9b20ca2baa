package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"numstore.example/contracts/gossipkvpb"
)

// patience is how long stabilize waits at most.
const patience = 5 * time.Second

// stabilize returns when all servers that can reach each other, by the links that the script has made, have the same vector, which covers all
// writes that any of them has answered. Equal vectors alone would also be those of servers that have not exchanged anything yet.
func (s *system) stabilize(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	unequal := s.components()
	for pause := time.Millisecond; ; pause = min(2*pause, 20*time.Millisecond) {
		unequal = slices.DeleteFunc(unequal, func(component []*server) bool { return stable(ctx, component) })
		if len(unequal) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("after %v, these servers are not equal yet: %s", patience, listed(unequal))
		case <-time.After(pause):
		}
	}
}

// listed names the servers of components.
func listed(components [][]*server) string {
	var texts []string
	for _, component := range components {
		var names []string
		for _, s := range component {
			names = append(names, s.id.String())
		}
		texts = append(texts, strings.Join(names, ", "))
	}
	return strings.Join(texts, "; ")
}

// components returns the servers that run, those together that can reach each other, each in the order of numbers.
func (s *system) components() (all [][]*server) {
	left := make(map[*server]bool)
	for _, server := range s.servers {
		left[server] = server.running != nil
	}
	byNumber := slices.SortedFunc(maps.Values(s.servers), func(a, b *server) int { return a.number - b.number })
	for _, first := range byNumber {
		if !left[first] {
			continue
		}
		reached := []*server{first}
		delete(left, first)
		for i := 0; i < len(reached); i++ {
			for _, other := range byNumber {
				if left[other] && s.links[between(reached[i], other)] {
					reached = append(reached, other)
					delete(left, other)
				}
			}
		}
		all = append(all, reached)
	}
	return all
}

// stable says whether servers have the same vector, which covers all that they have answered.
func stable(ctx context.Context, component []*server) bool {
	vectors := make(chan map[origin]uint64, len(component))
	err := each(component, func(s *server) error {
		answer, err := s.calls.Status(ctx, new(gossipkvpb.StatusRequest))
		vector := make(map[origin]uint64)
		for _, entry := range answer.GetVector() {
			vector[origin{entry.GetServer(), entry.GetIncarnation()}] = entry.GetTime()
		}
		vectors <- vector
		return err
	})
	if err != nil {
		return false
	}
	vector := <-vectors
	for range component[1:] {
		if !maps.Equal(<-vectors, vector) {
			return false
		}
	}
	for _, s := range component {
		for o, time := range s.taken {
			if vector[o] < time {
				return false
			}
		}
	}
	return true
}
