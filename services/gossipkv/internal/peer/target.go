package peer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/reason"
	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
	"numstore.example/services/gossipkv/internal/peerpb"
	"numstore.example/services/internal/links"
)

const (
	// learntPause is how long one waits for a server that has called itself to do so again, before it is called where it said that it is.
	learntPause = time.Second
	// maxMessage is the longest message that is taken from a server that was called: longer than any that is sent.
	maxMessage = 16 << 20
	// quietFailures is after how many tries in vain it is logged that a server cannot be reached: one that starts a moment later is no news.
	quietFailures = 8
)

// target is an address that is called until there is a link to the server behind it, and again when that breaks. The lock of Peers
// guards it.
type target struct {
	address string
	server  merge.ServerID // behind it, 0 as long as it was never reached
	listed  bool           // it is one of Config.Peers
	learnt  bool           // the server has said that it is there, nobody else
	asked   bool           // an operator has said so, in Config.Peers or by Connect, and there was no link since
	told    bool           // ... by Connect
	reason  string         // why there is no link; empty if nothing has failed since the last one
	waiting []chan<- answer
	again   chan struct{} // has one token if it is to be called at once
	ctx     context.Context
	drop    context.CancelCauseFunc // ends its calls
}

// answer is what Connect answers.
type answer struct {
	server merge.ServerID
	err    error
}

// ask has the target called as an operator has said, and returns where the answer comes.
func (t *target) ask() <-chan answer {
	answered := make(chan answer, 1)
	t.waiting = append(t.waiting, answered)
	t.asked, t.told, t.learnt = true, true, false
	select {
	case t.again <- struct{}{}:
	default:
	}
	return answered
}

func (t *target) answer(err error) {
	for _, waiting := range t.waiting {
		waiting <- answer{t.server, err}
	}
	t.waiting = nil
}

// keep begins to call a target. The lock is held.
func (p *Peers) keep(t *target) {
	if p.done {
		return
	}
	t.again = make(chan struct{}, 1)
	t.ctx, t.drop = context.WithCancelCause(p.ctx)
	p.table.targets[t.address] = t
	p.running.Go(func() {
		p.callAlways(t)
		p.mu.Lock()
		defer p.mu.Unlock()
		t.answer(fmt.Errorf("%w: %w", node.ErrRefused, context.Cause(t.ctx)))
	})
}

// callAlways calls a target until it is dropped.
func (p *Peers) callAlways(t *target) {
	var pauses links.Pauses
	for p.awaitDown(t) {
		began := time.Now()
		asked, err := p.call(t)
		if !p.failed(t, asked, err, &pauses) {
			return
		}
		if wasUp := errors.As(err, new(*broken)); wasUp && time.Since(began) > links.MostPause { // a link that breaks at once is no success
			pauses.Reset()
		}
		t.pause(pauses.Next())
	}
}

// awaitDown waits until there is no link to the server behind a target, and returns false when that was dropped.
func (p *Peers) awaitDown(t *target) bool {
	for waited := false; ; {
		p.mu.Lock()
		p.table.answer()
		up, learnt, changed := p.table.sessionOf(t.server) != nil, t.learnt, p.table.changed
		p.mu.Unlock()
		switch {
		case t.ctx.Err() != nil || p.stopping():
			return false
		case up:
			waited = false
			select {
			case <-changed:
			case <-t.again:
			case <-t.ctx.Done():
			}
		case learnt && !waited:
			waited = true
			t.pause(learntPause)
		default:
			return true
		}
	}
}

// pause waits, until the target is to be called at once or is dropped.
func (t *target) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.again:
	case <-t.ctx.Done():
	}
}

// call calls a target, and returns when that has failed, or the link is over that came of it. Asked is what the greeting said.
func (p *Peers) call(t *target) (asked bool, err error) {
	p.mu.Lock()
	asked = t.asked
	p.mu.Unlock()
	conn, err := links.Connect(t.address, p.config.Credentials, p.config.Dial)
	if err != nil {
		return asked, err
	}
	defer conn.Close()
	ctx, cancel := context.WithCancelCause(p.ctx)
	defer cancel(nil)
	session, err := p.open(ctx, cancel, conn, t, asked)
	if err != nil {
		return asked, err
	}
	return asked, session.run(p, cancel)
}

// open opens a stream, and returns it when it is the link.
func (p *Peers) open(ctx context.Context, cancel context.CancelCauseFunc, conn *grpc.ClientConn, t *target, asked bool) (*session, error) {
	dropped := context.AfterFunc(t.ctx, func() { cancel(context.Cause(t.ctx)) })
	defer dropped()
	defer links.Limit(links.ConnectTimeout, cancel)()
	stream, err := peerpb.NewPeerClient(conn).Gossip(links.WithToken(ctx, p.config.Token), grpc.MaxCallRecvMsgSize(maxMessage))
	if err != nil {
		return nil, err
	}
	session, err := p.meet(ctx, stream, t, asked)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return session, err
}

// failed is told how a call of a target has ended. It says whether that is called again.
func (p *Peers) failed(t *target, asked bool, err error, pauses *links.Pauses) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	var refused *refusal
	switch {
	case t.ctx.Err() != nil:
		return false
	case errors.Is(err, errNotNeeded), t.asked && !asked: // the answer is still to come
		return true
	case errors.As(err, new(*broken)): // it was up
		t.reason = err.Error()
		return true
	case errors.Is(err, errCut):
		if session, _ := p.table.cut(t.server, t.address); session != nil {
			session.finish(err)
		}
		return false
	case errors.As(err, &refused):
		t.reason = refused.reason
		t.answer(fmt.Errorf("%w: %w", node.ErrRefused, err))
		if refused.final || t.told && !t.listed && t.asked {
			p.log.Info("an address is not called any more", "address", t.address, "reason", refused.reason)
			p.table.remove(t, err)
			return false
		}
		p.notices.Once(p.log, t.address, "no link to a server, as one refuses the other", "address", t.address, "server", uint32(t.server), "reason", refused.reason)
	default:
		t.reason = reason.Of(err)
		t.answer(fmt.Errorf("%w at %s: %s", node.ErrUnreachable, t.address, t.reason))
		if pauses.Tries() >= quietFailures {
			p.notices.Once(p.log, t.address, "a server cannot be reached", "address", t.address, "server", uint32(t.server), "error", t.reason)
		}
	}
	return true
}

// reached is told who is behind a target, whose greeting was found fit.
func (p *Peers) reached(t *target, server merge.ServerID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := t.server
	if t.server = server; before == 0 || before == server {
		return
	}
	p.log.Warn("there is another server at an address", "address", t.address, "before", uint32(before), "now", uint32(server))
	if l := p.table.links[before]; l != nil && l.session == nil && l.address == t.address {
		delete(p.table.links, before)
	}
}

// learn sees that the server of a session is called where it says that it is, if it has called itself. The lock is held.
func (p *Peers) learn(s *session) {
	address := s.greeting.address
	if s.target != nil || address == "" || len(address) > maxAddress {
		return
	}
	for _, t := range p.table.targets {
		switch {
		case t.address == address:
			return // whoever is there, it is called
		case t.server == s.greeting.server() && t.learnt: // it was there
			p.table.remove(t, errReplaced)
		case t.server == s.greeting.server():
			return // it is known where it is
		}
	}
	p.keep(&target{address: address, server: s.greeting.server(), learnt: true})
}

// maxAddress is how long an address may be that a server tells, in bytes: that of a name, and a port.
const maxAddress = 300

// errorOf is what a call of a server has ended with, as that has meant it.
func errorOf(err error) error {
	s := status.Convert(err)
	switch s.Code() {
	case codes.Aborted:
		return errNotNeeded
	case codes.FailedPrecondition, codes.InvalidArgument, codes.Unauthenticated, codes.PermissionDenied, codes.Unimplemented:
		return &refusal{reason: s.Message()}
	}
	return err
}
