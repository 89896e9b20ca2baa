package page

import (
	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/internal/statuspage"
)

// between returns what went on between two answers, or nil where they do not tell: there are no two, they are far apart, or
// the node was restarted.
func between(before, last statuspage.Answer[*raftkvpb.StatResponse]) (*Rates, *Took) {
	over, known := statuspage.Apart(before, last)
	a, b := calls(before.Value), calls(last.Value)
	went := b.Gets >= a.Gets && b.Sets >= a.Sets && b.Appends >= a.Appends && b.Deletes >= a.Deletes && b.Scans >= a.Scans
	same := before.Value.GetStartTime().AsTime().Equal(last.Value.GetStartTime().AsTime())
	if !known || !same || !went {
		return nil, nil
	}
	rate := func(before, last uint64) float64 { return float64(last-before) / over }
	rates := Rates{
		Over: over, Gets: rate(a.Gets, b.Gets), Sets: rate(a.Sets, b.Sets), Appends: rate(a.Appends, b.Appends),
		Deletes: rate(a.Deletes, b.Deletes), Scans: rate(a.Scans, b.Scans),
	}
	return &rates, &Took{
		Gets:   latency(before.Value.GetGetsTook().GetCounts(), last.Value.GetGetsTook().GetCounts()),
		Writes: latency(before.Value.GetWritesTook().GetCounts(), last.Value.GetWritesTook().GetCounts()),
	}
}

// latency returns how long the calls took that were counted between two answers, or nil if there were none. Of a node that
// counts backwards, nothing is known.
func latency(before, last []uint64) *Latency {
	var calls uint64
	counts := make([]uint64, min(len(last), 64))
	for i := range counts {
		counts[i] = last[i]
		if i < len(before) {
			if before[i] > last[i] {
				return nil
			}
			counts[i] -= before[i]
		}
		calls += counts[i]
	}
	if calls == 0 {
		return nil
	}
	return &Latency{Calls: calls, Half: below(counts, calls, 50), Most: below(counts, calls, 99)}
}

// below returns the least bound, in seconds, below which so many of a hundred calls were.
func below(counts []uint64, calls, percent uint64) float64 {
	wanted := (float64(calls) * float64(percent)) / 100
	place, sum := 0, float64(0)
	for i, count := range counts {
		if sum += float64(count); sum >= wanted {
			place = i
			break
		}
	}
	return float64(uint64(1)<<place) / 1e6
}
