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
	outcome chan outcome // has room for the one outcome; nil for one of a post
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
	own     int            // how many of the updates are this server's; those of the posts follow
	posts   []posted
}

// posted is a row of posts that is to be answered.
type posted struct {
	row      Row
	post     post
	from, to int // its updates in a batch
}

func newBatch() *batch {
	return &batch{names: []string{totalName}, at: make(map[string]int), bytes: len(totalName)}
}

// add takes an update of this server, unless the batch would be larger than the limits. An empty batch takes any.
func (b *batch) add(u *update, limits Limits) bool {
	if _, known := b.at[u.key]; !known && len(b.updates) > 0 &&
		(len(b.names) >= limits.Rows || b.bytes+len(keyName(u.key)) > limits.Bytes) {
		return false
	}
	b.put(u)
	return true
}

// put takes updates of this server.
func (b *batch) put(updates ...*update) {
	for _, u := range updates {
		b.take(u)
		b.own = len(b.updates)
	}
}

func (b *batch) take(u *update) {
	if _, ok := b.at[u.key]; !ok {
		name := keyName(u.key)
		b.at[u.key] = len(b.names)
		b.names = append(b.names, name)
		b.bytes += len(name)
	}
	b.updates = append(b.updates, u)
}

// cut parts the updates: as many of the first ones as are within limits, and the rest.
func (b *batch) cut(limits Limits, most int) (part, rest *batch) {
	part, rest = newBatch(), newBatch()
	for _, u := range b.updates {
		if len(rest.updates) > 0 || len(part.updates) >= most || !part.add(u, limits) {
			rest.put(u)
		}
	}
	return part, rest
}

// answer takes the updates of a post, if there is room for them and for the row. A row without a post is to be emptied.
func (b *batch) answer(p posted, limits Limits) {
	rows, bytes := len(b.names)+len(b.posts)+1, b.bytes+len(p.row.Name)
	for _, set := range p.post.Sets {
		name := keyName(set.Key)
		if _, known := b.at[set.Key]; !known {
			rows, bytes = rows+1, bytes+len(name)
		}
		if rows > limits.Rows || bytes > limits.Bytes || len(name) > limits.Name {
			return
		}
	}
	p.from = len(b.updates)
	for _, set := range p.post.Sets {
		b.take(&update{key: set.Key, value: set.Value})
	}
	p.to = len(b.updates)
	b.bytes += len(p.row.Name)
	b.posts = append(b.posts, p)
}

// withoutPosts returns the batch of this server alone.
func (b *batch) withoutPosts() *batch {
	own := newBatch()
	own.put(b.updates[:b.own]...)
	return own
}

// settle gives all updates of this server the same error.
func (b *batch) settle(err error) {
	for _, u := range b.updates[:b.own] {
		u.outcome <- outcome{err: err}
	}
}

// tell gives the updates of this server their outcomes.
func (b *batch) tell(outcomes []outcome) {
	for i, u := range b.updates[:b.own] {
		u.outcome <- outcomes[i]
	}
}

// applied is what a batch comes to.
type applied struct {
	sum      numbers.Sum
	outcomes []outcome // of the updates, in order
	refused  bool      // whether one of the outcomes of this server's own is an error
	changed  []Row     // with their new values, and the versions that they had; empty if nothing changes
	posts    []Row     // likewise
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
	for i, u := range b.updates {
		v := &values[b.at[u.key]]
		sum, err := a.sum, v.damage
		if err == nil {
			sum, err = sum.Replace(v.exists, v.number, u.value, maxKeys)
		}
		if err != nil {
			a.outcomes, a.refused = append(a.outcomes, outcome{err: err}), a.refused || i < b.own
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
	for _, p := range b.posts {
		a.posts = append(a.posts, Row{p.row.Name, p.post.done(a.outcomes[p.from:p.to]).text(), p.row.Version})
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
