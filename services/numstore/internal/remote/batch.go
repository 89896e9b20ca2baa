package remote

import (
	"fmt"
	"strconv"

	"numstore.example/services/numstore/internal/numbers"
)

// update is one Set on its way.
type update struct {
	key     string
	value   int64
	outcome chan outcome // has room for the one outcome
}

// outcome is what a Set returns.
type outcome struct {
	total int64
	err   error
}

// batch is updates that go to the engine together.
type batch struct {
	updates []*update
	names   []string       // of the rows of its keys, after that of the total
	at      map[string]int // where among names the row of a key is
	bytes   int            // of names
}

func newBatch() *batch {
	return &batch{names: []string{totalName}, at: make(map[string]int), bytes: len(totalName)}
}

// add takes an update, unless the batch would be larger than the limits. An empty batch takes any.
func (b *batch) add(u *update, limits Limits) bool {
	if _, ok := b.at[u.key]; !ok {
		name := keyName(u.key)
		if len(b.updates) > 0 && (len(b.names) >= limits.Rows || b.bytes+len(name) > limits.Bytes) {
			return false
		}
		b.at[u.key] = len(b.names)
		b.names = append(b.names, name)
		b.bytes += len(name)
	}
	b.updates = append(b.updates, u)
	return true
}

// settle gives all updates the same error.
func (b *batch) settle(err error) {
	for _, u := range b.updates {
		u.outcome <- outcome{err: err}
	}
}

// applied is what a batch comes to.
type applied struct {
	sum      numbers.Sum
	outcomes []outcome // of the updates, in order
	refused  bool      // whether one of the outcomes is an error
	changed  []Row     // with their new values, and the versions that they had; empty if nothing changes
}

// apply does the updates one after the other on the rows, which have the names of the batch. It fails when the rows do not
// say what the total is; a row of a key that is damaged fails the updates of that key alone.
func (b *batch) apply(rows []Row, maxKeys int) (a applied, err error) {
	if a.sum, err = parseTotal(rows[0]); err != nil {
		return a, err
	}
	values := make([]value, len(rows)) // of the rows, that of the total left out
	for i, row := range rows[1:] {
		values[i+1] = newValue(row, rows[0])
	}
	for _, u := range b.updates {
		v := &values[b.at[u.key]]
		sum, err := a.sum, v.damage
		if err == nil {
			sum, err = sum.Replace(v.exists, v.number, u.value, maxKeys)
		}
		if err != nil {
			a.outcomes, a.refused = append(a.outcomes, outcome{err: err}), true
			continue
		}
		a.sum, v.exists, v.number, v.changed = sum, true, u.value, true
		a.outcomes = append(a.outcomes, outcome{total: sum.Total})
	}
	for i, v := range values {
		if v.changed {
			a.changed = append(a.changed, Row{rows[i].Name, strconv.FormatInt(v.number, 10), rows[i].Version})
		}
	}
	if len(a.changed) > 0 {
		a.changed = append(a.changed, Row{totalName, totalText(a.sum), rows[0].Version})
	}
	return a, nil
}

// value is what is known of a key while a batch is applied.
type value struct {
	exists  bool
	number  int64
	changed bool
	damage  error
}

// newValue reads the row of a key. The row of the total, as of the same moment, has changed last whenever numstore has
// changed the row of a key.
func newValue(row, total Row) (v value) {
	if v.exists = row.Version > 0; !v.exists {
		return v
	}
	if row.Version > total.Version {
		v.damage = fmt.Errorf("%w: the row %q was changed without the row %q; set it back, or see numstore verify", ErrDamaged, row.Name, totalName)
		return v
	}
	v.number, v.damage = parseValue(row)
	return v
}
