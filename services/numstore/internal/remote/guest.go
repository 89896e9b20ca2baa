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
	// leastPause is between two looks at a post, at least.
	leastPause = 200 * time.Microsecond
	// quiet is how long the total has not changed when a server concludes that nobody writes: so many times what its post has taken. A swap
	// of many numbers takes longer than a post.
	quiet = 20
	// maxLooks is how often a server looks at its post, while the total does change, before it concludes that nobody sees it.
	maxLooks = 100
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

// post writes a post. It returns by which text it is known, or none if there is no row for it.
func (s *Store) post(ctx context.Context, part *batch) (of string, err error) {
	g := &s.guest
	g.number++
	p := post{Of: fmt.Sprintf("%s.%d", g.server, g.number)}
	for _, u := range part.updates {
		p.Sets = append(p.Sets, postSet{u.key, u.value})
	}
	for range 2 { // its row may have been given to another one
		if g.row.Name == "" {
			if g.row = s.freeRow(ctx); g.row.Name == "" {
				return "", nil
			}
		}
		rows, err := s.timed(ctx, []Row{{g.row.Name, p.text(), g.row.Version}})
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
	total, changed := uint64(0), time.Now()
	for pause, n := s.took/2, 0; n < maxLooks && sleep(ctx, pause); n++ {
		pause = max(s.took/3, leastPause)
		rows, err := s.once(ctx, names)
		switch {
		case err != nil: // it may answer the next time
		case rows[0].Version != g.row.Version:
			g.row = rows[0]
			return nil
		case rows[1].Version != total:
			total, changed = rows[1].Version, time.Now()
		case time.Since(changed) > quiet*s.took:
			n = maxLooks
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
