package remote

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	// maxPosts is how many rows there may be. A server that finds none free swaps its numbers itself, again and again.
	maxPosts = 100
	// morePosts is how many rows are read beyond those that are in use, so that further ones are seen.
	morePosts = 4
	// lookInterval is how often a server that writes looks for posts if there were none lately.
	lookInterval = 20 * time.Millisecond
	// stale is after which time without a look the posts that are there do not count any more: what was left by a server that is
	// gone by now is not done later. It is longer if swaps take long: so many times as long as one.
	stale, staleSwaps = 100 * time.Millisecond, 4
	// abandoned is how long a row has not been changed that its server has left. No update waits as long.
	abandoned = 2 * patience
)

// host is what a server that writes knows of the posts of others.
type host struct {
	width  int                // how many rows it reads
	looked time.Time          // when it has last looked
	busy   time.Time          // when there was a post that counts
	seen   map[string]sighted // the rows that are in use
	posts  []posted           // what to do: rows that ask for it, and rows that are abandoned, which come to nothing
}

// sighted is a row in use.
type sighted struct {
	version uint64
	post    post
	since   time.Time // when this version was first seen
	stale   bool
}

func newHost() host { return host{width: morePosts, seen: make(map[string]sighted)} }

// crowded says whether others leave their updates to this server.
func (h *host) crowded() bool { return time.Since(h.busy) < solitude }

// look finds what there is to do, if it is time to. That it cannot is no harm: those who wait do it themselves. It is told how long a swap takes.
func (h *host) look(ctx context.Context, read func(context.Context, []string) ([]Row, error), took time.Duration) {
	h.posts = nil
	since := time.Since(h.looked)
	if since < lookInterval && !h.crowded() {
		return
	}
	rows, err := read(ctx, postNames(h.width))
	if err != nil {
		return
	}
	h.looked = time.Now()
	h.width = morePosts
	for i, row := range rows {
		if row.Value != "" {
			h.width = min(i+1+morePosts, maxPosts)
			h.sight(row, since > max(stale, staleSwaps*took))
		} else {
			delete(h.seen, row.Name)
		}
	}
	// Not always the same one first, as there may not be room for all.
	rand.Shuffle(len(h.posts), func(i, j int) { h.posts[i], h.posts[j] = h.posts[j], h.posts[i] })
}

// sight takes a row that is in use.
func (h *host) sight(row Row, late bool) {
	before := h.seen[row.Name]
	if before.version != row.Version {
		before = sighted{version: row.Version, post: parsePost(row), since: h.looked}
	}
	before.stale = before.stale || late
	h.seen[row.Name] = before
	switch {
	case h.looked.Sub(before.since) > abandoned:
		h.posts = append(h.posts, posted{row: row})
	case !before.stale && len(before.post.Sets) > 0:
		h.busy = h.looked
		h.posts = append(h.posts, posted{row: row, post: before.post})
	}
}
