package storage

import (
	"fmt"

	"numstore.example/services/internal/engine"
	"numstore.example/services/raftkv/internal/kv"
)

// RestoreFrom is a source for Options.Restore: a backup whose pairs go to the shards that a plan has for them, of which the
// store gets those that its node will have. Each shard remembers the clients of all shards of before: a client that sends
// a write again asks the shard of the write's key, and which one that was before cannot be told. Keys keep their
// versions, and later ones are greater. The plan is asked for when the store is new.
func RestoreFrom(backup *Backup, plan func() (Plan, error)) Source {
	return &restoring{backup: backup, planned: plan}
}

type restoring struct {
	backup  *Backup
	planned func() (Plan, error)
	plan    Plan
}

// Compare implements Source.
func (r *restoring) Compare(filled string) (name string, same bool, err error) {
	return r.backup.is(filled)
}

// Fill implements Source.
func (r *restoring) Fill(store *Store) (name string, err error) {
	if r.plan, err = r.planned(); err != nil {
		return "", err
	}
	if r.backup.Again != nil {
		if err := r.rehearse(); err != nil {
			return "", err
		}
	}
	batch := store.NewBatch()
	defer batch.Close()
	batch.Set(engine.FillingKey(nil), nil, nil)
	if err := store.Commit(batch, true); err != nil {
		return "", err
	}
	store.shards = len(r.plan.Cluster.Shards)
	f := newSpreading(store, &r.plan, r.backup.shards() > 1)
	if err := r.backup.rows(f.row); err != nil {
		return "", err
	}
	return r.backup.name, f.finish(&filled{r.backup.name, fmt.Sprintf("%x", r.backup.digest.Sum(nil)), r.plan.Cluster})
}

// rehearse reads the backup to its end before anything is written, and begins to read it again.
func (r *restoring) rehearse() error {
	err := r.backup.rows(func(_ ShardID, key, _ []byte) (err error) {
		switch key[0] {
		case stateKey:
			_, err = r.plan.place(key[1:])
		case stateSession, stateLargeReply, stateDropped, stateTotals:
		default:
			err = unknownRow(key[0])
		}
		return err
	})
	if err != nil {
		return err
	}
	in, err := r.backup.Again()
	if err != nil {
		return err
	}
	r.backup, err = OpenBackup(in)
	return err
}

// place returns the shard of a key.
func (p *Plan) place(key []byte) (ShardID, error) {
	at, err := p.Place(key)
	if err != nil {
		return 0, fmt.Errorf("the backup has a key that --placement cannot place; restore with another one: %w", err)
	}
	return at, nil
}

// spreading writes the rows of a backup into a new store, each to the shard that it belongs to now.
type spreading struct {
	store   *Store
	plan    *Plan
	rows    *filler
	held    map[ShardID]*kv.Totals // of the shards of this store, as far as they are known
	clients *clients
	parts   map[ShardID]kv.Totals // of the shards of the backup
	applied Position              // of the last entry that any of those shows
}

func newSpreading(store *Store, plan *Plan, several bool) *spreading {
	f := &spreading{store: store, plan: plan, rows: store.fill(), held: make(map[ShardID]*kv.Totals), parts: make(map[ShardID]kv.Totals)}
	var slots []slot
	for _, number := range plan.held() {
		f.held[number] = new(kv.Totals)
		slots = append(slots, newSlot(number))
	}
	f.clients = newClients(store, f.rows, slots, several)
	return f
}

// row takes a row of a part of the backup.
func (f *spreading) row(part ShardID, key, value []byte) error {
	if _, begun := f.parts[part]; !begun {
		f.parts[part] = kv.Totals{} // as long as nothing was ever applied
	}
	switch key[0] {
	case stateKey:
		return f.pair(key, value)
	case stateSession, stateLargeReply, stateDropped:
		return f.clients.row(part, key, value)
	case stateTotals:
		if len(value) != totalsSize {
			return fmt.Errorf("%w: the totals of shard %d have %d bytes", ErrNoBackup, part, len(value))
		}
		applied, totals := decodeTotals(value)
		f.parts[part] = totals
		f.applied = Position{max(f.applied.Term, applied.Term, firstTerm), max(f.applied.Index, applied.Index)}
		return nil
	default:
		return unknownRow(key[0])
	}
}

func unknownRow(kind byte) error {
	return fmt.Errorf("the backup has rows of a kind, %q, that this version of the program does not know; use the one that has written it, or a newer one", kind)
}

// pair takes a key and its record.
func (f *spreading) pair(key, value []byte) error {
	at, err := f.plan.place(key[1:])
	if err != nil {
		return err
	}
	totals, held := f.held[at]
	if !held {
		return nil
	}
	record, err := decodeRecord(value)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoBackup, err)
	}
	totals.Keys++
	totals.Bytes += uint64(len(key) - 1 + len(record.Value))
	return f.rows.set(newSlot(at), key, value)
}

// finish writes what is only known at the end, and what the store was filled for. Each shard goes on after the same entry,
// version and time, which are not before any of the backup's.
func (f *spreading) finish(of *filled) error {
	var end kv.Totals
	for _, totals := range f.parts {
		end.Revision = max(end.Revision, totals.Revision)
		end.Now = max(end.Now, totals.Now)
	}
	var err error
	if end.Turns, err = f.clients.settle(f.parts, end.Now); err != nil {
		return err
	}
	for number, totals := range f.held {
		if f.applied.Index == 0 {
			break // nothing was ever applied: all shards are new
		}
		end.Keys, end.Bytes = totals.Keys, totals.Bytes
		if err := f.rows.set(newSlot(number), []byte{stateTotals}, encodeTotals(f.applied, end)); err != nil {
			return err
		}
		if err := f.rows.flush(false); err != nil {
			return err
		}
		if err := (&Log{store: f.store, shard: number}).reset(f.applied); err != nil {
			return err
		}
	}
	if err := f.rows.batch.Set(filledKey, of.encode(), nil); err != nil {
		return err
	}
	return f.rows.flush(true)
}

// firstTerm is the term of a log that was not written by Raft.
const firstTerm = 1
