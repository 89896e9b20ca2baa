package drive

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/reason"
	"numstore.example/tools/internal/history"
	"numstore.example/tools/internal/result"
)

// sample is what a worker saw of one call. Its times count from the start of the step.
type sample struct {
	due, sent, done time.Duration
	call, mark      uint8
	code            uint8 // of gRPC; those that gRPC does not know are codes.Unknown
}

// worker makes one call at a time.
type worker struct {
	step       *step
	id         int
	send       Send
	operations []history.Operation
	examples   map[string]string // a message for each code

	mu      sync.Mutex // held for a moment; others than the worker take it once a second
	samples []sample   // guarded by mu
	spare   []sample   // owned by take
}

// newWorker returns a worker that take knows.
func (s *step) newWorker() *worker {
	id := s.driver.workers
	s.driver.workers++
	w := &worker{step: s, id: id, send: s.driver.Send(id)}
	s.mu.Lock()
	s.workers = append(s.workers, w)
	s.mu.Unlock()
	return w
}

// call makes a call that was due at a time. It makes none when the history is full.
func (w *worker) call(ctx context.Context, due time.Duration) {
	d := w.step.driver
	var operation *history.Operation
	if d.HistoryLimit > 0 {
		// Once a call is left out no later one may be made: it would be missing from the history.
		if d.made.Add(1) > int64(d.HistoryLimit) {
			w.step.cancel()
			return
		}
		w.operations = append(w.operations, history.Operation{Client: w.id})
		operation = &w.operations[len(w.operations)-1]
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.step.load.Timeout)
	sent := w.step.elapsed()
	outcome := w.send(ctx, operation)
	done := w.step.elapsed()
	cancel()

	code := status.Code(outcome.Err)
	if code > codes.Unauthenticated {
		code = codes.Unknown
	}
	w.keep(sample{due: min(due, sent), sent: sent, done: done, call: uint8(outcome.Call), mark: uint8(outcome.Mark), code: uint8(code)})
	if code != codes.OK {
		w.keepExample(code, outcome.Err)
	}
	if operation != nil {
		w.note(operation, code, sent, done)
	}
}

func (w *worker) keep(s sample) {
	w.mu.Lock()
	w.samples = append(w.samples, s)
	w.mu.Unlock()
}

func (w *worker) keepExample(code codes.Code, err error) {
	if w.examples == nil {
		w.examples = make(map[string]string)
	}
	if name := result.CodeName(code); w.examples[name] == "" {
		w.examples[name] = reason.Of(err)
	}
}

// note completes an operation.
func (w *worker) note(operation *history.Operation, code codes.Code, sent, done time.Duration) {
	offset := w.step.start.Sub(w.step.driver.base)
	operation.Start, operation.End = int64(offset+sent), int64(offset+done)
	if code != codes.OK {
		operation.Answer, operation.Failure = "", result.CodeName(code)
	}
}

// take returns the samples since the last take. They are good until the next one.
func (w *worker) take() []sample {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.samples, w.spare = w.spare[:0], w.samples
	return w.spare
}
