package model

import (
	"testing"
)

// TestStale counts only what is wrong in every order.
func TestStale(t *testing.T) {
	for name, test := range map[string]struct {
		history string
		want    Staleness
	}{
		"nothing after a write": {`
			0 1 0@A Put k x = 1@1
			2000000000 2000000001 1@B Get k = - none`,
			Staleness{Reads: 1, Stale: 1, Writes: 1,
				Example: "session 1 at B read nothing of k from 2.0000 s on, though the Put of x by session 0 at A had been answered at 0.0000 s"}},
		"nothing while the write is under way": {`
			0 5 0@A Put k x = 1@1
			3 4 1@B Get k = - none`, Staleness{Reads: 1, Writes: 1}},
		"nothing of another key": {`
			0 1 0@A Put k x = 1@1
			2 3 1@B Get j = - none`, Staleness{Reads: 1, Writes: 1}},
		"the older of two": {`
			0 1 0@A Put k [0.1]... = 1@1
			2 3 1@B Put k [1.1]... = 2@2
			4 5 2@A Get k = 1@1 "[0.1]..."
			6 7 2@B Get k = 2@2 "[1.1]..."
			8 9 3@A Get k = 1@1 "[0.1]..."`,
			Staleness{Reads: 3, Stale: 2, Writes: 2,
				Example: "session 2 at A read [0.1] of k from 0.0000 s on, though the Put of [1.1] by session 1 at B had been answered at 0.0000 s"}},
		"either of two that were under way at a time": {`
			0 3 0@A Put k x = 1@1
			2 5 1@B Put k y = 2@2
			6 7 2@A Get k = 1@1 "x"
			8 9 2@B Get k = 2@2 "y"`, Staleness{Reads: 2, Writes: 2}},
		"the older, before the younger has ended": {`
			0 1 0@A Put k x = 1@1
			2 9 1@B Put k y = 2@2
			3 4 2@A Get k = 1@1 "x"`, Staleness{Reads: 1, Writes: 2}},
		"a write that nobody was told of may happen late": {`
			0 1 0@A Put k x = UNAVAILABLE
			2 3 1@A Put k y = 1@1
			4 5 2@A Get k = 2@1 "x"`, Staleness{Reads: 1, Writes: 1}},
		"that the dependency is unmet is no read": {`
			0 1 0@A Put k x = 1@1
			2 3 0@B Get k (1@1) = unmet`, Staleness{Writes: 1}},
		"nothing, where the key was deleted": {`
			0 1 0@A Put k x = 1@1
			2 3 0@A Delete k = 2@1
			4 5 1@A Get k = - none`, Staleness{Reads: 1, Writes: 2}},
		"a write that loses to one that had ended before": {`
			0 1 0@A Put k x = 5@1
			2 3 1@B Put k y = 1@2
			4 5 1@A Get k = 5@1 "x"`,
			Staleness{Reads: 1, Stale: 1, Writes: 2, Losing: 1,
				Example: "session 1 at A read x of k from 0.0000 s on, though the Put of y by session 1 at B had been answered at 0.0000 s"}},
		"a write that loses to one under way": {`
			0 9 0@A Put k x = 5@1
			2 3 1@B Put k y = 1@2`, Staleness{Writes: 2}},
	} {
		got, err := Stale(gossipHistory(t, test.history))
		if err != nil || got != test.want {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, test.want)
		}
	}
}

// TestStale_linearizable: whatever is stale is not linearizable either; that is how much the count may say.
func TestStale_linearizable(t *testing.T) {
	const stale = `
		0 1 0@A Put k x = 1@1
		2 3 1@B Put k y = 2@2
		4 5 2@A Get k = 1@1 "x"`
	found, err := Stale(gossipHistory(t, stale))
	if err != nil || found.Stale != 1 {
		t.Fatalf("%+v, %v; want one stale read", found, err)
	}
	if verdict, err := Linearizable(Register)(t.Context(), gossipHistory(t, stale), Effort{Timeout: 1 << 40}); err != nil || !verdict.Broken {
		t.Errorf("%+v, %v; want that it is broken", verdict, err)
	}
}
