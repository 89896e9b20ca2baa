package service

import (
	"context"
)

// opener opens what makes the calls of a worker.
type opener func(worker int) ask

// openServer opens the only server of a target.
func openServer(target Target) (open opener, closeAll func(), err error) {
	if target.Unary {
		return func(worker int) ask { return openStubs(target, worker) }, func() {}, nil
	}
	clerks, err := dialClerks(target)
	if err != nil {
		return nil, nil, err
	}
	return clerks.open, clerks.close, nil
}

// openRing opens all servers of a target, which are a ring: each call goes to the one that its key belongs to.
func openRing(target Target) (open opener, closeAll func(), err error) {
	var openers []opener
	var closers []func()
	closeAll = func() {
		for _, close := range closers {
			close()
		}
	}
	for _, server := range target.Servers {
		one := target
		one.Servers = []Server{server}
		open, close, err := openServer(one)
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		openers, closers = append(openers, open), append(closers, close)
	}
	return func(worker int) ask {
		var asks []ask
		for _, open := range openers {
			asks = append(asks, open(worker))
		}
		return func(ctx context.Context, q question) (reply, error) { return asks[target.Ring.Place(q.key)](ctx, q) }
	}, closeAll, nil
}
