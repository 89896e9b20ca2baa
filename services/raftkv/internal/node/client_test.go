package node_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/anishathalye/porcupine"

	"numstore.example/services/raftkv/internal/kv"
)

// client is one user: it does one thing after the other, and repeats a write, under its request id, from
// incarnation to incarnation until it has an answer.
type client struct {
	world    *world
	number   int
	random   *rand.Rand
	ids      []kv.RequestID // of the last write to each shard: a client's id is of one shard alone
	writes   int
	versions map[string]uint64 // that the client has seen last
	history  []porcupine.Operation
}

func newClient(w *world, number int) *client {
	c := &client{world: w, number: number, versions: make(map[string]uint64)}
	c.random = rand.New(rand.NewPCG(w.seed, uint64(number)))
	for shard := range w.shards {
		var id kv.RequestID
		binary.LittleEndian.PutUint32(id.Client[:], uint32(number))
		binary.LittleEndian.PutUint32(id.Client[4:], uint32(shard))
		c.ids = append(c.ids, id)
	}
	return c
}

// run makes calls until the world is over.
func (c *client) run() {
	for !c.world.over.Load() {
		call := c.choose()
		if call.kind == get {
			c.get(call)
		} else {
			c.write(call)
		}
	}
}

// choose makes up a call. Keys under log are only appended to; those under pair only written by batches.
func (c *client) choose() call {
	made := call{key: fmt.Sprintf("key/%d", c.random.IntN(3)), expect: kv.AnyVersion}
	switch n := c.random.IntN(100); {
	case n < 20:
		made.kind = get
		if c.random.IntN(2) == 0 {
			made.key = fmt.Sprintf("pair/%d", c.random.IntN(2))
		}
		return made
	case n < 45:
		made.kind, made.key = kv.Append, fmt.Sprintf("log/%d", c.random.IntN(2))
	case n < 65:
		made.kind, made.key = kv.Put, fmt.Sprintf("pair/%d", c.random.IntN(2))
	case n < 80:
		made.kind = kv.Put
	case n < 90:
		made.kind = kv.Append
	default:
		made.kind = kv.Delete
	}
	if c.random.IntN(4) == 0 && !c.world.variant.early {
		made.expect = c.versions[made.key]
	}
	if made.kind != kv.Delete {
		made.value = fmt.Sprintf("%d.%d;", c.number, c.writes+1)
		if made.kind == kv.Put && c.world.large > 0 {
			made.value += strings.Repeat("x", c.random.IntN(c.world.large))
		}
	}
	return made
}

// write sends a write until there is an answer.
func (c *client) write(made call) {
	shard := c.world.shardOf(made.key)
	c.writes++
	c.ids[shard].Sequence++
	command := made.command(c.world.variant.request(c.ids[shard]))
	begin := c.world.clock.Add(1)
	for in := range c.world.incarnations() {
		if c.world.variant.early {
			c.note(made, answer{vague: true}, begin)
			in.write(shard, command) // the next one waits for it all the same: clients would outrun the server
			return
		}
		reply, ok := in.write(shard, command)
		if !ok {
			continue
		}
		if got, err := made.answer(reply); err != nil {
			in.fail(err)
		} else {
			c.note(made, got, begin)
		}
		return
	}
}

// get reads a key, or a pair of keys, until there is an answer.
func (c *client) get(made call) {
	for in := range c.world.incarnations() {
		begin := c.world.clock.Add(1)
		var got answer
		if in.read(c.world.shardOf(made.key), func(state store) (err error) { got, err = made.look(state); return err }) {
			c.note(made, got, begin)
			return
		}
	}
}

func (c *client) note(made call, got answer, begin int64) {
	c.versions[made.key] = got.version
	c.history = append(c.history, porcupine.Operation{
		ClientId: c.number, Input: made, Output: got, Call: begin, Return: c.world.clock.Add(1),
	})
}
