package remote

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"numstore.example/services/numstore/internal/numbers"
)

const (
	// patience is how long a call waits for the engine, at most. An election of its takes a second or two.
	patience = 5 * time.Second
	// attempt is how long one attempt to read may take. The next one may go to another server of the engine.
	attempt = time.Second
	// pause is between two attempts that the engine did not answer.
	pause = 20 * time.Millisecond
	// solitude is how long no other server may have been seen to write, or to want to, for a server to take it that it is alone.
	solitude = time.Second
	// gather is for what part of the time of a swap a batch waits for further updates if it is not: a swap of many costs little more
	// than one of a few, and those that come too late have to wait for another.
	gather = 4
	// mostTook is the longest that a swap is taken to need.
	mostTook = 500 * time.Millisecond
)

// Store keeps numbers in an engine. Its methods may be called from any number of goroutines.
type Store struct {
	engine     Engine
	maxKeys    int
	factorials *numbers.Factorials

	updates chan *update  // to run
	recent  recent        // of run alone, as all that follows
	took    time.Duration // how long the last swap took
	others  time.Time     // when another server was last seen to write
	writes  bool          // whether the last swap of numbers was this server's: others leave theirs to it
	host    host          // of a server that does
	guest   guest         // of one that does not
	keys    atomic.Int64  // how many there were when the total was last seen

	ctx   context.Context // ends when the Store is closed
	close context.CancelFunc
	done  chan struct{} // closed when run has returned
}

// newStore returns a Store on an engine that is ready.
func newStore(engine Engine, maxKeys int) *Store {
	s := &Store{
		engine: engine, maxKeys: maxKeys, factorials: numbers.NewFactorials(),
		updates: make(chan *update), recent: newRecent(), host: newHost(), guest: newGuest(), done: make(chan struct{}),
	}
	s.ctx, s.close = context.WithCancel(context.Background())
	go s.run()
	return s
}

// Close ends the Store; it does not close the engine. Calls in flight fail.
func (s *Store) Close() {
	s.close()
	<-s.done
}

// Len returns the number of keys when the total was last seen. It does not ask the engine.
func (s *Store) Len() int { return int(s.keys.Load()) }

// MaxKey returns the length of the longest key that the engine takes, in bytes.
func (s *Store) MaxKey() int { return s.engine.Limits().Name - len(keyPrefix) }

// Set gives key a value and returns the total over all keys as of this update. It fails with ErrOverflow or ErrFull of
// package numbers or ErrDamaged, and then changes nothing; or with ErrAway.
func (s *Store) Set(ctx context.Context, key string, value int64) (int64, error) {
	ctx, cancel := patient(ctx)
	defer cancel()
	u := &update{key: key, value: value, outcome: make(chan outcome, 1)}
	select {
	case s.updates <- u:
	case <-s.ctx.Done():
		return 0, s.away(unchanged, errClosed)
	case <-ctx.Done():
		return 0, s.away(unchanged, errWaited)
	}
	select {
	case o := <-u.outcome:
		return o.total, o.err
	case <-ctx.Done():
		return 0, s.away(perhaps, errWaited)
	}
}

// Fact returns the factorial of the key's current value, and whether it came from the cache of this process. It fails with
// ErrMissing, ErrNegative or ErrTooLarge of package numbers, or with ErrDamaged or ErrAway.
func (s *Store) Fact(ctx context.Context, key string) (value int64, hit bool, err error) {
	ctx, cancel := patient(ctx)
	defer cancel()
	rows, err := s.read(ctx, []string{keyName(key)})
	switch {
	case err != nil:
		return 0, false, s.away("", err)
	case rows[0].Version == 0:
		return 0, false, numbers.Missing(key)
	}
	n, err := parseValue(rows[0])
	if err != nil {
		return 0, false, err
	}
	return s.factorials.Of(n)
}

// run is the goroutine that writes. A batch is what has come while the last one was written.
func (s *Store) run() {
	defer close(s.done)
	var first *update // what did not fit into the last batch
	for {
		if first == nil {
			select {
			case first = <-s.updates:
			case <-s.ctx.Done():
				return
			}
		}
		limits := s.engine.Limits()
		if s.isGuest() || s.host.crowded() {
			limits.Rows /= 2 // there are those of others
			sleep(s.ctx, s.took/gather)
		}
		batch := newBatch()
		for u := first; ; {
			if !batch.add(u, limits) {
				first = u
				break
			}
			first = nil
			if u = s.waiting(); u == nil {
				break
			}
		}
		s.write(batch)
	}
}

// isGuest says whether this server leaves its updates to another one.
func (s *Store) isGuest() bool { return !s.writes && time.Since(s.others) < solitude }

// waiting returns an update that waits, or nil.
func (s *Store) waiting() *update {
	select {
	case u := <-s.updates:
		return u
	default:
		return nil
	}
}

// write does a batch, and settles its updates.
func (s *Store) write(batch *batch) {
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	contested := time.Since(s.others) < solitude
	if contested && !s.host.crowded() {
		s.recent.clear() // what is remembered is out of date
	}
	s.recent.trim()
	if s.isGuest() {
		batch = s.leave(ctx, batch)
	}
	if s.writes {
		s.host.look(ctx, s.once, s.took)
		for _, post := range s.host.posts {
			batch.answer(post, s.engine.Limits())
		}
	}
	for ; len(batch.updates) > 0; contested = true {
		done, err := s.swap(ctx, batch)
		switch {
		case err == nil:
			s.keys.Store(int64(done.sum.Keys))
			batch.tell(done.outcomes)
			return
		case !errors.Is(err, errFaster):
			batch.settle(err)
			return
		case len(batch.posts) > 0: // it may have been one of these that was taken back
			batch = batch.withoutPosts()
		case contested: // and not the first time for a while, which may have been by chance
			s.writes = false
			batch = s.leave(ctx, batch)
		}
	}
}

// errFaster says that another server was, and that the batch can be tried again.
var errFaster = errors.New("another server was faster")

// swap applies a batch, and writes what it changes.
func (s *Store) swap(ctx context.Context, batch *batch) (applied, error) {
	applied, err := s.apply(ctx, batch)
	changed := len(applied.changed)
	if err != nil || changed+len(applied.posts) == 0 {
		return applied, err
	}
	rows, err := s.timed(ctx, append(applied.changed, applied.posts...))
	switch {
	case err == nil:
		s.writes = true
		s.recent.learn(rows[:changed])
		return applied, nil
	case !errors.Is(err, ErrUnchanged):
		s.recent.clear()
		return applied, s.away(perhaps, err)
	case ctx.Err() != nil:
		return applied, s.away(unchanged, err)
	}
	s.others = time.Now()
	s.recent.clear()
	s.recent.learn(rows[:min(changed, len(rows))])
	return applied, errFaster
}

// timed swaps rows, and notes how long that takes. What is an exception, as an election, shall not be what others have to wait for.
func (s *Store) timed(ctx context.Context, rows []Row) ([]Row, error) {
	begun := time.Now()
	rows, err := s.engine.Swap(ctx, rows)
	if err == nil {
		s.took = min(time.Since(begun), mostTook)
	}
	return rows, err
}

// apply applies a batch to the rows that were last seen, for a swap to prove them. If it fails or an update is refused, it is
// applied to rows of one moment instead.
func (s *Store) apply(ctx context.Context, batch *batch) (applied, error) {
	rows, err := s.lastSeen(ctx, batch.names)
	if err != nil {
		return applied{}, s.away(unchanged, err)
	}
	if a, err := batch.apply(rows, s.maxKeys); err == nil && !a.refused {
		return a, nil
	}
	if rows, err = s.oneMoment(ctx, batch.names); err != nil {
		return applied{}, s.away(unchanged, err)
	}
	return batch.apply(rows, s.maxKeys)
}

// lastSeen returns rows as they were last seen, or as they are if they have not been.
func (s *Store) lastSeen(ctx context.Context, names []string) ([]Row, error) {
	if unknown := s.recent.lacks(names); len(unknown) > 0 {
		rows, err := s.read(ctx, unknown)
		if err != nil {
			s.recent.clear()
			return nil, err
		}
		s.recent.learn(rows)
	}
	return s.recent.all(names), nil
}

// oneMoment reads the row of the total, which is the first one, and others, as they are at one moment. If the total has not
// changed between a read before that of the others and one after it, neither have they, since each swap changes it.
func (s *Store) oneMoment(ctx context.Context, names []string) ([]Row, error) {
	s.recent.clear()
	before, err := s.read(ctx, names[:1])
	for err == nil {
		var others, after []Row
		if others, err = s.read(ctx, names[1:]); err != nil {
			break
		}
		if after, err = s.read(ctx, names[:1]); err == nil && after[0] == before[0] {
			rows := append(after, others...)
			s.recent.learn(rows)
			return rows, nil
		}
		before = after
	}
	return nil, err
}

// read reads rows, in as many attempts as ctx has time for. When that ends it returns what the engine said last.
func (s *Store) read(ctx context.Context, names []string) (rows []Row, err error) {
	for {
		rows, now := s.once(ctx, names)
		if now == nil {
			return rows, nil
		}
		if err == nil || ctx.Err() == nil {
			err = now // and not that time is up, if it has said something better
		}
		if !sleep(ctx, pause) {
			return nil, err
		}
	}
}

// once reads rows, in one attempt.
func (s *Store) once(ctx context.Context, names []string) ([]Row, error) {
	ctx, cancel := context.WithTimeout(ctx, attempt)
	defer cancel()
	return s.engine.Read(ctx, names)
}

// sleep waits for a while. It returns false when ctx ends before.
func sleep(ctx context.Context, duration time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(duration):
		return ctx.Err() == nil
	}
}

// patient returns a context for a call that waits for the engine. It ends before the caller's own, early enough for an
// answer that tells more than that time is up.
func patient(ctx context.Context) (context.Context, context.CancelFunc) {
	most := patience
	if deadline, ok := ctx.Deadline(); ok {
		most = min(most, time.Until(deadline)*9/10)
	}
	return context.WithTimeout(ctx, most)
}

// What an ErrAway says of an update.
const (
	unchanged = "; the update has not happened"
	perhaps   = "; the update may have happened, and can be sent again"
)

var (
	errWaited = errors.New("the call has waited as long as it may")
	errClosed = errors.New("the server is stopping")
)

// away returns an ErrAway that names the engine.
func (s *Store) away(effect string, err error) error {
	return fmt.Errorf("%w: %s%s: %w", ErrAway, s.engine, effect, err)
}
