package service

import (
	"context"
	"fmt"
	"strconv"

	"google.golang.org/grpc"

	"numstore.example/contracts/numstorepb"
	"numstore.example/contracts/raftkv"
	"numstore.example/tools/internal/history"
)

// Each of these is a Service.ReadBack. Their operations have no times: they come after everything else.

// readBackNumstore asks for the factorial of each key, which is there if the key is: of values from 0 to 20.
func readBackNumstore(ctx context.Context, target Target, keys []string) (all []history.Operation, err error) {
	conn, err := grpc.NewClient(target.Servers[0].Addr, target.Dialing...)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	client := numstorepb.NewNumStoreClient(conn)
	for _, key := range keys {
		reply, err := client.Fact(ctx, &numstorepb.FactRequest{Key: key}, grpc.WaitForReady(true))
		if err != nil {
			return nil, err
		}
		o := history.Operation{Call: "Fact", Key: key, Answer: strconv.FormatInt(reply.GetValue(), 10)}
		if reply.GetError() != "" {
			o.Answer = "error"
		}
		all = append(all, o)
	}
	return all, nil
}

// readBackRaftKV gets each key, from the leader of its shard.
func readBackRaftKV(ctx context.Context, target Target, keys []string) (all []history.Operation, err error) {
	var addresses []string
	for _, server := range target.Servers {
		addresses = append(addresses, server.Addr)
	}
	clerk, err := raftkv.Dial(addresses, target.Dialing...)
	if err != nil {
		return nil, err
	}
	defer clerk.Close()
	for _, key := range keys {
		r, err := clerk.Get(ctx, []byte(key))
		if err != nil {
			return nil, fmt.Errorf("the Get of %q: %w", key, err)
		}
		all = append(all, history.Operation{Call: "Get", Key: key,
			Answer: history.Versioned{Version: r.Version, Exists: r.Found, Value: string(r.Value)}.String()})
	}
	return all, nil
}

// readBackGossipKV dumps all servers when they have become equal. That is of all keys.
func readBackGossipKV(ctx context.Context, target Target, _ []string) ([]history.Operation, error) {
	return endGossipKV(ctx, target, func() int64 { return 0 })
}
