package remote

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"numstore.example/services/numstore/internal/numbers"
)

// set is one update of a batch, and the outcome that it must have.
type set struct {
	key   string
	value int64
	total int64
	err   error
}

// TestApply applies batches to rows.
func TestApply(t *testing.T) {
	row := func(name, value string, version uint64) Row { return Row{Name: name, Value: value, Version: version} }
	for _, test := range []struct {
		name    string
		rows    []Row // those that exist
		sets    []set
		changed []Row // as they are to be swapped
	}{
		{
			"each has its own total, and the last value of a key is written",
			[]Row{row("total", "2 15", 9), row("n/A", "5", 8), row("n/B", "10", 9)},
			[]set{{"A", 6, 16, nil}, {"C", 1, 17, nil}, {"A", 7, 18, nil}, {"", 0, 18, nil}},
			[]Row{row("n/A", "7", 8), row("n/C", "1", 0), row("n/", "0", 0), row("total", "4 18", 9)},
		},
		{
			"what is refused changes nothing, for those after it neither",
			[]Row{row("total", "1 9223372036854775807", 3), row("n/A", "9223372036854775807", 3)},
			[]set{{"B", 1, 0, numbers.ErrOverflow}, {"B", -1, math.MaxInt64 - 1, nil}, {"B", 0, math.MaxInt64, nil}},
			[]Row{row("n/B", "0", 0), row("total", "2 9223372036854775807", 3)},
		},
		{
			"all refused: nothing to write",
			[]Row{row("total", "4 0", 3)},
			[]set{{"B", 1, 0, numbers.ErrFull}, {"C", 1, 0, numbers.ErrFull}},
			nil,
		},
		{
			"the limit counts what the batch has made",
			[]Row{row("total", "3 0", 3)},
			[]set{{"B", 1, 1, nil}, {"C", 1, 0, numbers.ErrFull}, {"B", 2, 2, nil}},
			[]Row{row("n/B", "2", 0), row("total", "4 2", 3)},
		},
		{
			"a damaged row fails its own updates",
			[]Row{row("total", "2 1", 3), row("n/A", "one", 1), row("n/B", "+1", 1), row("n/C", "", 1), row("n/D", "1", 1)},
			[]set{{"A", 1, 0, ErrDamaged}, {"B", 1, 0, ErrDamaged}, {"C", 1, 0, ErrDamaged}, {"D", 2, 2, nil}, {"A", 1, 0, ErrDamaged}},
			[]Row{row("n/D", "2", 1), row("total", "2 2", 3)},
		},
		{
			"a row that was changed without the total is somebody else's",
			[]Row{row("total", "1 1", 3), row("n/A", "7", 4)},
			[]set{{"A", 1, 0, ErrDamaged}},
			nil,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			b, rows := batchOf(t, test.sets), []Row(nil)
			for _, name := range b.names {
				found := Row{Name: name}
				for _, row := range test.rows {
					if row.Name == name {
						found = row
					}
				}
				rows = append(rows, found)
			}
			applied, err := b.apply(rows, 4)
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range test.sets {
				if got := applied.outcomes[i]; got.total != want.total || !errors.Is(got.err, want.err) {
					t.Errorf("set %d: %d, %v; want %d, %v", i+1, got.total, got.err, want.total, want.err)
				}
			}
			if !slices.Equal(applied.changed, test.changed) {
				t.Errorf("to be swapped: %v; want %v", applied.changed, test.changed)
			}
		})
	}
}

// TestApply_noTotal: without a total that makes sense, nothing is set.
func TestApply_noTotal(t *testing.T) {
	for _, total := range []Row{
		{}, {Value: "", Version: 1}, {Value: "5", Version: 1}, {Value: "-1 5", Version: 1}, {Value: "1 5 ", Version: 1}, {Value: "1  5", Version: 1},
		{Value: "01 5", Version: 1}, {Value: "1 9223372036854775808", Version: 1}, {Value: "one five", Version: 1},
	} {
		applied, err := batchOf(t, []set{{key: "A"}}).apply([]Row{total, {}}, 10)
		if !errors.Is(err, ErrDamaged) || len(applied.changed) > 0 {
			t.Errorf("with the total %q: %v, %v; want %v", total.Value, applied, err, ErrDamaged)
		}
	}
}

func batchOf(t *testing.T, sets []set) *batch {
	t.Helper()
	b := newBatch()
	for _, s := range sets {
		if !b.add(&update{key: s.key, value: s.value}, Limits{Rows: 100, Bytes: 1000, Name: 100}) {
			t.Fatalf("the batch does not take %v", s)
		}
	}
	return b
}

// TestBatch_limits: a batch is never larger than the engine takes.
func TestBatch_limits(t *testing.T) {
	fill := func(limits Limits, length int) (b *batch) {
		b = newBatch()
		for i := 0; b.add(&update{key: fmt.Sprintf("%0*d", length, i)}, limits); i++ {
		}
		return b
	}
	if b := fill(Limits{Rows: 8, Bytes: 1000}, 4); len(b.names) != 8 {
		t.Errorf("there are %d rows; want 8, that of the total included", len(b.names))
	}
	if b := fill(Limits{Rows: 100, Bytes: 100}, 20); b.bytes > 100 || b.bytes+len("n/")+20 <= 100 || b.bytes != len(strings.Join(b.names, "")) {
		t.Errorf("there are %d bytes of names: %q; want as many as fit into 100", b.bytes, b.names)
	}
	b := fill(Limits{Rows: 3, Bytes: 1000}, 4)
	if !b.add(&update{key: "0000"}, Limits{Rows: 3, Bytes: 1000}) || len(b.updates) != 3 {
		t.Error("a full batch does not take another update of one of its keys, which needs no room")
	}
}
