package pipeline

import (
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/raftkv/internal/server/wire"
)

// send is the sender.
func (p *pipeline) send() error {
	for {
		ready, err := p.awaitOutcomes()
		if ready == nil {
			return err
		}
		if err := p.sendAll(ready); err != nil {
			return err
		}
	}
}

// awaitOutcomes waits for outcomes and takes all that there are, or returns nil and the status of the stream.
func (p *pipeline) awaitOutcomes() ([]answered, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.ready) == 0 && !p.aborted && !(p.ended && p.inFlight == 0) {
		p.changed.Wait()
	}
	if p.aborted || len(p.ready) == 0 {
		return nil, p.status
	}
	ready := p.ready
	p.ready, p.bytes = nil, 0
	return ready, nil
}

// sendAll sends outcomes in as few messages as their sizes allow.
func (p *pipeline) sendAll(outcomes []answered) error {
	var answers []*raftkvpb.Answer
	bytes, held := 0, 0
	add := func(answer *raftkvpb.Answer, size int) error {
		answers = append(answers, answer)
		if bytes += size; bytes < answerBytes && len(answers) < maxAnswers {
			return nil
		}
		full := answers
		answers, bytes = nil, 0
		return p.sendMessage(full)
	}
	for _, outcome := range outcomes {
		if outcome.writes == nil {
			if err := add(outcome.answer, len(outcome.answer.GetGet().GetValue())); err != nil {
				return err
			}
			continue
		}
		for i := range outcome.writes.writes {
			answer, size := p.writeAnswer(outcome.writes, i)
			if err := add(answer, size); err != nil {
				return err
			}
		}
		held += outcome.writes.size
	}
	if len(answers) > 0 {
		if err := p.sendMessage(answers); err != nil {
			return err
		}
	}
	p.release(held)
	return nil
}

// release is the end of what was held.
func (p *pipeline) release(held int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held -= held
	p.changed.Broadcast()
}

func (p *pipeline) sendMessage(answers []*raftkvpb.Answer) error {
	if err := p.stream.Send(&raftkvpb.PipelineResponse{Answers: answers}); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inFlight -= len(answers)
	p.changed.Broadcast()
	return nil
}

// writeAnswer makes the answer to one of the writes, and says how large it is.
func (p *pipeline) writeAnswer(w *pipelined, i int) (*raftkvpb.Answer, int) {
	var encoded []byte
	if w.err == nil {
		encoded = w.replies[i]
	}
	reply, err := p.Calls.Settle(w.writes[i:i+1], encoded, w.err)
	if err != nil {
		return refusedAnswer(w.tags[i], err), 0
	}
	return wire.Answer(w.tags[i], w.writes[i].Kind, &reply.Results[0]), len(encoded)
}

// refusedAnswer says under a tag what a call of its own would have said as its status.
func refusedAnswer(tag uint64, err error) *raftkvpb.Answer {
	s := status.Convert(err)
	failure := &raftkvpb.Error{Code: int32(s.Code()), Message: s.Message()}
	for _, detail := range s.Details() {
		if redirect, ok := detail.(*raftkvpb.Redirect); ok {
			failure.Redirect = redirect
		}
	}
	return &raftkvpb.Answer{Tag: tag, Answer: &raftkvpb.Answer_Error{Error: failure}}
}
