package lab

import (
	"context"
	"time"

	"numstore.example/tools/internal/result"
)

// HoldUntilInterrupted has a load held on a server, with no end of its own.
func (r Rig) HoldUntilInterrupted(ctx context.Context, load Load, s *Server) (*Generator, error) {
	return r.StartGenerator(ctx, load, s, 24*time.Hour)
}

// Loss is what became of a load whose leader was killed.
type Loss struct {
	Run    *result.Run   // of one step; calls may have failed
	Killed time.Duration // when the leader was killed, from the start of the window
	Gap    time.Duration // the longest in which no call was answered
}

// LoseLeader kills the leader in the middle of a load, which goes on until calls are answered again. The node is back, with all that was
// written, when it returns.
func (r Rig) LoseLeader(ctx context.Context, s *Server, load Load) (Loss, error) {
	generator, err := r.HoldUntilInterrupted(ctx, load, s)
	if err != nil {
		return Loss{}, err
	}
	defer generator.Kill()
	if err := generator.AwaitAnswers(ctx); err != nil {
		return Loss{}, err
	}
	leader, err := s.AwaitLeader(ctx)
	if err != nil {
		return Loss{}, err
	}
	killed := time.Now()
	leader.Kill()
	// A new leader is not enough: all callers may be waiting for answers to what the dead one had taken.
	if err := generator.AwaitAnswers(ctx); err != nil {
		return Loss{}, err
	}
	run, err := generator.Interrupt()
	if err != nil {
		return Loss{}, err
	}
	step := run.Steps[0]
	_, err = s.BringBack(ctx, leader)
	return Loss{Run: run, Killed: killed.Sub(step.Started), Gap: time.Duration(step.LongestGap * float64(time.Millisecond))}, err
}
