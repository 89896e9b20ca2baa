package remote

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestPost: what is left and what has become of it are read as they were written, and what is no post asks for nothing.
func TestPost(t *testing.T) {
	asked := post{Of: "a.1", Sets: []postSet{{"", 0}, {"\"é\x00", -1}}}
	answer := asked.done([]outcome{{total: 7}, {err: errors.New("refused")}})
	for _, want := range []struct {
		post post
		text string
	}{
		{asked, `{"of":"a.1","sets":[{"key":"","value":0},{"key":"\"é\u0000","value":-1}]}`},
		{answer, `{"of":"a.1","totals":[7,null]}`},
		{post{}, ""},
	} {
		if text := want.post.text(); text != want.text {
			t.Errorf("%+v is written as %s; want %s", want.post, text, want.text)
		}
		if got := parsePost(Row{Value: want.text}); got.text() != want.text {
			t.Errorf("%s is read as %+v", want.text, got)
		}
	}
	for _, text := range []string{"x", "{", `{"of":1}`, "[]", "null"} {
		if got := parsePost(Row{Value: text}); got.Of != "" || len(got.Sets) > 0 {
			t.Errorf("%s is read as %+v", text, got)
		}
	}
}

// asks is a row with a post for each key.
func asks(n int, keys ...string) Row {
	p := post{Of: "a.1"}
	for _, key := range keys {
		p.Sets = append(p.Sets, postSet{key, 1})
	}
	return Row{Name: postNames(n + 1)[n], Value: p.text(), Version: 9}
}

// TestBatch_answer: posts are taken as far as there is room for their keys and for the answer, whole or not at all.
func TestBatch_answer(t *testing.T) {
	limits := Limits{Rows: 5, Bytes: 40, Name: 20}
	for _, test := range []struct {
		name string
		row  Row
		want bool
	}{
		{"that fits", asks(0, "A", "B", "C"), true}, // A is known
		{"with a row too many", asks(0, "B", "C", "D"), false},
		{"with names too long together", asks(0, "twelve bytes", "further ones"), false},
		{"with a name that is too long", asks(0, "more than 20 bytes long"), false},
		{"that is to be emptied", Row{Name: "post/0", Version: 9}, true},
	} {
		b := newBatch()
		b.put(&update{key: "A", value: 5})
		b.answer(posted{row: test.row, post: parsePost(test.row)}, limits)
		taken := len(b.posts) == 1
		if taken != test.want || len(b.updates) != 1+len(parsePost(test.row).Sets) == taken {
			t.Errorf("a post %s: taken %t, %d updates", test.name, taken, len(b.updates))
		}
		if own := b.withoutPosts(); len(own.updates) != 1 || len(own.names) != 2 || b.own != 1 {
			t.Errorf("a post %s: without it there are %d updates of %q", test.name, len(own.updates), own.names)
		}
	}
}

// TestApply_posts: a post is answered in the swap that does it, each update after those of the server itself. What is refused is not done, and is no
// reason to look again.
func TestApply_posts(t *testing.T) {
	b := newBatch()
	b.put(&update{key: "A", value: 5})
	row := asks(0, "B", "A", "C")
	b.answer(posted{row: row, post: parsePost(row)}, Limits{Rows: 100, Bytes: 1000, Name: 100})
	b.answer(posted{row: Row{Name: "post/1", Value: "left", Version: 4}}, Limits{Rows: 100, Bytes: 1000, Name: 100})
	applied, err := b.apply([]Row{{"total", "0 0", 1}, {Name: "n/A"}, {Name: "n/B"}, {Name: "n/C"}}, 2)
	if err != nil || applied.refused {
		t.Fatal(applied, err)
	}
	changed := []Row{{"n/A", "1", 0}, {"n/B", "1", 0}, {"total", "2 2", 1}}
	posts := []Row{{"post/0", `{"of":"a.1","totals":[6,2,null]}`, 9}, {"post/1", "", 4}}
	if !slices.Equal(applied.changed, changed) || !slices.Equal(applied.posts, posts) {
		t.Errorf("to be swapped: %v and %v; want %v and %v", applied.changed, applied.posts, changed, posts)
	}
}

// TestBatch_cut: what does not fit into a post is the rest, in the order in which it came.
func TestBatch_cut(t *testing.T) {
	b := newBatch()
	for _, key := range []string{"A", "B", "A", "C", "A"} {
		b.put(&update{key: key})
	}
	for _, test := range []struct{ rows, most, want int }{{3, 100, 3}, {2, 100, 1}, {100, 4, 4}, {100, 100, 5}} {
		part, rest := b.cut(Limits{Rows: test.rows, Bytes: 1000}, test.most)
		if len(part.updates) != test.want || !slices.Equal(append(part.updates, rest.updates...), b.updates) {
			t.Errorf("with %d rows and %d updates, the first part has %d; want %d, and then the others", test.rows, test.most, len(part.updates), test.want)
		}
	}
}

// TestHost: a server that writes finds what was left since it has looked a moment ago, and nothing that was there before; and what has not changed
// for so long that its server has left it.
func TestHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows, reads := make(map[string]Row), 0
		read := func(_ context.Context, names []string) (found []Row, err error) {
			reads++
			for _, name := range names {
				row := rows[name]
				row.Name = name
				found = append(found, row)
			}
			return found, nil
		}
		h, version := newHost(), uint64(0)
		leave := func(n int) {
			version++
			row := asks(n, "A")
			row.Version = version
			rows[row.Name] = row
		}
		expect := func(when string, after time.Duration, want ...string) {
			t.Helper()
			time.Sleep(after) // by the clock of the test
			h.look(t.Context(), read, time.Millisecond)
			var got []string
			for _, p := range h.posts {
				got = append(got, fmt.Sprint(p.row.Name, " ", len(p.post.Sets)))
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %q; want %q", when, got, want)
			}
		}
		leave(0)
		expect("at first", 0)
		leave(1)
		expect("too early to look again", lookInterval/2)
		expect("when it is time", lookInterval, "post/1 1")
		leave(0)
		leave(5) // beyond those that are in use, and those four more that are read
		expect("while there are some", time.Microsecond, "post/0 1", "post/1 1", "post/5 1")
		rows["post/1"] = Row{Value: parsePost(asks(1)).done(nil).text(), Version: 100}
		delete(rows, "post/5")
		expect("one was done and one taken back", time.Microsecond, "post/0 1")
		leave(2)
		expect("after a while without a look", stale+time.Microsecond)
		leave(2)
		expect("one that came since", time.Millisecond, "post/2 1")
		for range 200 {
			expect("nobody does it", abandoned/210, "post/2 1")
		}
		expect("abandoned", abandoned/10, "post/0 0", "post/1 0", "post/2 0")
		if reads > 400 {
			t.Errorf("%d reads", reads)
		}
	})
}
