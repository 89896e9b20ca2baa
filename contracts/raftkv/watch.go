package raftkv

import (
	"context"
	"sync"
	"time"
)

// When calls wait on a stream and nothing comes from it, a server may hang, or only be busy with what it was asked for. It
// is asked for a sign of life then, which comes beside the stream, also while a long answer is on its way.
const (
	signAfter   = time.Second     // for so long nothing has come
	signTimeout = 2 * time.Second // then the server hangs
	// stuckAfter is for how long a message may be written, or wait for room on the stream, while nothing comes. Then the
	// stream is given up whatever the server says. A message has about maxMessage bytes.
	stuckAfter = 10 * time.Second
)

// watch gives up calls that have waited for longer than they want to, whose callers then ask other servers, and the stream as
// a whole when the server hangs. It returns when ctx has ended.
func (s *stream) watch(ctx context.Context, cancel context.CancelFunc) {
	var asking sync.WaitGroup
	defer asking.Wait()
	defer cancel()
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	var sign chan bool   // will say whether there is a sign of life; nil while none is asked for
	var signed time.Time // when there was the last
	for {
		select {
		case now := <-ticker.C:
			overdue, quiet, stuck := s.flight.look(now.Sub(s.began))
			for _, c := range overdue {
				c.doubt = true
				c.fail(&silence{s.pipeline.server, c.wait})
			}
			if stuck {
				s.silent = &silence{s.pipeline.server, stuckAfter}
				return
			}
			if min(quiet, now.Sub(signed)) >= signAfter && sign == nil {
				sign = make(chan bool, 1)
				answer := sign
				asking.Go(func() { answer <- lives(ctx, s.pipeline.client) })
			}
		case lives := <-sign:
			if !lives {
				s.silent = &silence{s.pipeline.server, signAfter + signTimeout}
				return
			}
			sign, signed = nil, time.Now()
		case <-ctx.Done():
			return
		}
	}
}
