package service

import (
	"context"
	"fmt"

	"numstore.example/contracts/raftkv"
)

// clerks make calls with the client of the contract, which bundles them, and sends them again when there is
// no answer.
type clerks []*clerk

// clerk has the calls of raftkv.Clerk in one.
type clerk struct {
	*raftkv.Clerk
	reads []raftkv.ReadOption // of each get
}

// dialClerks returns as many as there are connections.
func dialClerks(target Target) (all clerks, err error) {
	server := target.Servers[0]
	var reads []raftkv.ReadOption
	if target.Any {
		reads = append(reads, raftkv.ReadAny())
	}
	for range server.Conns {
		c, err := raftkv.Dial([]string{server.Addr}, target.Dialing...)
		if err != nil {
			all.close()
			return nil, err
		}
		all = append(all, &clerk{c, reads})
	}
	return all, nil
}

func (c clerks) close() {
	for _, clerk := range c {
		clerk.Close()
	}
}

func (c clerks) open(worker int) ask {
	return c[worker%len(c)].ask
}

func (c *clerk) ask(ctx context.Context, q question) (reply, error) {
	var options []raftkv.WriteOption
	if q.previous && q.call != appendTo { // which always returns it
		options = append(options, raftkv.ReturnPrevious())
	}
	switch q.call {
	case get:
		r, err := c.Get(ctx, q.key, c.reads...)
		return reply{r.Found, r.Value, r.Version}, err
	case compareAndSet:
		options = append(options, raftkv.ExpectVersion(q.expected))
		fallthrough
	case put:
		r, err := c.Put(ctx, q.key, q.value, options...)
		return reply{r.Existed, r.Previous, r.Version}, err
	case appendTo:
		r, err := c.Append(ctx, q.key, q.value, options...)
		return reply{r.Existed, r.Previous, r.Version}, err
	case remove:
		r, err := c.Delete(ctx, q.key, options...)
		return reply{r.Existed, r.Previous, 0}, err
	default:
		panic(fmt.Sprintf("raftkv has no call %d", q.call))
	}
}
