package kv

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// model is the state as one would write it without a thought for speed. It works on values, not on their
// encoded forms, copies everything before a command, and finds the idlest client by looking at all.
type model struct {
	keys     map[string]Record
	revision uint64
	now      Millis
	turns    uint64 // writes that were remembered
	clients  map[ClientID]remembered
	dropped  map[ClientID]bool
	previous int // bytes that the writes of this entry have returned
}

// The limits of the model, and of the states that are compared with it.
const (
	modelSessions = 4
	modelPrevious = 60
)

type remembered struct {
	sequence, turn uint64
	active         Millis
	reply          Reply
}

func newModel() *model {
	return &model{keys: make(map[string]Record), clients: make(map[ClientID]remembered), dropped: make(map[ClientID]bool)}
}

func (m *model) apply(time Millis, c Command) Reply {
	m.now = max(m.now, time)
	id := c.Request
	if m.previous >= modelPrevious {
		return Reply{Outcome: TooMuch}
	}
	if id.Sequence == 0 {
		return m.execute(c.Writes)
	}
	client, known := m.clients[id.Client]
	switch {
	case !known && (m.dropped[id.Client] || id.Sequence > 1):
		return Reply{Outcome: UnknownClient}
	case known && id.Sequence == client.sequence:
		m.previous += len(client.reply.AppendTo(nil))
		return client.reply
	case known && id.Sequence < client.sequence:
		return Reply{Outcome: SequenceTooLow, Actual: client.sequence}
	}
	reply := m.execute(c.Writes)
	if reply.Outcome == TooMuch {
		return reply
	}
	m.turns++
	m.clients[id.Client] = remembered{sequence: id.Sequence, active: m.now, turn: m.turns, reply: reply}
	if len(m.clients) > modelSessions {
		m.drop(slices.MinFunc(slices.Collect(maps.Keys(m.clients)), func(a, b ClientID) int {
			return cmp.Compare(m.clients[a].turn, m.clients[b].turn)
		}))
	}
	return reply
}

func (m *model) drop(id ClientID) {
	delete(m.clients, id)
	m.dropped[id] = true
}

func (m *model) execute(writes []Write) Reply {
	keys, revision, before := maps.Clone(m.keys), m.revision, m.previous
	reply := Reply{Results: make([]Result, len(writes))}
	for i, w := range writes {
		old, existed := m.keys[string(w.Key)]
		value := string(w.Value)
		refusal := Done
		var actual uint64
		if w.Kind == Append {
			value = string(old.Value) + value
			if uint64(len(value)) > w.MaxValue {
				refusal, actual = ValueTooLong, uint64(len(value))
			}
		}
		if w.Expect != AnyVersion && w.Expect != old.Version {
			refusal, actual = VersionMismatch, old.Version
		}
		result := Result{Existed: existed}
		if refusal == Done && (w.Previous || w.Kind == Append) && len(old.Value) > 0 {
			result.Previous = old.Value
			m.previous += len(old.Value)
		}
		if refusal == Done && i < len(writes)-1 {
			if m.previous-before >= modelPrevious {
				refusal = BatchTooMuch
			} else if m.previous >= modelPrevious {
				refusal = TooMuch
			}
		}
		if refusal != Done {
			m.keys, m.revision = keys, revision
			return Reply{Outcome: refusal, Refused: i, Actual: actual}
		}
		if w.Kind != Delete || existed {
			m.revision++
		}
		delete(m.keys, string(w.Key))
		if w.Kind != Delete {
			m.keys[string(w.Key)] = Record{m.revision, []byte(value)}
			result.Version = m.revision
		}
		reply.Results[i] = result
	}
	return reply
}

func (m *model) forget(time, idle Millis) {
	m.now = max(m.now, time)
	for id, client := range m.clients {
		if client.active+idle <= m.now {
			m.drop(id)
		}
	}
}

func (m *model) totals() Totals {
	totals := Totals{Revision: m.revision, Now: m.now, Turns: m.turns, Keys: uint64(len(m.keys))}
	for key, record := range m.keys {
		totals.Bytes += uint64(len(key) + len(record.Value))
	}
	return totals
}

// applier is what is compared with the model: a State, or one with a mechanism taken out.
type applier interface {
	BeginEntry()
	Apply(store Store, time Millis, command, b []byte) ([]byte, error)
}

// comparison is a random run of a state beside the model.
type comparison struct {
	keys, clients int
	seed          uint64
	load          func(Totals, []Session) *State
}

const comparisonSteps = 500

// TestModel compares replies, contents, sessions and totals after each of many random commands, and goes on
// with a state that was loaded from what is stored now and then. When it fails, rapid looks for a smaller
// case and prints how to repeat it.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := comparison{
			keys:    rapid.IntRange(1, 8).Draw(t, "keys"),
			clients: rapid.IntRange(1, 6).Draw(t, "clients"),
			seed:    rapid.Uint64().Draw(t, "seed"),
			load:    loadSmall,
		}
		state := loadSmall(Totals{}, nil)
		if err := c.run(state, state); err != nil {
			t.Fatal(err)
		}
	})
}

// loadSmall loads a state with the limits of the model.
func loadSmall(totals Totals, sessions []Session) *State {
	state := NewState(totals, sessions, modelSessions)
	state.maxPrevious = modelPrevious
	return state
}

// run applies random commands to both, and returns the first difference. State is what the subject keeps
// its numbers in.
func (c comparison) run(subject applier, state *State) error {
	random := rand.New(rand.NewPCG(c.seed, 0))
	store, plain := newMemory(), newModel()
	time := Millis(10_000)
	for i := range comparisonSteps {
		time += Millis(random.Uint64N(20)) - 5 // clocks of leaders go back at times
		restart := random.IntN(20) == 0
		if restart {
			*state = *c.load(state.Totals, store.stored())
		}
		if restart || random.IntN(3) > 0 {
			subject.BeginEntry()
			plain.previous = 0
		}
		if random.IntN(20) == 0 {
			idle := Millis(5 + random.Uint64N(50))
			if _, err := subject.Apply(store, time, AppendForget(nil, idle), nil); err != nil {
				return err
			}
			plain.forget(time, idle)
			continue
		}
		command := c.command(random, i, plain)
		start := []byte("before")
		encoded, err := subject.Apply(store, time, command.AppendTo(nil), start)
		if err != nil {
			return err
		}
		got, err := DecodeReply(bytes.TrimPrefix(encoded, start))
		if err != nil {
			return err
		}
		if want := plain.apply(time, command); !same(got, want) {
			return fmt.Errorf("step %d: %+v is answered with %+v; want %+v", i, command, got, want)
		}
		if err := compareAll(store, state, plain); err != nil {
			return fmt.Errorf("after step %d, %+v: %w", i, command, err)
		}
	}
	return nil
}

// command makes up a command. Request ids are the next ones mostly, and sometimes old, repeated or unknown. Clients
// come and go.
func (c comparison) command(random *rand.Rand, step int, m *model) (command Command) {
	if random.IntN(6) > 0 {
		client := ClientID{byte(57 * (step/20 + random.IntN(c.clients)))} // in no order
		command.Request = RequestID{client, m.clients[client].sequence + 1}
		switch last := m.clients[client].sequence; random.IntN(6) {
		case 0:
			command.Request.Sequence = max(1, last)
		case 1:
			command.Request.Sequence = 1 + random.Uint64N(last+3)
		}
	}
	for range 1 + random.IntN(4)*random.IntN(2) {
		w := Write{
			Kind: Kind(1 + random.IntN(3)), Key: fmt.Append(nil, "k", random.IntN(c.keys)),
			Expect: AnyVersion, Previous: random.IntN(2) == 0,
		}
		if w.Kind != Delete {
			w.Value = bytes.Repeat([]byte{byte('a' + random.IntN(26))}, random.IntN(10))
		}
		if w.Kind == Append {
			w.MaxValue = 25
		}
		switch random.IntN(6) {
		case 0:
			w.Expect = m.keys[string(w.Key)].Version
		case 1:
			w.Expect = random.Uint64N(m.revision + 1)
		}
		command.Writes = append(command.Writes, w)
	}
	return command
}

// same compares replies; no results and no bytes are the same as none.
func same(a, b Reply) bool {
	if a.Outcome != b.Outcome || a.Refused != b.Refused || a.Actual != b.Actual || len(a.Results) != len(b.Results) {
		return false
	}
	for i := range a.Results {
		x, y := a.Results[i], b.Results[i]
		if x.Version != y.Version || x.Existed != y.Existed || !bytes.Equal(x.Previous, y.Previous) {
			return false
		}
	}
	return true
}

func compareAll(store *memory, state *State, plain *model) error {
	if got, want := state.Totals, plain.totals(); got != want {
		return fmt.Errorf("totals are %+v; want %+v", got, want)
	}
	if got, want := state.Sessions(), len(plain.clients); got != want {
		return fmt.Errorf("%d clients are remembered; want %d", got, want)
	}
	if !reflect.DeepEqual(store.dropped, plain.dropped) {
		return fmt.Errorf("dropped are %v; want %v", store.dropped, plain.dropped)
	}
	if len(store.keys) != len(plain.keys) {
		return fmt.Errorf("there are %d keys; want %d", len(store.keys), len(plain.keys))
	}
	for key, want := range plain.keys {
		if got := store.keys[key]; got.Version != want.Version || !bytes.Equal(got.Value, want.Value) {
			return fmt.Errorf("%s is %+v; want %+v", key, got, want)
		}
	}
	return nil
}

// TestModel_controls: the comparison notices states with a mechanism taken out.
func TestModel_controls(t *testing.T) {
	c := comparison{keys: 4, clients: 6, seed: 1, load: loadSmall}
	for name, control := range map[string]func(*State) applier{
		"no request ids":             func(s *State) applier { return anonymous{s} },
		"batches one by one":         func(s *State) applier { return piecemeal{s} },
		"time runs backwards":        func(s *State) applier { return backwards{s} },
		"dropped clients forgotten":  func(s *State) applier { return amnesiac{s} },
		"expectations not looked at": func(s *State) applier { return careless{s} },
		"versions of each key alone": func(s *State) applier { return countsPerKey{s} },
	} {
		state := loadSmall(Totals{}, nil)
		err := c.run(control(state), state)
		if err == nil {
			t.Errorf("%s: the comparison did not notice", name)
		}
		t.Logf("%s: %.150v", name, err)
	}
}

// TestModel_controlOrder: the comparison notices a restart that forgets the order of the sessions.
func TestModel_controlOrder(t *testing.T) {
	c := comparison{keys: 4, clients: 6, seed: 1, load: func(totals Totals, sessions []Session) *State {
		for i := range sessions {
			sessions[i].Turn = 0
		}
		return loadSmall(totals, sessions)
	}}
	state := loadSmall(Totals{}, nil)
	if err := c.run(state, state); err == nil {
		t.Error("the comparison did not notice")
	}
}

// decoded returns the command that was encoded, and whether it is one of writes.
func decoded(command []byte) (c Command, ok bool) {
	d := decoder{rest: command}
	if d.byte() != commandWrites {
		return c, false
	}
	c.decode(&d)
	return c, d.end() == nil
}

type anonymous struct{ *State }

func (s anonymous) Apply(store Store, time Millis, command, b []byte) ([]byte, error) {
	if c, ok := decoded(command); ok {
		c.Request = RequestID{}
		command = c.AppendTo(nil)
	}
	return s.State.Apply(store, time, command, b)
}

type piecemeal struct{ *State }

func (s piecemeal) Apply(store Store, time Millis, command, b []byte) ([]byte, error) {
	c, ok := decoded(command)
	if !ok || len(c.Writes) == 1 || c.Request.Sequence > 0 {
		return s.State.Apply(store, time, command, b)
	}
	var all Reply
	for i := range c.Writes {
		one := Command{Writes: c.Writes[i : i+1]}
		encoded, err := s.State.Apply(store, time, one.AppendTo(nil), nil)
		if err != nil {
			return nil, err
		}
		reply, err := DecodeReply(encoded)
		if err != nil {
			return nil, err
		}
		if reply.Outcome != Done {
			reply.Refused = i
			return reply.AppendTo(b), nil
		}
		all.Results = append(all.Results, reply.Results...)
	}
	return all.AppendTo(b), nil
}

type backwards struct{ *State }

func (s backwards) Apply(store Store, time Millis, command, b []byte) ([]byte, error) {
	s.Now = 0
	return s.State.Apply(store, time, command, b)
}

type amnesiac struct{ *State }

func (s amnesiac) Apply(store Store, time Millis, command, b []byte) ([]byte, error) {
	clear(store.(*memory).dropped)
	return s.State.Apply(store, time, command, b)
}

type careless struct{ *State }

func (s careless) Apply(store Store, time Millis, command, b []byte) ([]byte, error) {
	if c, ok := decoded(command); ok {
		for i := range c.Writes {
			c.Writes[i].Expect = AnyVersion
		}
		command = c.AppendTo(nil)
	}
	return s.State.Apply(store, time, command, b)
}

type countsPerKey struct{ *State }

func (s countsPerKey) Apply(store Store, time Millis, command, b []byte) ([]byte, error) {
	if c, ok := decoded(command); ok && len(c.Writes) == 1 {
		s.Revision = store.(*memory).keys[string(c.Writes[0].Key)].Version
	}
	return s.State.Apply(store, time, command, b)
}
