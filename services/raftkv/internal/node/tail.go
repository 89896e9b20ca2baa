package node

import "numstore.example/services/raftkv/internal/storage"

// tail is what the log still holds of applied entries, in pieces: so it is known how many bytes lie behind an index,
// without a look at each entry.
type tail struct {
	pieces []piece
	bytes  int // of all pieces
}

// piece is some entries that follow each other.
type piece struct {
	last  storage.Index // the index of the last one
	bytes int
}

// pieceBytes is about how long a piece is, a single larger entry excepted.
const pieceBytes = 64 << 10

// add takes up the next entry.
func (t *tail) add(index storage.Index, bytes int) {
	t.bytes += bytes
	if n := len(t.pieces); n > 0 && t.pieces[n-1].bytes < pieceBytes {
		t.pieces[n-1].last = index
		t.pieces[n-1].bytes += bytes
		return
	}
	t.pieces = append(t.pieces, piece{index, bytes})
}

// cut lets go of the entries up to an index. A piece that reaches beyond it goes on counting as a whole.
func (t *tail) cut(index storage.Index) {
	n := 0
	for ; n < len(t.pieces) && t.pieces[n].last <= index; n++ {
		t.bytes -= t.pieces[n].bytes
	}
	t.pieces = append(t.pieces[:0], t.pieces[n:]...)
}

// behind returns an index behind which there are at most so many bytes, or 0 if that is so behind any.
func (t *tail) behind(bytes int) (index storage.Index) {
	left := t.bytes
	for _, piece := range t.pieces {
		if left <= bytes {
			break
		}
		left -= piece.bytes
		index = piece.last
	}
	return index
}
