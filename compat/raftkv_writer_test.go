package compat

import (
	"context"
	"fmt"
	"math/rand/v2"

	"google.golang.org/protobuf/proto"

	"numstore.example/contracts/raftkvpb"
)

// writer is a client with one write at a time, and a few keys that nobody else writes.
type writer struct {
	name   string
	rng    *rand.Rand
	client []byte
	values map[string]string // what is known to be there

	sequence uint64
	last     *raftkvpb.Operation // the write that was sent last
	after    *string             // what it makes of its key's value; nil if it deletes it
	answer   *raftkvpb.Answer    // to it; nil as long as there is none
	wrong    error               // what was wrong with an answer
}

func newWriter(seed uint64, number int) *writer {
	w := &writer{
		name:   fmt.Sprintf("writer-%d", number),
		rng:    rand.New(rand.NewPCG(seed, uint64(number)+1)),
		values: make(map[string]string),
	}
	w.client = fmt.Appendf(nil, "%016d", number)
	return w
}

// next thinks of a write: a token at the end of a value, a new value of 4 KiB, a deletion.
func (w *writer) next() *raftkvpb.Operation {
	w.sequence++
	w.answer = nil
	id := &raftkvpb.RequestId{ClientId: w.client, Sequence: w.sequence}
	tokens, key := w.name+" tokens", fmt.Sprintf("%s %d", w.name, w.rng.IntN(4))
	switch n := w.rng.IntN(10); {
	case n < 5:
		token := fmt.Sprintf("%d;", w.sequence)
		w.after = new(w.values[tokens] + token)
		w.last = &raftkvpb.Operation{Operation: &raftkvpb.Operation_Append{Append: &raftkvpb.AppendRequest{
			Key: []byte(tokens), Value: []byte(token), RequestId: id}}}
	case n < 9:
		value := make([]byte, 4096)
		for i := range value {
			value[i] = byte(w.rng.Uint32())
		}
		w.after = new(string(value))
		w.last = &raftkvpb.Operation{Operation: &raftkvpb.Operation_Put{Put: &raftkvpb.PutRequest{
			Key: []byte(key), Value: value, RequestId: id, ReturnPrevious: true}}}
	default:
		w.after = nil
		w.last = &raftkvpb.Operation{Operation: &raftkvpb.Operation_Delete{Delete: &raftkvpb.DeleteRequest{
			Key: []byte(key), RequestId: id, ReturnPrevious: true}}}
	}
	return w.last
}

func keyOf(operation *raftkvpb.Operation) string {
	switch o := operation.GetOperation().(type) {
	case *raftkvpb.Operation_Append:
		return string(o.Append.GetKey())
	case *raftkvpb.Operation_Put:
		return string(o.Put.GetKey())
	case *raftkvpb.Operation_Get:
		return string(o.Get.GetKey())
	default:
		return string(operation.GetDelete().GetKey())
	}
}

// settle takes the answer to the last write: a first one must fit what is known, a further one must be equal.
func (w *writer) settle(answer *raftkvpb.Answer) error {
	if w.answer != nil {
		if !proto.Equal(answer, w.answer) {
			return fmt.Errorf("answered with {%.50v}; the first answer was {%.50v}", answer, w.answer)
		}
		return nil
	}
	key := keyOf(w.last)
	var existed bool
	var previous []byte
	switch a := answer.GetAnswer().(type) {
	case *raftkvpb.Answer_Append:
		existed, previous = a.Append.GetExisted(), a.Append.GetPrevious()
	case *raftkvpb.Answer_Put:
		existed, previous = a.Put.GetExisted(), a.Put.GetPrevious()
	case *raftkvpb.Answer_Delete:
		existed, previous = a.Delete.GetExisted(), a.Delete.GetPrevious()
	default:
		return fmt.Errorf("answered with {%v}", answer)
	}
	if before, known := w.values[key]; existed != known || string(previous) != before {
		return fmt.Errorf("%q existed: %t, %t is right; its value was %.30q, %.30q is right", key, existed, known, previous, before)
	}
	w.answer = answer
	if w.after == nil {
		delete(w.values, key)
	} else {
		w.values[key] = *w.after
	}
	return nil
}

// compare says what of this writer's keys is not as it must be, and takes them out of held.
func (w *writer) compare(held map[string]string) error {
	open := ""
	if w.last != nil && w.answer == nil {
		open = keyOf(w.last)
	}
	value, exists := held[open]
	if open != "" && w.after != nil && exists && value == *w.after || open != "" && w.after == nil && !exists {
		delete(held, open) // the write without an answer has happened
	} else {
		open = ""
	}
	for key, want := range w.values {
		if got, exists := held[key]; key != open && (!exists || got != want) {
			return fmt.Errorf("%q exists: %t, with %d bytes, %.30q; want %d bytes, %.30q", key, exists, len(got), got, len(want), want)
		}
		delete(held, key)
	}
	return nil
}

// writeSingly writes until a call fails.
func (w *writer) writeSingly(ctx context.Context, client raftkvpb.RaftKVClient, acknowledged func()) {
	for {
		answer, err := sendSingly(ctx, client, w.next())
		if err != nil {
			return
		}
		if w.wrong = w.settle(answer); w.wrong != nil {
			return
		}
		acknowledged()
	}
}

// sendSingly sends an operation as a call of its own.
func sendSingly(ctx context.Context, client raftkvpb.RaftKVClient, operation *raftkvpb.Operation) (*raftkvpb.Answer, error) {
	answer := &raftkvpb.Answer{}
	switch o := operation.GetOperation().(type) {
	case *raftkvpb.Operation_Append:
		reply, err := client.Append(ctx, o.Append)
		answer.Answer = &raftkvpb.Answer_Append{Append: reply}
		return answer, err
	case *raftkvpb.Operation_Put:
		reply, err := client.Put(ctx, o.Put)
		answer.Answer = &raftkvpb.Answer_Put{Put: reply}
		return answer, err
	case *raftkvpb.Operation_Get:
		reply, err := client.Get(ctx, o.Get)
		answer.Answer = &raftkvpb.Answer_Get{Get: reply}
		return answer, err
	default:
		reply, err := client.Delete(ctx, operation.GetDelete())
		answer.Answer = &raftkvpb.Answer_Delete{Delete: reply}
		return answer, err
	}
}

// writeOnPipeline lets writers share a pipeline until it breaks. Each has one write in flight, under the tag
// that is its number.
func writeOnPipeline(ctx context.Context, client raftkvpb.RaftKVClient, writers []*writer, acknowledged func()) {
	stream, err := client.Pipeline(ctx)
	if err != nil {
		return
	}
	first := &raftkvpb.PipelineRequest{}
	for i, w := range writers {
		first.Operations = append(first.Operations, tagged(w.next(), i))
	}
	if stream.Send(first) != nil {
		return
	}
	for {
		response, err := stream.Recv()
		if err != nil {
			return
		}
		further := &raftkvpb.PipelineRequest{}
		for _, answer := range response.GetAnswers() {
			i := int(answer.GetTag())
			answer.Tag = 0
			if writers[i].wrong = writers[i].settle(answer); writers[i].wrong != nil {
				return
			}
			acknowledged()
			further.Operations = append(further.Operations, tagged(writers[i].next(), i))
		}
		if stream.Send(further) != nil {
			return
		}
	}
}

func tagged(operation *raftkvpb.Operation, tag int) *raftkvpb.Operation {
	operation.Tag = uint64(tag)
	return operation
}
