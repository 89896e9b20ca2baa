package remote

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

const (
	// maxPostSets and maxPostBytes bound a post: its updates, and the bytes of their keys.
	maxPostSets, maxPostBytes = 256, 32 << 10
	// maxPostText bounds the text of a post, in bytes, which may be that of one very long key. Engines take much more.
	maxPostText = 256 << 10
	// leastPause is between two looks at a post, at least.
	leastPause = 200 * time.Microsecond
	// quiet and quietSwaps are how long the total has not changed when a server concludes that nobody writes: for the one, and so many times what
	// its own swap has taken, which may be shorter than the other's.
	quiet, quietSwaps = 10 * time.Millisecond, 4
	// unseen and unseenSwaps are the same for how long nobody has done what it left, though the total has changed.
	unseen, unseenSwaps = 2 * lookInterval, 10
	// mostWait is the longest that it waits. Then there is still time to do it itself.
	mostWait = patience / 2
)

// guest is what a server that leaves its updates to another one knows of its own row.
type guest struct {
	server string // by which it knows its posts again
	number int    // of its last one
	row    Row    // as it was last seen; without a name if it has none
}

func newGuest() guest { return guest{server: strconv.FormatUint(rand.Uint64(), 36)} }

// postLimits are those of a post: a swap has room for several.
func postLimits(engine Limits) Limits {
	return Limits{Rows: max(engine.Rows/4, 2), Bytes: min(engine.Bytes/4, maxPostBytes)}
}

// leave leaves the updates of a batch to the server that writes, as many at a time as a post may have. It settles those of which it knows
// what became of them, and returns the others, which have not been done.
func (s *Store) leave(ctx context.Context, batch *batch) (undone *batch) {
	undone = newBatch()
	for len(undone.updates) == 0 && len(batch.updates) > 0 && ctx.Err() == nil {
		part, rest := batch.cut(postLimits(s.engine.Limits()), maxPostSets)
		undone, batch = s.leavePart(ctx, part), rest
	}
	undone.put(batch.updates...)
	return undone
}

// leavePart leaves updates to the server that writes, and waits.
func (s *Store) leavePart(ctx context.Context, part *batch) (undone *batch) {
	of, err := s.post(ctx, part)
	if err == nil && of != "" {
		err = s.awaitAnswer(ctx)
	}
	if err != nil {
		s.guest.row = Row{}
		part.settle(s.away(perhaps, err))
		return newBatch()
	}
	if of == "" || s.guest.row.Value == "" { // nobody has done anything
		return part
	}
	answer := parsePost(s.guest.row)
	if answer.Of != of || len(answer.Totals) != len(part.updates) {
		s.guest.row = Row{}
		part.settle(s.away(perhaps, errOthers))
		return newBatch()
	}
	s.others = time.Now()
	undone = newBatch()
	for i, u := range part.updates {
		if total := answer.Totals[i]; total != nil {
			u.outcome <- outcome{total: *total}
		} else {
			undone.put(u)
		}
	}
	return undone
}

var errOthers = errors.New("the row that they were left in was given to another server")

// post writes a post. It returns by which text it is known, or none if it is too long, or there is no row for it.
func (s *Store) post(ctx context.Context, part *batch) (of string, err error) {
	g := &s.guest
	g.number++
	p := post{Of: fmt.Sprintf("%s.%d", g.server, g.number)}
	for _, u := range part.updates {
		p.Sets = append(p.Sets, postSet{u.key, u.value})
	}
	text := p.text()
	if len(text) > maxPostText {
		return "", nil
	}
	for range 2 { // its row may have been given to another one
		if g.row.Name == "" {
			if g.row = s.freeRow(ctx); g.row.Name == "" {
				return "", nil
			}
		}
		rows, err := s.timed(ctx, []Row{{g.row.Name, text, g.row.Version}})
		if err == nil {
			g.row = rows[0]
			return p.Of, nil
		}
		if !errors.Is(err, ErrUnchanged) {
			return "", err
		}
		g.row = Row{}
	}
	return "", nil
}

// freeRow returns a row that nobody has, or one without a name if there is none. It is one of the first few, as the server that writes reads no
// more than a few beyond those that are in use; and not always the first, as others look for one at the same time.
func (s *Store) freeRow(ctx context.Context) Row {
	for width := 2 * morePosts; ; width = min(2*width, maxPosts) {
		rows, err := s.once(ctx, postNames(width))
		if err != nil {
			return Row{}
		}
		free := slices.DeleteFunc(rows, func(row Row) bool { return row.Value != "" })
		if len(free) >= morePosts || len(free) > 0 && width == maxPosts {
			return free[rand.IntN(min(len(free), morePosts))]
		}
		if width == maxPosts {
			return Row{}
		}
	}
}

// awaitAnswer waits until the post is done, as the server's row says then, or takes it back.
func (s *Store) awaitAnswer(ctx context.Context) error {
	g := &s.guest
	names := []string{g.row.Name, totalName}
	began := time.Now()
	total, changed := uint64(0), began
	for pause := s.took / 2; sleep(ctx, pause); pause = max(s.took/3, leastPause) {
		rows, err := s.once(ctx, names)
		if err == nil && rows[0].Version != g.row.Version {
			g.row = rows[0]
			return nil
		}
		if err == nil && rows[1].Version != total {
			total, changed = rows[1].Version, time.Now()
		}
		if time.Since(changed) > quiet+quietSwaps*s.took || time.Since(began) > min(unseen+unseenSwaps*s.took, mostWait) {
			break
		}
	}
	rows, err := s.timed(ctx, []Row{{g.row.Name, "", g.row.Version}})
	if errors.Is(err, ErrUnchanged) {
		rows, err = s.read(ctx, names[:1])
	}
	if err == nil {
		g.row = rows[0]
	}
	return err
}
