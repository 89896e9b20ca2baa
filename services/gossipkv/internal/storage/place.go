package storage

import (
	"github.com/cockroachdb/pebble/v2"

	"numstore.example/services/internal/engine"
)

// place is what is known of where the folder lies.
type place struct {
	moved bool   // it lies elsewhere than the store remembers
	now   string // empty if it is not known
	kept  string // what the store remembers
}

// findPlace compares where the folder lies with what its store remembers.
func findPlace(below *engine.Store) (p place, err error) {
	row, err := below.Row([]byte{placeRow})
	if err != nil {
		return p, err
	}
	p.kept = string(row)
	p.now, err = below.Place()
	p.moved = p.kept != "" && p.now != "" && p.kept != p.now
	return p, err
}

// Moved says whether the folder lies elsewhere than where the store was used last: it was copied, or restored, and there may be another store that goes
// on from the same state. That stays so, also after a restart, until a State with another Self was committed.
func (s *Store) Moved() bool { return s.place.moved }

// settle has the store remember where the folder lies, with a state.
func (s *Store) settle(rows *pebble.Batch, state State) {
	p := &s.place
	if p.now == "" || p.now == p.kept || p.moved && state.Self == s.opened.Self {
		return
	}
	rows.Set([]byte{placeRow}, []byte(p.now), nil)
	*p = place{now: p.now, kept: p.now}
}
