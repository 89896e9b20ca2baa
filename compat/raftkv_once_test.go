package compat

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
)

const (
	networkClients = 6
	networkCalls   = 80 // of each client
	networkKeys    = 3
)

// TestRaftkv_badNetwork: over a network that loses, repeats and delays, with clients that repeat what had no
// answer, every append happens exactly once, and all that the clients see is linearizable.
func TestRaftkv_badNetwork(t *testing.T) {
	eachRaftkv(t, func(t *testing.T, open func(t *testing.T, flags ...string) restartable) {
		for name, send := range map[string]sender{"unary": sendSingly, "pipeline": sendOnPipeline} {
			t.Run(name, func(t *testing.T) {
				seed := newSeed(t)
				tokens, history := driveBadNetwork(t, seed, open(t, "--log-level=warn").port(), send, true)
				if wrong := countTokens(tokens); len(wrong) > 0 {
					t.Errorf("appended other than once: %v", wrong)
				}
				if result := porcupine.CheckOperationsTimeout(kvHistory, history, patience); result != porcupine.Ok {
					t.Errorf("the history of %d calls is %s", len(history), result)
				}
			})
		}
	})
}

// TestRaftkv_badNetwork_control: without request ids, both checks notice what the network does.
func TestRaftkv_badNetwork_control(t *testing.T) {
	tokens, history := driveBadNetwork(t, newSeed(t), newKVProcess(t, "--log-level=warn").port(), sendSingly, false)
	if len(countTokens(tokens)) == 0 {
		t.Error("each token was there once")
	}
	if result := porcupine.CheckOperationsTimeout(kvHistory, history, patience); result == porcupine.Ok {
		t.Error("the history is linearizable")
	}
}

// sender sends an operation and returns its answer.
type sender func(context.Context, raftkvpb.RaftKVClient, *raftkvpb.Operation) (*raftkvpb.Answer, error)

// driveBadNetwork lets clients call through a bad network, and returns all tokens that were appended to one key,
// and the history of the calls.
func driveBadNetwork(t *testing.T, seed uint64, port string, send sender, withIDs bool) (tokens string, history []porcupine.Operation) {
	t.Helper()
	network, outside := startBadNetwork(t, seed, port)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var clients sync.WaitGroup
	var mu sync.Mutex
	start := time.Now()
	for i := range networkClients {
		client := dialRaftkv(t, outside)
		clients.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(i)+1))
			for sequence, call := uint64(0), 0; call < networkCalls; call++ {
				operation := randomOperation(rng, i, sequence+1, withIDs)
				if operation.GetGet() == nil {
					sequence++
				}
				begin := time.Since(start)
				answer, err := send(ctx, client, operation)
				for status.Code(err) == codes.Unavailable {
					answer, err = send(ctx, client, operation)
				}
				if err != nil {
					t.Errorf("client %d, call %d: %v", i, call, err)
					return
				}
				mu.Lock()
				history = append(history, porcupine.Operation{
					ClientId: i, Input: operation, Output: answer, Call: int64(begin), Return: int64(time.Since(start))})
				mu.Unlock()
			}
		})
	}
	clients.Wait()
	network.drain()
	t.Logf("%d requests lost, %d replies lost, %d late copies", network.lostRequests.Load(), network.lostReplies.Load(), network.copies.Load())
	if network.lostRequests.Load() == 0 || network.lostReplies.Load() == 0 || network.copies.Load() == 0 {
		t.Error("the network was not bad")
	}
	last := &raftkvpb.Operation{Operation: &raftkvpb.Operation_Get{Get: &raftkvpb.GetRequest{Key: []byte("tokens")}}}
	answer, err := sendSingly(ctx, dialRaftkv(t, port), last)
	if err != nil {
		t.Fatal(err)
	}
	history = append(history, porcupine.Operation{Input: last, Output: answer,
		Call: int64(time.Since(start)), Return: int64(time.Since(start)) + 1})
	return string(answer.GetGet().GetValue()), history
}

// randomOperation is a token for the key of all tokens, or a call on one of a few keys.
func randomOperation(rng *rand.Rand, client int, sequence uint64, withID bool) *raftkvpb.Operation {
	var id *raftkvpb.RequestId
	if withID {
		id = &raftkvpb.RequestId{ClientId: fmt.Appendf(nil, "%016d", client), Sequence: sequence}
	}
	key, value := fmt.Appendf(nil, "key %d", rng.IntN(networkKeys)), fmt.Appendf(nil, "%d.%d;", client, sequence)
	switch rng.IntN(5) {
	case 0:
		return &raftkvpb.Operation{Operation: &raftkvpb.Operation_Append{Append: &raftkvpb.AppendRequest{Key: []byte("tokens"), Value: value, RequestId: id}}}
	case 1:
		return &raftkvpb.Operation{Operation: &raftkvpb.Operation_Append{Append: &raftkvpb.AppendRequest{Key: key, Value: value, RequestId: id}}}
	case 2:
		return &raftkvpb.Operation{Operation: &raftkvpb.Operation_Put{Put: &raftkvpb.PutRequest{Key: key, Value: value, RequestId: id, ReturnPrevious: true}}}
	case 3:
		return &raftkvpb.Operation{Operation: &raftkvpb.Operation_Delete{Delete: &raftkvpb.DeleteRequest{Key: key, RequestId: id, ReturnPrevious: true}}}
	default:
		return &raftkvpb.Operation{Operation: &raftkvpb.Operation_Get{Get: &raftkvpb.GetRequest{Key: key}}}
	}
}

// sendOnPipeline sends an operation on a pipeline of its own.
func sendOnPipeline(ctx context.Context, client raftkvpb.RaftKVClient, operation *raftkvpb.Operation) (*raftkvpb.Answer, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := client.Pipeline(ctx)
	if err != nil {
		return nil, err
	}
	stream.Send(&raftkvpb.PipelineRequest{Operations: []*raftkvpb.Operation{operation}}) // Recv has the status, if it fails
	response, err := stream.Recv()
	if err != nil {
		return nil, err
	}
	answer := response.GetAnswers()[0]
	if failure := answer.GetError(); failure != nil {
		return nil, status.Error(codes.Code(failure.GetCode()), failure.GetMessage())
	}
	return answer, nil
}

// countTokens returns how often each token occurs, of those that do not occur once. That none is missing is
// seen in the history: each append has returned what was there before, and a last call what is there at the end.
func countTokens(tokens string) map[string]int {
	count := make(map[string]int)
	for _, token := range strings.Split(strings.TrimSuffix(tokens, ";"), ";") {
		count[token]++
	}
	for token, n := range count {
		if n == 1 {
			delete(count, token)
		}
	}
	return count
}

// kvHistory is what a key does, one call after the other. Its state is the value, or nil for a missing key.
var kvHistory = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byKey := make(map[string][]porcupine.Operation)
		for _, operation := range history {
			key := keyOf(operation.Input.(*raftkvpb.Operation))
			byKey[key] = append(byKey[key], operation)
		}
		var parts [][]porcupine.Operation
		for _, part := range byKey {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return missing },
	Step: func(state, input, output any) (bool, any) {
		before := state.(kvState)
		answer := output.(*raftkvpb.Answer)
		saw, after := seen(answer), before
		switch o := input.(*raftkvpb.Operation).GetOperation().(type) {
		case *raftkvpb.Operation_Append:
			after = kvState{true, before.value + string(o.Append.GetValue())}
		case *raftkvpb.Operation_Put:
			after = kvState{true, string(o.Put.GetValue())}
		case *raftkvpb.Operation_Delete:
			after = missing
		}
		return saw == before, after
	},
}

type kvState struct {
	exists bool
	value  string
}

var missing kvState

// seen is the state that an answer shows: that before the call.
func seen(answer *raftkvpb.Answer) kvState {
	switch a := answer.GetAnswer().(type) {
	case *raftkvpb.Answer_Append:
		return kvState{a.Append.GetExisted(), string(a.Append.GetPrevious())}
	case *raftkvpb.Answer_Put:
		return kvState{a.Put.GetExisted(), string(a.Put.GetPrevious())}
	case *raftkvpb.Answer_Delete:
		return kvState{a.Delete.GetExisted(), string(a.Delete.GetPrevious())}
	default:
		return kvState{answer.GetGet().GetFound(), string(answer.GetGet().GetValue())}
	}
}
