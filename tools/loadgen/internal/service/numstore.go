package service

import (
	"context"
	"strconv"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/numstorepb"
	"numstore.example/tools/internal/drive"
	"numstore.example/tools/internal/history"
	"numstore.example/tools/loadgen/internal/model"
	"numstore.example/tools/loadgen/internal/workload"
)

// Places in the lists and in the mix of numstore.
const (
	setNum, fact          = 0, 1
	plain, hit, factError = 0, 1, 2
)

var numstore = Service{
	Contract: numstorepb.File_numstore_proto,
	Calls: drive.Calls{
		Names: []string{setNum: "SetNum", fact: "Fact"},
		Marks: []string{plain: "", hit: "hit", factError: "error"},
	},
	Mix:   workload.Mix{setNum: {Call: "set", Percent: 50}, fact: {Call: "fact", Percent: 50}},
	Fills: "set",
	Judge: model.Linearizable(model.Numstore),
	Ready: numstoreReady,
	Parameters: func(target Target) map[string]string {
		return map[string]string{"values": target.Workload.Values.String()}
	},
	ReadBack:  readBackNumstore,
	Checkable: 16, // takes a second; 32 take more than anybody wants to wait
	Open: func(target Target) (func(int) drive.Send, func(), error) {
		source := target.Workload.Source()
		return func(worker int) drive.Send {
			w := &numstoreWorker{
				client: numstorepb.NewNumStoreClient(target.Servers[0].conn(worker)),
				source: source(worker),
			}
			return w.send
		}, func() {}, nil
	},
}

func numstoreReady(ctx context.Context, target Target) error {
	name := numstorepb.NumStore_ServiceDesc.ServiceName
	_, err := grpc_health_v1.NewHealthClient(target.Servers[0].conn(0)).Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: name})
	if status.Code(err) == codes.NotFound {
		return another(target.Servers[0], name)
	}
	return nil // or it has no health service
}

// numstoreWorker keeps its requests: gRPC is done with one when the call has ended.
type numstoreWorker struct {
	client numstorepb.NumStoreClient
	source *workload.Source
	set    numstorepb.SetNumRequest
	fact   numstorepb.FactRequest
}

func (w *numstoreWorker) send(ctx context.Context, operation *history.Operation) drive.Outcome {
	call, key := w.source.Next()
	if call == setNum {
		w.set.Key, w.set.Value = key, w.source.Number()
		reply, err := w.client.SetNum(ctx, &w.set)
		if operation != nil {
			operation.Call, operation.Key, operation.Value = "SetNum", key, strconv.FormatInt(w.set.Value, 10)
			operation.Answer = strconv.FormatInt(reply.GetTotal(), 10)
		}
		return drive.Outcome{Call: setNum, Err: err}
	}
	w.fact.Key = key
	reply, err := w.client.Fact(ctx, &w.fact)
	outcome := drive.Outcome{Call: fact, Err: err}
	switch {
	case reply.GetError() != "":
		outcome.Mark = factError
	case reply.GetHit():
		outcome.Mark = hit
	}
	if operation != nil {
		operation.Call, operation.Key, operation.Answer = "Fact", key, strconv.FormatInt(reply.GetValue(), 10)
		if outcome.Mark == factError {
			operation.Answer = "error"
		}
	}
	return outcome
}
