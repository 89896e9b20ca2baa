package drive

import (
	"context"
	"testing"
	"time"

	"numstore.example/tools/internal/history"
	"numstore.example/tools/internal/result"
)

// BenchmarkCall is what a call costs the generator beside the call itself.
func BenchmarkCall(b *testing.B) {
	driver := &Driver{
		Calls: Calls{Names: []string{"Do"}, Marks: []string{""}},
		Send: func(int) Send {
			return func(context.Context, *history.Operation) Outcome { return Outcome{} }
		},
	}
	load := Load{Clients: 1, Duration: time.Hour, Timeout: time.Second}
	s := &step{driver: driver, load: load, start: time.Now(), counts: newCounts(driver.Calls, 0, time.Hour, func(result.Interval) {})}
	w := s.newWorker()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		w.call(b.Context(), s.elapsed())
		if i%10000 == 0 {
			s.take()
		}
	}
}
