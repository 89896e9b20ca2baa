package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"numstore.example/contracts/gossipkvpb"
	"numstore.example/tools/internal/cli"
)

// told is a server that was asked, and what came of it.
type told struct {
	server  uint32 // its number; 0 if nobody has told
	address string // empty if nobody has told; then it was not asked
	status  *gossipkvpb.StatusResponse
	err     error
}

// where names a server's address for people.
func (t told) where() string {
	if t.address == "" {
		return "nobody tells its address"
	}
	return cli.OneLine(t.address)
}

func fatesOf(servers []told) (fates []fate) {
	for _, t := range servers {
		if t.address == "" {
			continue
		}
		who := t.where()
		if t.server != 0 {
			who = fmt.Sprintf("server %d, %s", t.server, who)
		}
		fates = append(fates, fate{who, t.err})
	}
	return fates
}

// askAll does something with all servers that have an address, at the same time. Each has so long for it.
func askAll(servers []told, limit time.Duration, do func(context.Context, *told)) []told {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	var asking sync.WaitGroup
	for i := range servers {
		if servers[i].address != "" {
			asking.Go(func() { do(ctx, &servers[i]) })
		}
	}
	asking.Wait()
	return servers
}

// everyone asks the servers of --servers, those to which they are linked, and so on, for what they say of themselves. Members that nobody is
// linked to are there without an address. They are in the order of their numbers, those without one last.
func (a *app) everyone() []told {
	var all []told
	for _, address := range a.Servers {
		all = append(all, told{address: address})
	}
	for begun := 0; begun < len(all); {
		fresh := askAll(all[begun:], a.within(callTimeout), a.ask)
		begun = len(all)
		for _, t := range fresh {
			for _, link := range t.status.GetLinks() {
				if address := link.GetAddress(); address != "" && !knows(all, link.GetServer(), address) {
					all = append(all, told{server: link.GetServer(), address: address})
				}
			}
		}
	}
	return orderly(all)
}

// ask asks a server for its status.
func (a *app) ask(ctx context.Context, t *told) {
	conn, err := a.connect(ctx, t.address, a.Security)
	if err != nil {
		t.err = err
		return
	}
	defer conn.Close()
	if t.status, t.err = gossipkvpb.NewGossipKVClient(conn).Status(ctx, new(gossipkvpb.StatusRequest)); t.err == nil {
		t.server = t.status.GetServer()
	}
}

// knows says whether a server is among others: one of its number that has answered, or one of its address.
func knows(all []told, server uint32, address string) bool {
	return slices.ContainsFunc(all, func(t told) bool {
		return t.address == address || server != 0 && t.server == server && t.status != nil
	})
}

// orderly returns each server once, and the members that were not asked.
func orderly(all []told) (once []told) {
	answered := make(map[uint32]bool)
	for _, t := range all {
		if t.status != nil && !answered[t.server] {
			answered[t.server] = true
			once = append(once, t)
		}
	}
	for _, t := range all { // what failed under one address may have answered under another
		if t.status == nil && !answered[t.server] {
			once = append(once, t)
		}
	}
	for _, t := range slices.Clone(once) {
		for _, m := range t.status.GetMembers() {
			here := func(t told) bool { return t.server == m.GetServer() }
			if m.GetState() == gossipkvpb.MemberState_MEMBER_STATE_MEMBER && !slices.ContainsFunc(once, here) {
				once = append(once, told{server: m.GetServer()})
			}
		}
	}
	slices.SortStableFunc(once, func(a, b told) int {
		return cmp.Compare(a.server-1, b.server-1) // 0 comes last
	})
	return once
}
