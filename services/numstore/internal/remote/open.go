package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"numstore.example/services/numstore/internal/numbers"
)

// Open returns a Store on an engine once that answers. It waits for that for a while, and logs what it waits for. The Store
// takes at most maxKeys keys. It fails with ErrAway when the engine does not answer, and with ErrDamaged when it holds rows
// that are not those of a Store.
func Open(ctx context.Context, engine Engine, maxKeys int, wait time.Duration, log *slog.Logger) (*Store, error) {
	limited, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	var cause error // of the last attempt that had its time
	for {
		sum, err := begin(limited, engine)
		switch {
		case err == nil:
			s := newStore(engine, maxKeys)
			s.keys.Store(int64(sum.Keys))
			return s, nil
		case errors.Is(err, ErrDamaged):
			return nil, fmt.Errorf("%s: %w", engine, err)
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case limited.Err() != nil:
			return nil, fmt.Errorf("%w: %s, for --engine-wait, which is %v: %w", ErrAway, engine, wait, cmp.Or(cause, err))
		case cause == nil:
			log.Warn("waiting for the engine that keeps the numbers", "engine", engine.String(), "at most", wait, "error", err)
		}
		cause = err
		sleep(limited, 10*pause)
	}
}

// begin makes one attempt to read the total, and makes its row where there are no rows at all. From then on, that it is
// missing is damage.
func begin(ctx context.Context, engine Engine) (sum numbers.Sum, err error) {
	ctx, cancel := context.WithTimeout(ctx, attempt)
	defer cancel()
	for {
		rows, err := engine.Read(ctx, []string{totalName})
		if err != nil {
			return sum, err
		}
		if rows[0].Version > 0 {
			return parseTotal(rows[0])
		}
		if err := alone(ctx, engine); err != nil {
			return sum, err
		}
		_, err = engine.Swap(ctx, []Row{{Name: totalName, Value: totalText(sum)}})
		if err != nil && !errors.Is(err, ErrUnchanged) {
			return sum, err
		}
	}
}

// alone fails if there are rows and none of them is the total.
func alone(ctx context.Context, engine Engine) error {
	for row, err := range engine.All(ctx) {
		if err != nil {
			return err
		}
		// Another server may just have begun.
		rows, err := engine.Read(ctx, []string{totalName})
		if err == nil && rows[0].Version == 0 {
			err = fmt.Errorf("%w: there is a row %q and no row %q; name another --engine-prefix", ErrDamaged, row.Name, totalName)
		}
		return err
	}
	return nil
}

// watchInterval is how often Watch looks.
const watchInterval = time.Second

// Watch looks whether the engine answers until ctx ends. It reports an error when it does not any more, or has lost the
// total, and nil when all is well again.
func (s *Store) Watch(ctx context.Context, report func(error)) {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	well := true
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := s.look(ctx)
		if ctx.Err() == nil && (err == nil) != well {
			well = err == nil
			report(err)
		}
	}
}

// look reads the total.
func (s *Store) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*attempt)
	defer cancel()
	rows, err := s.read(ctx, []string{totalName})
	if err != nil {
		return s.away("", err)
	}
	sum, err := parseTotal(rows[0])
	if err == nil {
		s.keys.Store(int64(sum.Keys))
	}
	return err
}
