package remote

// maxRecent bounds what recent holds between two batches, in bytes. What is forgotten costs a read.
const maxRecent = 16 << 20

// recent holds rows as they were last seen. They may have been changed since, which versions tell, as long as the engine never
// gives one a second time. One that was put back to an older state does. That cannot be without calls that fail while there
// are any, and so the Store forgets all rows when one has failed; who puts an engine back while there are none restarts
// numstore, as its documentation says.
type recent struct {
	rows  map[string]Row
	bytes int
}

func newRecent() recent { return recent{rows: make(map[string]Row)} }

// lacks returns the names of the rows that are not known.
func (r *recent) lacks(names []string) (unknown []string) {
	for _, name := range names {
		if _, ok := r.rows[name]; !ok {
			unknown = append(unknown, name)
		}
	}
	return unknown
}

// all returns rows that are known.
func (r *recent) all(names []string) []Row {
	rows := make([]Row, len(names))
	for i, name := range names {
		rows[i] = r.rows[name]
	}
	return rows
}

// learn takes rows as they are.
func (r *recent) learn(rows []Row) {
	for _, row := range rows {
		r.bytes += row.size() - r.rows[row.Name].size()
		r.rows[row.Name] = row
	}
}

// clear forgets all rows.
func (r *recent) clear() { *r = newRecent() }

// trim forgets all rows if there are too many.
func (r *recent) trim() {
	if r.bytes > maxRecent {
		r.clear()
	}
}

// size is about what a row takes in a map, in bytes; 0 if there is none.
func (r Row) size() int {
	if r.Name == "" {
		return 0
	}
	const around = 100
	return around + len(r.Name) + len(r.Value)
}
