// Package remotetest is what every engine of numstore has to pass: what its rows promise, and that the numbers of several
// stores on it are linearizable together.
package remotetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"numstore.example/services/numstore/internal/remote"
)

// Open returns an engine with no rows, under a prefix of its own. It frees what it has opened when the test ends. The rows
// are those of another engine that was opened with the same prefix.
type Open func(t testing.TB, prefix string) remote.Engine

// Run tries an engine.
func Run(t *testing.T, open Open) {
	t.Run("rows", func(t *testing.T) { rows(t, open) })
	t.Run("all", func(t *testing.T) { all(t, open) })
	t.Run("limits", func(t *testing.T) { limits(t, open) })
	t.Run("ended", func(t *testing.T) { ended(t, open) })
	t.Run("histories", func(t *testing.T) { histories(t, open) })
}

// rows reads and swaps, and tries swaps that must not happen.
func rows(t *testing.T, open Open) {
	engine, other := open(t, "rows/"), open(t, "rows/")
	read := func(names ...string) []remote.Row {
		t.Helper()
		rows, err := other.Read(t.Context(), names)
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	names := func(rows []remote.Row) (names []string) {
		for _, row := range rows {
			names = append(names, row.Name)
		}
		return names
	}
	swap := func(rows ...remote.Row) {
		t.Helper()
		now, err := engine.Swap(t.Context(), rows)
		if err != nil {
			t.Fatal(err)
		}
		if there := read(names(rows)...); !slices.Equal(now, there) {
			t.Fatalf("Swap returned %v; there is %v", now, there)
		}
	}
	refuse := func(rows ...remote.Row) {
		t.Helper()
		now, err := engine.Swap(t.Context(), rows)
		if !errors.Is(err, remote.ErrUnchanged) {
			t.Fatalf("Swap(%v): %v; want %v", rows, err, remote.ErrUnchanged)
		}
		if there := read(names(rows)...); len(now) > 0 && !slices.Equal(now, there) {
			t.Fatalf("a refused Swap returned %v; there is %v", now, there)
		}
	}
	if got := read("a", "", "b\x00é/{}"); !slices.Equal(got, []remote.Row{{Name: "a"}, {}, {Name: "b\x00é/{}"}}) {
		t.Fatalf("of a new engine was read %v", got)
	}
	swap(remote.Row{Name: "b\x00é/{}", Value: "1"}, remote.Row{Name: "a", Value: ""})
	first := read("a", "b\x00é/{}", "c")
	if first[0].Version == 0 || first[0].Value != "" || first[1].Value != "1" || first[1].Version > first[0].Version || first[2].Version != 0 {
		t.Fatalf("%v was read; want an empty a, that b is 1 and no newer, and no c", first)
	}
	refuse(remote.Row{Name: "a", Value: "2"})                                                             // it exists
	refuse(remote.Row{Name: "c", Value: "2", Version: first[0].Version})                                  // it does not
	refuse(remote.Row{Name: "c", Value: "2"}, remote.Row{Name: "a", Value: "2"})                          // all or none
	refuse(remote.Row{Name: "a", Value: "2", Version: first[0].Version + 1})                              // there is none yet
	swap(remote.Row{Name: "a", Value: "2", Version: first[0].Version})                                    // as it was read
	refuse(remote.Row{Name: "a", Value: "3", Version: first[0].Version}, remote.Row{Name: "d"}, first[1]) // and was then changed
	second := read("a", "b\x00é/{}", "c", "d")
	if second[0].Value != "2" || second[0].Version <= first[0].Version || second[1] != first[1] || second[2].Version+second[3].Version != 0 {
		t.Fatalf("%v was read after %v; want that a is 2 and newer, and nothing else changed", second, first)
	}
	if rows := list(t, open(t, "other/")); len(rows) > 0 {
		t.Errorf("under another prefix were read %v", rows)
	}
}

// list returns all rows.
func list(t *testing.T, engine remote.Engine) (rows []remote.Row) {
	t.Helper()
	for row, err := range engine.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

// all lists more rows than fit into one answer, in the order of their names.
func all(t *testing.T, open Open) {
	const count = 2500
	engine := open(t, "all/")
	var want []string
	for i := 0; i < count; {
		var rows []remote.Row
		for range min(100, engine.Limits().Rows) {
			name := fmt.Sprintf("n/%05d", i)
			rows, want = append(rows, remote.Row{Name: name, Value: fmt.Sprint(i)}), append(want, name)
			i++
		}
		if _, err := engine.Swap(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	for _, row := range list(t, engine) {
		names = append(names, row.Name)
		if fmt.Sprintf("n/%05s", row.Value) != row.Name || row.Version == 0 {
			t.Errorf("there is a row %v", row)
		}
	}
	if !slices.Equal(names, want) {
		t.Errorf("%d rows were listed; want %d in order", len(names), len(want))
	}
	for range engine.All(t.Context()) { // leaving early leaves nothing open
		break
	}
}

// limits swaps as much as the engine says that it takes.
func limits(t *testing.T, open Open) {
	engine := open(t, "limits/")
	most := engine.Limits()
	wide := func(length, i int) string { return fmt.Sprintf("%0*d", length, i) }
	for what, names := range map[string]func() []string{
		"the longest name": func() []string { return []string{wide(most.Name, 1), "total"} },
		"the most rows": func() (names []string) {
			for i := range most.Rows {
				names = append(names, wide(min(most.Bytes/most.Rows, most.Name), i))
			}
			return names
		},
	} {
		var swapped []remote.Row
		for _, name := range names() {
			swapped = append(swapped, remote.Row{Name: name, Value: "-9223372036854775808"})
		}
		if _, err := engine.Swap(t.Context(), swapped); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		rows, err := engine.Read(t.Context(), names())
		if err != nil || len(rows) != len(swapped) || rows[0].Version == 0 {
			t.Errorf("%s: %d rows were read, %v; want %d", what, len(rows), err, len(swapped))
		}
	}
}

// ended calls with a context that has ended.
func ended(t *testing.T, open Open) {
	engine := open(t, "ended/")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := engine.Read(ctx, []string{"a"}); err == nil {
		t.Error("a read that nobody waits for succeeded")
	}
	if _, err := engine.Swap(ctx, []remote.Row{{Name: "a"}}); err == nil {
		t.Error("a swap that nobody waits for succeeded")
	}
}
