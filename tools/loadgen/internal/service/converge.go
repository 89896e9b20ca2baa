package service

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/gossipkv"
	"numstore.example/contracts/gossipkvpb"
	"numstore.example/tools/internal/history"
	"numstore.example/tools/internal/result"
	"numstore.example/tools/loadgen/internal/model"
)

// between is how long to wait before servers are asked again whether they are equal.
const between = 20 * time.Millisecond

// endGossipKV waits until the vectors of all servers are equal, or ctx is done, and dumps them all. A write of unknown outcome may
// still be on its way then: what counts is a moment between whose vectors, before and after the dumps, nothing has changed. The error
// says which servers are not equal; then there are no dumps.
func endGossipKV(ctx context.Context, target Target, now func() int64) ([]history.Operation, error) {
	client, err := gossipkv.Dial(nil, target.Dialing...)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	converge := history.Operation{Call: model.Converge, Start: now()}
	for {
		before, err := awaitEqual(ctx, client, target)
		converge.End = now()
		if err != nil {
			converge.Failure, converge.Value = result.CodeName(status.FromContextError(ctx.Err()).Code()), err.Error()
			return []history.Operation{converge}, err
		}
		dumps := dumpAll(ctx, client, target, now)
		if after, err := vectorsOf(ctx, client, target); err == nil && slices.EqualFunc(after, before, maps.Equal) {
			converge.Answer = model.Equal
			return append([]history.Operation{converge}, dumps...), nil
		}
	}
}

// vector is up to which time a server knows of each origin: a version without a time.
type vector map[history.Version]uint64

// awaitEqual returns the vectors of all servers when they are equal.
func awaitEqual(ctx context.Context, client *gossipkv.Client, target Target) ([]vector, error) {
	timer := time.NewTicker(between)
	defer timer.Stop()
	for last := error(nil); ; {
		vectors, err := vectorsOf(ctx, client, target)
		if err == nil {
			if err = differ(target, vectors); err == nil {
				return vectors, nil
			}
		}
		if last == nil || status.Code(err) != codes.DeadlineExceeded { // that a server is slow says less than how it differs
			last = err
		}
		select {
		case <-timer.C:
		case <-ctx.Done():
			return nil, last
		}
	}
}

// vectorsOf asks all servers, one after the other.
func vectorsOf(ctx context.Context, client *gossipkv.Client, target Target) (all []vector, err error) {
	for _, server := range target.Servers {
		r, err := statusOf(ctx, client, server)
		if err != nil {
			return nil, fmt.Errorf("%s does not tell what it knows: %w", server.Addr, err)
		}
		v := make(vector)
		for _, entry := range r.GetVector() {
			v[history.Version{Server: entry.GetServer(), Incarnation: entry.GetIncarnation()}] = entry.GetTime()
		}
		all = append(all, v)
	}
	return all, nil
}

// patience is how long a server may take to tell its status.
const patience = 2 * time.Second

// statusOf asks by the client, which finds a server that comes back at once. A connection of gRPC alone would wait longer and longer.
func statusOf(ctx context.Context, client *gossipkv.Client, server Server) (*gossipkvpb.StatusResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	session := client.Session(nil)
	if err := session.Use(server.Addr); err != nil {
		return nil, err
	}
	return session.Status(ctx)
}

// differ says how the vectors of servers differ from that of the first one.
func differ(target Target, vectors []vector) error {
	var texts []string
	for i, v := range vectors[1:] {
		for origin := range union(v, vectors[0]) {
			if v[origin] != vectors[0][origin] {
				texts = append(texts, fmt.Sprintf("%s knows the writes of server %d up to %d, and %s up to %d",
					target.Servers[0].Addr, origin.Server, vectors[0][origin], target.Servers[i+1].Addr, v[origin]))
			}
		}
	}
	if texts == nil {
		return nil
	}
	slices.Sort(texts)
	return errors.New(strings.Join(texts, "; "))
}

func union(a, b vector) vector {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// dumpAll returns what all servers have.
func dumpAll(ctx context.Context, client *gossipkv.Client, target Target, now func() int64) (all []history.Operation) {
	for _, server := range target.Servers {
		all = append(all, dump(ctx, client, server.Addr, now)...)
	}
	return all
}

// dump returns what one server has: its pairs, and then their number, or why it did not tell. All of them take as long as the whole.
func dump(ctx context.Context, client *gossipkv.Client, server string, now func() int64) (all []history.Operation) {
	whole := history.Operation{Call: model.Dump, Server: server, Start: now()}
	session := client.Session(nil)
	err := session.Use(server)
	if err == nil {
		for pair, errPair := range session.Dump(ctx, gossipkv.Range{}) {
			if err = errPair; err != nil {
				break
			}
			stamp := history.Stamped{Version: history.Version(pair.Version), Exists: true, Value: string(pair.Value)}
			all = append(all, history.Operation{Call: model.Pair, Server: server, Key: string(pair.Key), Answer: stamp.String(), Start: whole.Start})
		}
	}
	whole.End = now()
	for i := range all {
		all[i].End = whole.End
	}
	if whole.Answer = strconv.Itoa(len(all)); err != nil {
		whole.Answer, whole.Failure, all = "", result.CodeName(status.Code(err)), nil
	}
	return append(all, whole)
}
