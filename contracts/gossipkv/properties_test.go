package gossipkv

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"pgregory.net/rapid"
)

// The steps of a history.
const (
	stepPut     = "put"
	stepDelete  = "delete"
	stepGet     = "get"
	stepDump    = "dump"
	stepMove    = "move" // the session goes to the server
	stepCut     = "cut"  // between two servers
	stepHeal    = "heal"
	stepStop    = "stop" // the server
	stepStart   = "start"
	stepRestore = "restore" // the session from its text
	stepHand    = "hand"    // what the session has seen to another one
)

// step is one of a history. Sessions, servers and keys are numbered from 0; other is a server or a session.
type step struct {
	kind                        string
	session, server, key, other int
}

// anyHistory is steps of three sessions at three servers with two keys.
var anyHistory = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
	kinds := []string{stepPut, stepPut, stepDelete, stepGet, stepGet, stepGet, stepDump, stepMove, stepMove, stepMove,
		stepCut, stepCut, stepHeal, stepStop, stepStart, stepRestore, stepHand}
	small := rapid.IntRange(0, 2)
	return step{rapid.SampledFrom(kinds).Draw(t, "kind"), small.Draw(t, "session"), small.Draw(t, "server"), rapid.IntRange(0, 1).Draw(t, "key"), small.Draw(t, "other")}
}), 20, 80)

// written is what a write was.
type written struct {
	key, value string
	deleted    bool
}

// witness watches sessions at work, and knows of each of them what it has been told, from results alone.
type witness struct {
	*fleet
	sessions [3]*Session
	met      [3]map[string]Version // by key
	latest   [3]uint64             // the greatest time of all that was met
	writes   map[Version]written   // all that were answered
	writers  map[Version]int       // by which session
	// tamper, if there is one, spoils what a session has seen before each of its steps: what is taken out is to be missed.
	tamper func(session int, seen *Seen)
}

func newWitness(t testing.TB) *witness {
	w := &witness{fleet: newFleet(t), writes: make(map[Version]written), writers: make(map[Version]int)}
	for i := range w.sessions {
		w.sessions[i] = w.client.Session(nil)
		w.met[i] = make(map[string]Version)
	}
	return w
}

// play does a history, and returns what is wrong with what the sessions were told.
func play(t testing.TB, history []step, spoil func(*witness)) error {
	w := newWitness(t)
	defer w.Stop()
	defer w.client.Close()
	if spoil != nil {
		spoil(w)
	}
	for i, step := range history {
		if err := w.do(t.Context(), i, step); err != nil {
			return fmt.Errorf("step %d, %+v: %w", i, step, err)
		}
	}
	return w.end(t.Context())
}

func (w *witness) do(ctx context.Context, number int, step step) error {
	s := w.sessions[step.session]
	if w.tamper != nil {
		w.tamper(step.session, s.seen)
	}
	key, a, b := fmt.Sprint("key", step.key), uint32(step.server+1), uint32(step.other+1)
	switch step.kind {
	case stepPut:
		value := fmt.Sprint("value", number)
		version, err := s.Put(ctx, []byte(key), []byte(value))
		return w.wrote(step.session, version, written{key: key, value: value}, err)
	case stepDelete:
		version, err := s.Delete(ctx, []byte(key))
		return w.wrote(step.session, version, written{key: key, deleted: true}, err)
	case stepGet:
		return w.get(ctx, step.session, key)
	case stepDump:
		return w.dump(ctx, step.session)
	case stepMove:
		return s.Use(w.servers[step.server].Address())
	case stepCut:
		if a != b {
			w.Cut(a, b)
		}
	case stepHeal:
		w.Heal(a, b)
	case stepStop:
		w.servers[step.server].Stop()
	case stepStart:
		w.servers[step.server].Stop()
		w.servers[step.server].Start()
	case stepRestore:
		return s.Seen().UnmarshalText([]byte(s.Seen().String()))
	case stepHand:
		w.sessions[step.other].Seen().Merge(s.Seen())
		for key, version := range w.met[step.session] {
			w.meet(step.other, key, version)
		}
		w.latest[step.other] = max(w.latest[step.other], w.latest[step.session])
	}
	return nil
}

// away says whether an error is that of a server that was stopped.
func away(err error) bool { return status.Code(err) == codes.Unavailable }

// meet notes what a session was told.
func (w *witness) meet(session int, key string, version Version) {
	if version.Compare(w.met[session][key]) > 0 {
		w.met[session][key] = version
	}
	w.latest[session] = max(w.latest[session], version.Time)
}

// wrote checks that a write is greater than all that its session has been told.
func (w *witness) wrote(session int, version Version, what written, err error) error {
	if err != nil {
		if away(err) {
			return nil
		}
		return err
	}
	if _, twice := w.writes[version]; twice || version.Time <= w.latest[session] {
		return fmt.Errorf("a write has the version %v; its session had been told of the time %d", version, w.latest[session])
	}
	w.writes[version], w.writers[version] = what, session
	w.meet(session, what.key, version)
	return nil
}

// get checks that a key is shown as it was when the session was told of it, or later.
func (w *witness) get(ctx context.Context, session int, key string) error {
	value, err := w.sessions[session].Get(ctx, []byte(key))
	switch {
	case away(err), errors.Is(err, ErrDependencyNotMet):
		return nil
	case errors.Is(err, ErrNoValue):
		return w.gone(session, key)
	case err != nil:
		return err
	}
	return w.shown(session, Pair{Key: []byte(key), Value: value.Value, Version: value.Version})
}

// shown checks a pair that was shown to a session.
func (w *witness) shown(session int, pair Pair) error {
	key := string(pair.Key)
	if want := (written{key: key, value: string(pair.Value)}); w.writes[pair.Version] != want {
		return fmt.Errorf("%v is shown; what was written with that version is %v", pair, w.writes[pair.Version])
	}
	if met := w.met[session][key]; pair.Version.Compare(met) < 0 {
		return fmt.Errorf("the session reads backwards: %s of version %v after %v", key, pair.Version, met)
	}
	w.meet(session, key, pair.Version)
	return nil
}

// gone checks that a key may be missing.
func (w *witness) gone(session int, key string) error {
	met := w.met[session][key]
	if met.IsZero() {
		return nil
	}
	for version, what := range w.writes {
		if what.key == key && what.deleted && version.Compare(met) >= 0 {
			return nil
		}
	}
	return fmt.Errorf("the session reads backwards: %s has no value after version %v, and nobody has deleted it since", key, met)
}

func (w *witness) dump(ctx context.Context, session int) error {
	missing := map[string]bool{"key0": true, "key1": true}
	for pair, err := range w.sessions[session].Dump(ctx, Range{}) {
		delete(missing, string(pair.Key))
		switch {
		case away(err):
			return nil
		case errors.Is(err, ErrDependencyNotMet):
			continue
		case err != nil:
			return err
		}
		if err := w.shown(session, pair); err != nil {
			return fmt.Errorf("a dump: %w", err)
		}
	}
	for key := range missing {
		if err := w.gone(session, key); err != nil {
			return fmt.Errorf("a dump: %w", err)
		}
	}
	return nil
}

// end heals everything, and checks that each server shows each session the greatest write of each key.
func (w *witness) end(ctx context.Context) error {
	for i, server := range w.servers {
		server.Stop()
		server.Start()
		w.Heal(uint32(i+1), uint32((i+1)%3+1))
	}
	for _, key := range []string{"key0", "key1"} {
		var last Version
		for version, what := range w.writes {
			if what.key == key && version.Compare(last) > 0 {
				last = version
			}
		}
		for _, server := range w.servers {
			for _, s := range w.sessions {
				if err := s.Use(server.Address()); err != nil {
					return err
				}
				value, err := s.Get(ctx, []byte(key))
				for away(err) { // the connection does not know yet that the server was started anew
					value, err = s.Get(ctx, []byte(key))
				}
				want := w.writes[last]
				none := last.IsZero() || want.deleted
				if none != errors.Is(err, ErrNoValue) || string(value.Value) != want.value {
					return fmt.Errorf("at last %s shows %s as %q, %v; the last write was %v, %v", server.Address(), key, value.Value, err, want, last)
				}
			}
		}
	}
	return nil
}

// TestSession_properties: whatever happens, no session reads backwards or misses its own writes, and its writes win.
func TestSession_properties(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		if err := play(t, anyHistory.Draw(r, "history"), nil); err != nil {
			r.Fatal(err)
		}
	})
}

// TestSession_controls: without each of the things that a session does, and a server, some history goes wrong as it has to.
func TestSession_controls(t *testing.T) {
	const backwards, beaten = "the session reads backwards", "a write has the version"
	for _, test := range []struct {
		name, want string
		spoil      func(*witness)
	}{
		{"a server that looks at no version", backwards, func(w *witness) { w.IgnoreSeen = true }},
		{"a server that looks at no time", beaten, func(w *witness) { w.IgnoreTime = true }},
		{"a session that drops its time", beaten, func(w *witness) {
			w.tamper = func(_ int, seen *Seen) { seen.time = 0 }
		}},
		{"a session that drops what it wrote", backwards, func(w *witness) {
			w.tamper = w.dropping(func(writer, session int) bool { return writer == session })
		}},
		{"a session that drops what it read", backwards, func(w *witness) {
			w.tamper = w.dropping(func(writer, session int) bool { return writer != session })
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for seed := range 500 {
				if err := play(t, anyHistory.Example(seed), test.spoil); err != nil && strings.Contains(err.Error(), test.want) {
					return
				}
			}
			t.Errorf("no history says that %s", test.want)
		})
	}
}

// dropping returns what has sessions forget keys by who has written the last that they have seen of them.
func (w *witness) dropping(drop func(writer, session int) bool) func(int, *Seen) {
	return func(session int, seen *Seen) {
		for _, key := range []string{"key0", "key1"} {
			if drop(w.writers[seen.Version([]byte(key))], session) {
				seen.Forget([]byte(key))
			}
		}
	}
}
