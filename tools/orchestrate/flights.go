package main

import (
	"context"

	"numstore.example/contracts/gossipkv"
	"numstore.example/tools/orchestrate/internal/script"
)

// flights are puts under way, in the order of their lines.
//
// Puts may be under way together if they are at different servers, and of different keys. Nobody can tell that from puts one
// after the other: servers hear of each other's writes when they do, and nothing is promised of when that is. Where something is
// promised, or what people expect of a script, one waits for the other: a server gives greater versions to later puts; a client's put knows what that client has
// seen (and it has one server until another command, which waits for all puts); and the last put of a key is, among servers that are linked, the one that wins nearly always.
type flights struct {
	under []*flight
	bytes int // of all their keys and values
}

// maxFlying is how many bytes may be under way at a time, unless it is one put alone.
const maxFlying = 32 << 20

// flight is a put under way.
type flight struct {
	line   int
	server *server
	key    string
	bytes  int

	landed  chan struct{} // closed when what follows is there
	version gossipkv.Version
	err     error
}

// hinders says whether another put has to wait for this one.
func (f *flight) hinders(g *flight) bool {
	return f.server == g.server || f.key == g.key
}

// put begins a put, once those are over for which it has to wait.
func (p *play) put(ctx context.Context, c script.Command) error {
	client, server, err := p.system.route(c.IDs[0])
	if err != nil {
		return err
	}
	f := &flight{line: p.line, server: server, key: string(c.Key), bytes: len(c.Key) + len(c.Text), landed: make(chan struct{})}
	for _, other := range p.flights.under {
		if other.hinders(f) {
			<-other.landed
		}
	}
	for p.land(); len(p.flights.under) > 0 && p.flights.bytes+f.bytes > maxFlying; p.land() {
		<-p.flights.under[0].landed
	}
	if err := client.use(server); err != nil {
		return err
	}
	p.flights.under = append(p.flights.under, f)
	p.flights.bytes += f.bytes
	go func() {
		defer close(f.landed)
		f.version, f.err = client.put(ctx, c.Key, c.Text)
	}()
	if p.strict { // or others would be done behind one that fails
		p.settle()
	}
	return nil
}

// settle waits until no put is under way.
func (p *play) settle() {
	for _, f := range p.flights.under {
		<-f.landed
	}
	p.land()
}

// land takes up the puts that are over, up to the first that is not: so complaints are in the order of lines.
func (p *play) land() {
	for len(p.flights.under) > 0 && p.flights.under[0].over() {
		p.landed(p.flights.under[0])
		p.flights.under = p.flights.under[1:]
	}
}

// over says whether the put is over.
func (f *flight) over() bool {
	select {
	case <-f.landed:
		return true
	default:
		return false
	}
}

// landed takes up what has become of a put.
func (p *play) landed(f *flight) {
	p.flights.bytes -= f.bytes
	if f.err != nil {
		p.complain(f.line, saidBy(f.server, f.err))
		return
	}
	p.done.puts.Add(1)
	f.server.took(f.version)
}
