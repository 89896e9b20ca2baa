package node_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
)

// heal starts all servers, and links them: all with all, or in some other shape in which each reaches each.
func (w *world) heal() {
	w.network.SetFaults(node.Faults{MaxDelay: time.Millisecond})
	for _, s := range w.all(up) {
		s.life.mu.Lock()
		s.life.until = 0
		s.life.mu.Unlock()
	}
	w.bury()
	for _, s := range w.all(down) {
		l, err := born(s.id, s.disk, rand.New(rand.NewPCG(w.random.Uint64(), 4)), 0, w.control, s.moved)
		if err != nil {
			w.fail("server %d cannot be opened: %w", s.id, err)
			s.gone = true
			continue
		}
		w.mu.Lock()
		s.life = l
		w.mu.Unlock()
		w.network.Attach(s.id, l.node)
	}
	alive := w.all(up)
	w.random.Shuffle(len(alive), func(i, j int) { alive[i], alive[j] = alive[j], alive[i] })
	w.mu.Lock()
	defer w.mu.Unlock()
	chain := w.random.IntN(2) == 0
	for i, s := range alive {
		for j, other := range alive {
			linked := i != j && (!chain || i-j == 1 || j-i == 1)
			s.linked[other.id] = linked
			if !linked {
				w.network.Cut(s.id, other.id)
			}
		}
	}
}

// settle waits until all servers are equal, and checks what they have.
func (w *world) settle() error {
	var differ error
	for began := time.Now(); time.Since(began) < 5*time.Minute; time.Sleep(100 * time.Millisecond) { // by the clock of the test
		for _, s := range w.all(func(s *server) bool { return s.gone }) {
			w.forget(s) // who was told before may not have known it, or be gone himself
		}
		if differ = w.equal(); differ == nil {
			if err := w.check(); err != nil {
				return fmt.Errorf("%w%s", err, w.standing())
			}
			return nil
		}
	}
	return fmt.Errorf("after five minutes, %w%s", differ, w.standing())
}

// standing tells how the servers stand.
func (w *world) standing() string {
	var all strings.Builder
	for _, s := range w.all(up) {
		status, err := s.life.node.Status()
		fmt.Fprintf(&all, "\nserver %d: %v, %v, refused: %v, %+v, knows %v, floor %v, owes %v; links", s.id, err, status.Self, status.Refused, status.Counts, status.Known, s.life.node.State().Floor, s.life.node.State().Owed)
		for _, link := range status.Links {
			fmt.Fprintf(&all, " %d", link.Server)
		}
		for origin, standing := range status.Roster {
			fmt.Fprintf(&all, "\n\t%v: %+v", origin, standing)
		}
	}
	return all.String()
}

// equal says in what servers differ, or what they still have to tidy.
func (w *world) equal() error {
	var first *node.Node
	for _, s := range w.all(up) {
		n := s.life.node
		status, err := n.Status()
		if err != nil {
			return err
		}
		switch {
		case status.Refused != nil:
			return fmt.Errorf("server %d: %w", s.id, status.Refused)
		case status.Counts.Tombstones > 0:
			return fmt.Errorf("server %d has %d tombstones: %+v", s.id, status.Counts.Tombstones, status.Roster)
		case first == nil:
			first = n
			continue
		}
		if one, other := first.Greeting().Known, status.Known; !one.Equal(other) {
			return fmt.Errorf("server %d knows %v, another one %v", s.id, other, one)
		}
		one, err := dump(first)
		if err != nil {
			return err
		}
		other, err := dump(n)
		if err != nil {
			return err
		}
		if !slices.EqualFunc(one, other, same) {
			return fmt.Errorf("server %d has %v, another one %v", s.id, other, one)
		}
	}
	return nil
}

func same(e, f merge.Entry) bool {
	return bytes.Equal(e.Key, f.Key) && bytes.Equal(e.Value, f.Value) && e.Version == f.Version && e.Deleted == f.Deleted
}

func dump(n *node.Node) (all []merge.Entry, err error) {
	view := n.View()
	defer view.Close()
	err = view.Dump(nil, nil, false, func(e merge.Entry) bool {
		e.Key, e.Value = bytes.Clone(e.Key), bytes.Clone(e.Value)
		all = append(all, e)
		return true
	})
	return all, err
}

// check compares what there is with what was answered: of each key, the greatest of the writes that are not lost, or one that is greater.
func (w *world) check() error {
	alive := w.all(up)
	if len(alive) == 0 {
		return nil
	}
	all, err := dump(alive[0].life.node)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	have := make(map[string]merge.Entry)
	for _, e := range all {
		have[string(e.Key)] = e
	}
	type winner struct {
		version merge.Version
		put     put
	}
	best := make(map[string]winner)
	mayBeDeleted := make(map[string]merge.Version) // by a write that may have been lost, and may not
	for version, p := range w.written {
		if p.lost && p.deleted && version.Compare(mayBeDeleted[p.key]) > 0 {
			mayBeDeleted[p.key] = version
		}
		if b, there := best[p.key]; !p.lost && (!there || version.Compare(b.version) > 0) {
			best[p.key] = winner{version, p}
		}
	}
	for key, b := range best {
		switch e, there := have[key]; {
		case !there && !b.put.deleted && !w.unanswered[key] && mayBeDeleted[key].Compare(b.version) < 0:
			return fmt.Errorf("%s = %s, version %v, was answered, and is missing", key, b.put.value, b.version)
		case there && e.Version.Compare(b.version) < 0:
			return fmt.Errorf("%s has version %v; %v was answered", key, e.Version, b.version)
		case there && e.Version == b.version && string(e.Value) != b.put.value:
			return fmt.Errorf("%s = %q, version %v, was answered as %q", key, e.Value, e.Version, b.put.value)
		}
	}
	return nil
}
