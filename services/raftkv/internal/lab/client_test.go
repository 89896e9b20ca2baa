package lab_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/anishathalye/porcupine"

	"numstore.example/contracts/raftkv"
)

// recorder has the history of all clients.
type recorder struct {
	clock atomic.Int64 // of the history

	mu      sync.Mutex
	history []porcupine.Operation
}

// client is one user: it makes one call after the other.
type client struct {
	*recorder
	clerk  *raftkv.Clerk
	number int
	random *rand.Rand
	calls  int
}

// run makes so many calls, each as choose says, and returns the first error.
func (c *client) run(ctx context.Context, calls int, choose func(*client) call) error {
	for range calls {
		if err := c.make(ctx, choose(c)); err != nil {
			return err
		}
	}
	return nil
}

// make makes a call, and notes it when there is an answer.
func (c *client) make(ctx context.Context, made call) error {
	c.calls++
	begin := c.clock.Add(1)
	got, err := c.ask(ctx, made)
	if err != nil {
		return fmt.Errorf("client %d, call %d, %+v: %w", c.number, c.calls, made, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.history = append(c.history, porcupine.Operation{
		ClientId: c.number, Input: made, Output: got, Call: begin, Return: c.clock.Add(1),
	})
	return nil
}

func (c *client) ask(ctx context.Context, made call) (answer, error) {
	key, value := []byte(made.key), []byte(made.value)
	switch made.kind {
	case kindPut:
		r, err := c.clerk.Put(ctx, key, value, raftkv.ReturnPrevious())
		return answer{r.Existed, string(r.Previous), r.Version}, err
	case kindAppend:
		r, err := c.clerk.Append(ctx, key, value)
		return answer{r.Existed, string(r.Previous), r.Version}, err
	case kindDelete:
		r, err := c.clerk.Delete(ctx, key, raftkv.ReturnPrevious())
		return answer{exists: r.Existed, value: string(r.Previous)}, err
	default:
		r, err := c.clerk.Get(ctx, key)
		return answer{r.Found, string(r.Value), r.Version}, err
	}
}

// token is what no other call writes.
func (c *client) token() string { return fmt.Sprintf("%d.%d;", c.number, c.calls) }

// ownKeys chooses calls on keys that no other client has.
func ownKeys(c *client) call {
	return c.any(fmt.Sprintf("%d/%d", c.number, c.random.IntN(3)))
}

// oneKey chooses appends to one key, and now and then looks at it.
func oneKey(c *client) call {
	if c.random.IntN(5) == 0 {
		return call{kind: kindGet, key: "log"}
	}
	return call{kindAppend, "log", c.token()}
}

// contended chooses calls on a few keys that all clients have.
func contended(c *client) call { return c.any(fmt.Sprint(c.random.IntN(5))) }

// any chooses what to do with a key.
func (c *client) any(key string) call {
	switch n := c.random.IntN(10); {
	case n < 4:
		return call{kind: kindGet, key: key}
	case n < 6:
		return call{kindPut, key, c.token()}
	case n < 9:
		return call{kindAppend, key, c.token()}
	default:
		return call{kind: kindDelete, key: key}
	}
}
