package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"numstore.example/services/gossipkv/internal/node"
	"numstore.example/services/gossipkv/internal/peerpb"
)

// stream is either side of a link.
type stream interface {
	Send(*peerpb.GossipMessage) error
	Recv() (*peerpb.GossipMessage, error)
}

// meet begins a stream, as who calls a target, or who was called if that is nil: see Peer.Gossip. It returns a session when the stream is the
// link: the table has it then, and it must be run. An error that the other does not know, it is told, unless the status of the stream does that.
func (p *Peers) meet(ctx context.Context, stream stream, t *target, asked bool) (*session, error) {
	s, err := p.agree(ctx, stream, t, asked)
	switch {
	case err == nil:
		return s, nil
	case err == errCut:
		transmit(stream, &peerpb.GossipMessage{Disconnect: true})
	case t != nil && concerns(err):
		transmit(stream, &peerpb.GossipMessage{Refused: err.Error()})
	default:
		return nil, err
	}
	for t != nil { // until it has come there
		if _, ended := stream.Recv(); ended != nil {
			break
		}
	}
	return nil, err
}

// concerns says whether an error is one of the other server.
func concerns(err error) bool {
	var refused *refusal
	return errors.As(err, &refused) && !refused.final || errors.As(err, new(*invalid))
}

// agree is meet without what the other is told when it comes to nothing.
func (p *Peers) agree(ctx context.Context, stream stream, t *target, asked bool) (*session, error) {
	own := p.greeting(asked)
	if t != nil {
		if err := own.send(stream); err != nil {
			return nil, err
		}
	}
	other, err := receiveGreeting(stream)
	if err != nil {
		return nil, err
	}
	if t == nil { // also to who is refused: it may learn why from what is known here
		if err := own.send(stream); err != nil {
			return nil, err
		}
	}
	if err := p.check(other, t); err != nil {
		return nil, err
	}
	if t != nil {
		p.reached(t, other.server())
		if p.linkedTo(other) {
			return nil, errNotNeeded
		}
	}
	s := newSession(ctx, stream, other, t)
	if p.self < other.server() {
		return s, p.decide(s)
	}
	return s, p.follow(s)
}

// decide is the end of a meeting at the server that has the last word.
func (p *Peers) decide(s *session) error {
	latest, err := receiveFit(s.stream)
	if err != nil {
		return err
	}
	if err := p.enter(s, func(stands *session) error {
		if stands != nil && stands.greeting.run == s.greeting.run && latest < stands.number {
			return errNotNeeded // the other does not know yet of the one that stands
		}
		p.table.number++
		s.number = p.table.number
		return nil
	}); err != nil {
		return err
	}
	if err := transmit(s.stream, &peerpb.GossipMessage{Fit: &peerpb.Fit{Link: s.number}}); err != nil {
		s.finish(err)
	}
	return nil
}

// follow is the end of a meeting at the other server.
func (p *Peers) follow(s *session) error {
	p.mu.Lock()
	latest := p.table.latestOf(s.greeting)
	p.mu.Unlock()
	if err := transmit(s.stream, &peerpb.GossipMessage{Fit: &peerpb.Fit{Link: latest}}); err != nil {
		return err
	}
	number, err := receiveFit(s.stream)
	if err != nil {
		return err
	}
	return p.enter(s, func(*session) error {
		s.number = number
		return nil
	})
}

// enter makes a session the link to its server, if that is still to be. Agree is told of the one that is it so far, or nil.
func (p *Peers) enter(s *session, agree func(stands *session) error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done || p.stopping() {
		return errStopping
	}
	if !p.table.permits(s.greeting, s.target != nil && s.target.told && s.target.asked) {
		return errCut
	}
	if err := agree(p.table.sessionOf(s.greeting.server())); err != nil {
		return err
	}
	s.before = p.table.enter(s)
	if s.before != nil {
		s.before.finish(errReplaced)
	}
	p.learn(s)
	p.table.answer()
	return nil
}

// check says why there shall be no link to a server that has greeted.
func (p *Peers) check(other greeting, t *target) error {
	p.mu.Lock()
	learnt := t != nil && t.learnt
	permitted := p.table.permits(other, t != nil && t.told && t.asked)
	p.mu.Unlock()
	switch {
	case other.run == p.run && t != nil:
		return &refusal{reason: errSelf(t.address).Error(), final: true}
	case other.run == p.run:
		return nil // who has called finds out, and knows by which address
	case other.server() == p.self:
		return &refusal{reason: fmt.Sprintf("two servers have the number %d; each needs one of its own (--id)", p.self)}
	case learnt && t.server != other.server():
		return &refusal{reason: fmt.Sprintf("there is server %d, not %d, which has said that it is there", other.server(), t.server), final: true}
	case !permitted:
		return errCut
	}
	if err := p.node.Welcome(other.Greeting); err != nil {
		why := strings.TrimPrefix(err.Error(), node.ErrRefused.Error()+": ")
		return &refusal{reason: fmt.Sprintf("server %d refuses server %d: %s", p.self, other.server(), why)}
	}
	return nil
}

// greeting is what this server tells of itself.
func (p *Peers) greeting(asked bool) greeting {
	p.mu.Lock()
	address := p.table.own
	p.mu.Unlock()
	return greeting{Greeting: p.node.Greeting(), address: address, asked: asked, run: p.run}
}

// linkedTo says whether there is a link to a server, which has not started anew since.
func (p *Peers) linkedTo(other greeting) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	session := p.table.sessionOf(other.server())
	return session != nil && session.greeting.run == other.run
}

// transmit sends a message. What is received says why a stream has ended on which this is not possible any more.
func transmit(stream stream, message *peerpb.GossipMessage) error {
	if err := stream.Send(message); err != nil && !errors.Is(err, io.EOF) {
		return errorOf(err)
	}
	return nil
}

// receive takes a message of a meeting.
func receive(stream stream) (*peerpb.GossipMessage, error) {
	message, err := stream.Recv()
	switch {
	case errors.Is(err, io.EOF):
		return nil, errors.New("the stream has ended before it was a link")
	case err != nil:
		return nil, errorOf(err)
	case message.GetDisconnect():
		return nil, errCutThere
	case message.GetRefused() != "":
		return nil, &refusal{reason: message.GetRefused()}
	}
	return message, nil
}

func receiveFit(stream stream) (link uint64, err error) {
	message, err := receive(stream)
	if err != nil {
		return 0, err
	}
	if message.GetFit() == nil {
		return 0, &invalid{errors.New("the message behind the greeting does not say that the other one is fit")}
	}
	return message.GetFit().GetLink(), nil
}
