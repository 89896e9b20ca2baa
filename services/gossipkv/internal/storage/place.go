package storage

import (
	"github.com/cockroachdb/pebble/v2"

	"numstore.example/services/internal/engine"
)

// place is what is known of where the folder lies.
type place struct {
	now   engine.Place
	kept  engine.Place // as the store remembers it
	moved bool         // they are not the same
}

// findPlace compares where the folder lies with what its store remembers.
func findPlace(below *engine.Store) (p place, err error) {
	row, err := below.Row([]byte{placeRow})
	if err != nil {
		return p, err
	}
	p.kept = engine.ParsePlace(string(row))
	p.now, err = below.Place()
	p.moved = p.now.Differs(p.kept)
	return p, err
}

// Moved says whether Open has found the folder elsewhere than where its store was used before: it was copied, or restored, and there may be another store
// that goes on from the same state. Open finds so until a State with another Self was committed.
func (s *Store) Moved() bool { return s.place.moved }

// settle has the store remember where the folder lies, with a state.
func (s *Store) settle(rows *pebble.Batch, state State) {
	p := &s.place
	if p.now == p.kept || p.moved && state.Self == s.opened.Self {
		return
	}
	rows.Set([]byte{placeRow}, []byte(p.now.String()), nil)
	p.kept = p.now
}
