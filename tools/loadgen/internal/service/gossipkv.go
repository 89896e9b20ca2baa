package service

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/gossipkv"
	"numstore.example/contracts/gossipkvpb"
	"numstore.example/tools/internal/drive"
	"numstore.example/tools/internal/history"
	"numstore.example/tools/loadgen/internal/model"
	"numstore.example/tools/loadgen/internal/workload"
)

// Places in the lists and in the mix of gossipkv.
const (
	gossipGet, gossipPut, gossipDelete = 0, 1, 2
	gossipAnswered, noValue, unmet     = 0, 1, 2
)

var gossipKVCalls = []string{gossipGet: model.Get, gossipPut: model.Put, gossipDelete: model.Delete}

var gossipKV = Service{
	Contract: gossipkvpb.File_gossipkv_proto,
	Calls: drive.Calls{
		Names: gossipKVCalls,
		Marks: []string{gossipAnswered: "", noValue: "missing", unmet: "unmet"},
	},
	Mix:     workload.Mix{gossipGet: {Call: "get", Percent: 50}, gossipPut: {Call: "put", Percent: 50}, gossipDelete: {Call: "delete"}},
	Fills:   "put",
	Several: true,
	Judge:   model.GossipKV,
	Parameters: func(target Target) map[string]string {
		return map[string]string{"value-size": target.Workload.Sizes.String(), "move": strconv.Itoa(target.Move), "servers": strconv.Itoa(len(target.Servers))}
	},
	Ready: gossipKVReady,
	Open:  openGossipKV,
	End:   endGossipKV,

	ReadBack: readBackGossipKV,
}

func gossipKVReady(ctx context.Context, target Target) error {
	for _, server := range target.Servers {
		r, err := gossipkvpb.NewGossipKVClient(server.conn(0)).Status(ctx, new(gossipkvpb.StatusRequest))
		switch {
		case status.Code(err) == codes.Unimplemented:
			return another(server, "gossipkv")
		case target.Recorded && r.GetTime() > 0:
			return fmt.Errorf("the server at %s was written to before (its time is %d); a history can be checked only if all servers are new", server.Addr, r.GetTime())
		}
	}
	return nil
}

// openGossipKV opens as many clients as there are connections with each server. Each worker is a session.
func openGossipKV(target Target) (func(int) drive.Send, func(), error) {
	var clients []*gossipkv.Client
	closeAll := func() {
		for _, client := range clients {
			client.Close()
		}
	}
	for range target.Servers[0].Conns {
		client, err := gossipkv.Dial(nil, slices.Concat(target.Dialing, []grpc.DialOption{grpc.WithChainUnaryInterceptor(tap)})...)
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		clients = append(clients, client)
	}
	source := target.Workload.Source()
	return func(worker int) drive.Send {
		source := source(worker)
		w := &gossipWorker{
			session: clients[worker%len(clients)].Session(nil),
			servers: target.Servers, at: worker % len(target.Servers), move: target.Move,
			random: rand.New(rand.NewPCG(^target.Workload.Seed, uint64(worker))),
			source: source,
			values: values{worker: worker, source: source, recorded: target.Recorded},
		}
		return w.send
	}, closeAll, nil
}

// gossipWorker is a session that moves between servers.
type gossipWorker struct {
	session *gossipkv.Session
	servers []Server
	at      int  // its server
	move    int  // before so many of a hundred calls it moves
	failed  bool // its last call, so that it moves
	random  *rand.Rand
	source  *workload.Source
	values  values
}

func (w *gossipWorker) send(ctx context.Context, operation *history.Operation) drive.Outcome {
	if n := len(w.servers); n > 1 && (w.failed || w.random.IntN(100) < w.move) {
		w.at = (w.at + 1 + w.random.IntN(n-1)) % n
	}
	server := w.servers[w.at].Addr
	if err := w.session.Use(server); err != nil {
		panic(fmt.Sprintf("%s, which dial.Target returned: %v", server, err))
	}
	call, key := w.source.Next()
	var value []byte
	if call == gossipPut {
		value = w.values.next()
	}
	wire := new(wire)
	if operation != nil {
		ctx = context.WithValue(ctx, wireKey{}, wire)
	}
	outcome, answer := w.ask(ctx, wire, call, key, value)
	w.failed = outcome.Err != nil
	if operation != nil {
		*operation = history.Operation{
			Client: operation.Client, Call: gossipKVCalls[call], Server: server, Key: key, Value: string(value),
			Seen: wire.seen(), Answer: answer,
		}
	}
	return outcome
}

// ask makes a call, and returns its answer as histories write it.
func (w *gossipWorker) ask(ctx context.Context, wire *wire, call int, key string, value []byte) (drive.Outcome, string) {
	var version gossipkv.Version
	var err error
	switch call {
	case gossipGet:
		return w.get(ctx, wire, key)
	case gossipPut:
		version, err = w.session.Put(ctx, []byte(key), value)
	case gossipDelete:
		version, err = w.session.Delete(ctx, []byte(key))
	default:
		panic(fmt.Sprintf("gossipkv has no call %d", call))
	}
	return drive.Outcome{Call: call, Err: err}, history.Version(version).String()
}

func (w *gossipWorker) get(ctx context.Context, wire *wire, key string) (drive.Outcome, string) {
	got, err := w.session.Get(ctx, []byte(key))
	switch {
	case errors.Is(err, gossipkv.ErrDependencyNotMet):
		return drive.Outcome{Call: gossipGet, Mark: unmet}, model.Unmet // as good an answer as any
	case errors.Is(err, gossipkv.ErrNoValue):
		return drive.Outcome{Call: gossipGet, Mark: noValue}, history.Stamped{Version: wire.tombstone()}.String()
	case err != nil:
		return drive.Outcome{Call: gossipGet, Err: err}, ""
	}
	return drive.Outcome{Call: gossipGet}, history.Stamped{Version: history.Version(got.Version), Exists: true, Value: string(got.Value)}.String()
}
