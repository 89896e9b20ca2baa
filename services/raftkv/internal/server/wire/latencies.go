package wire

import (
	"math/bits"
	"sync/atomic"
	"time"

	"numstore.example/contracts/raftkvpb"
)

// Latencies count calls by how long they took, as the contract's Latencies do: it costs a call an addition, and whoever asks
// twice knows what went on in between.
type Latencies struct {
	counts [32]atomic.Uint64 // the last one is of half an hour and longer
}

// Add counts so many calls that were done together, and took so long.
func (l *Latencies) Add(calls int, took time.Duration) {
	place := bits.Len64(uint64(max(took.Microseconds(), 0)))
	l.counts[min(place, len(l.counts)-1)].Add(uint64(calls))
}

// Message returns them as they are told.
func (l *Latencies) Message() *raftkvpb.Latencies {
	message := new(raftkvpb.Latencies)
	for i := range l.counts {
		if count := l.counts[i].Load(); count > 0 {
			message.Counts = append(message.Counts, make([]uint64, i-len(message.Counts))...)
			message.Counts = append(message.Counts, count)
		}
	}
	return message
}
