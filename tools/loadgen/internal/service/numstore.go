package service

import (
	"context"
	"strconv"

	"google.golang.org/grpc"

	"numstore.example/contracts/numstorepb"
	"numstore.example/tools/loadgen/internal/history"
	"numstore.example/tools/loadgen/internal/workload"
)

// Places in the lists of numstore.
const (
	setNum, fact          = 0, 1
	plain, hit, factError = 0, 1, 2
)

var numstore = Service{
	Calls: []string{setNum: "SetNum", fact: "Fact"},
	Marks: []string{plain: "", hit: "hit", factError: "error"},
	Open: func(conns []*grpc.ClientConn, config workload.Config) func(int) Send {
		source := config.Source()
		return func(worker int) Send {
			w := &numstoreWorker{
				client: numstorepb.NewNumStoreClient(conns[worker%len(conns)]),
				source: source(worker),
			}
			return w.send
		}
	},
}

// numstoreWorker keeps its requests: gRPC is done with one when the call has ended.
type numstoreWorker struct {
	client numstorepb.NumStoreClient
	source *workload.Source
	set    numstorepb.SetNumRequest
	fact   numstorepb.FactRequest
}

func (w *numstoreWorker) send(ctx context.Context, operation *history.Operation) Outcome {
	call := w.source.Next()
	if call.SetNum {
		w.set.Key, w.set.Value = call.Key, call.Value
		reply, err := w.client.SetNum(ctx, &w.set)
		if operation != nil {
			operation.Call, operation.Key, operation.Value = "SetNum", call.Key, strconv.FormatInt(call.Value, 10)
			operation.Answer = strconv.FormatInt(reply.GetTotal(), 10)
		}
		return Outcome{Call: setNum, Err: err}
	}
	w.fact.Key = call.Key
	reply, err := w.client.Fact(ctx, &w.fact)
	outcome := Outcome{Call: fact, Err: err}
	switch {
	case reply.GetError() != "":
		outcome.Mark = factError
	case reply.GetHit():
		outcome.Mark = hit
	}
	if operation != nil {
		operation.Call, operation.Key, operation.Answer = "Fact", call.Key, strconv.FormatInt(reply.GetValue(), 10)
		if outcome.Mark == factError {
			operation.Answer = "error"
		}
	}
	return outcome
}
