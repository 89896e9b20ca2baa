package remote

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
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
	// solitude is how long no other server may have been seen to write before rows are remembered from one batch to the next.
	// They would be out of date; and a server that never has to read is so much faster than one that does that the other
	// hardly ever comes in between.
	solitude = time.Second
	// giveWay is how much longer a batch waits, at most and by chance, for each time that another server was faster, up to
	// maxGiveWay. Servers that all tried again at once would keep the engine busy with swaps of which one in as many
	// happens.
	giveWay, maxGiveWay = 10 * time.Millisecond, 100 * time.Millisecond
)

// Store keeps numbers in an engine. Its methods may be called from any number of goroutines.
type Store struct {
	engine     Engine
	maxKeys    int
	factorials *numbers.Factorials

	updates chan *update // to run
	recent  recent       // of run alone, as all that follows
	others  time.Time    // when another server was last seen to write
	keys    atomic.Int64 // how many there were when the total was last seen

	ctx   context.Context // ends when the Store is closed
	close context.CancelFunc
	done  chan struct{} // closed when run has returned
}

// newStore returns a Store on an engine that is ready.
func newStore(engine Engine, maxKeys int) *Store {
	s := &Store{
		engine: engine, maxKeys: maxKeys, factorials: numbers.NewFactorials(),
		updates: make(chan *update), recent: newRecent(), done: make(chan struct{}),
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
	limits := s.engine.Limits()
	var first *update // what did not fit into the last batch
	for {
		if first == nil {
			select {
			case first = <-s.updates:
			case <-s.ctx.Done():
				return
			}
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
	if time.Since(s.others) < solitude {
		s.recent.clear()
	}
	s.recent.trim()
	applied, err := s.swap(ctx, batch)
	if err != nil {
		batch.settle(err)
		return
	}
	s.keys.Store(int64(applied.sum.Keys))
	for i, u := range batch.updates {
		u.outcome <- applied.outcomes[i]
	}
}

// swap applies a batch, and writes what it changes. It tries again as often as another server was faster: in turn at once, with
// what the engine has told, and after a while.
func (s *Store) swap(ctx context.Context, batch *batch) (applied, error) {
	for conflicts := time.Duration(1); ; conflicts++ {
		applied, err := s.apply(ctx, batch)
		if err != nil || len(applied.changed) == 0 {
			return applied, err
		}
		rows, err := s.engine.Swap(ctx, applied.changed)
		switch {
		case err == nil:
			s.recent.learn(rows)
			return applied, nil
		case !errors.Is(err, ErrUnchanged):
			s.recent.clear()
			return applied, s.away(perhaps, err)
		}
		s.others = time.Now()
		s.recent.clear()
		if conflicts%2 == 1 {
			s.recent.learn(rows)
		} else if !sleep(ctx, rand.N(min(conflicts*giveWay, maxGiveWay))) {
			return applied, s.away(unchanged, err)
		}
	}
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
		once, cancel := context.WithTimeout(ctx, attempt)
		rows, now := s.engine.Read(once, names)
		cancel()
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
