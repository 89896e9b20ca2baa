package node

import (
	"testing"

	"pgregory.net/rapid"

	"numstore.example/services/raftkv/internal/storage"
)

// TestTail compares a tail with a plain list of entries, within the length of a piece.
func TestTail(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var got tail
		var sizes []int // of entries 1, 2, 3 …
		cut := 0        // so many are cut off
		bytes := func(from int) (n int) {
			for _, size := range sizes[from:] {
				n += size
			}
			return n
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				sizes = append(sizes, rapid.IntRange(0, 2*pieceBytes).Draw(t, "size"))
				got.add(storage.Index(len(sizes)), sizes[len(sizes)-1])
			},
			"cut": func(t *rapid.T) {
				cut = rapid.IntRange(cut, len(sizes)).Draw(t, "cut")
				got.cut(storage.Index(cut))
			},
			"": func(t *rapid.T) {
				const piece = 3 * pieceBytes
				if exact := bytes(cut); got.bytes < exact || got.bytes >= exact+piece {
					t.Fatalf("%d bytes are counted, %d are there", got.bytes, exact)
				}
				limit := rapid.IntRange(0, got.bytes+1).Draw(t, "limit")
				index := int(got.behind(limit))
				if bytes(max(index, cut)) > limit {
					t.Fatalf("behind entry %d are %d bytes, more than %d", index, bytes(max(index, cut)), limit)
				}
				if index > cut && bytes(index-1)+piece <= limit {
					t.Fatalf("entry %d need not go: with it there are %d bytes, of %d", index, bytes(index-1), limit)
				}
			},
		})
	})
}
