package engine

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// mask binds a table to its store, its number and what is in it to its place. Pebble's checksums tell whether a block is
// as it was written, but not whether it was written here: a table of another store, or a block from elsewhere in the
// same table, passes them. So eight of every 32 bytes are changed when they are written, in a way that depends on the
// store's id, the table's number and their place, and changed back when they are read. What lies where it was written
// comes out as it was. Anything else comes out changed, and fails the checksum that it is read with: all that Pebble
// reads at once is longer than 32 bytes.
//
// This keeps no secrets. The value is what all words of a table's mask are made of.
type mask uint64

const (
	maskPeriod = 32
	maskWord   = 8
)

func newMask(id storeID, number uint64) mask {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(id[:], number))
	return mask(binary.BigEndian.Uint64(sum[:]))
}

// apply puts the mask on, or takes it off, what lies at an offset of the file.
func (m mask) apply(b []byte, offset int64) {
	n, skip := uint64(offset)/maskPeriod, int(offset%maskPeriod)
	if skip > 0 {
		m.applyPart(b, n, skip)
		n, b = n+1, b[min(maskPeriod-skip, len(b)):]
	}
	for ; len(b) >= maskPeriod; n, b = n+1, b[maskPeriod:] {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^m.word(n))
	}
	m.applyPart(b, n, 0)
}

// applyPart is apply for what lies in one period, from a place in it on.
func (m mask) applyPart(b []byte, n uint64, from int) {
	word := m.word(n)
	for i := from; i < maskWord && i-from < len(b); i++ {
		b[i-from] ^= byte(word >> (8 * i))
	}
}

// word returns the n-th word of the mask: that of SplitMix64, a generator of random numbers any of which can be
// computed at once.
func (m mask) word(n uint64) uint64 {
	z := uint64(m) + n*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// maskedFile is a table under its mask. Pebble either writes it, from its beginning to its end, or reads it.
type maskedFile struct {
	vfs.File
	mask   mask
	offset int64 // of the next Read or Write
}

// Read implements vfs.File.
func (m *maskedFile) Read(b []byte) (int, error) {
	n, err := m.File.Read(b)
	m.mask.apply(b[:n], m.offset)
	m.offset += int64(n)
	return n, err
}

// ReadAt implements vfs.File.
func (m *maskedFile) ReadAt(b []byte, offset int64) (int, error) {
	n, err := m.File.ReadAt(b, offset)
	m.mask.apply(b[:n], offset)
	return n, err
}

// Write implements vfs.File, which allows that b is changed.
func (m *maskedFile) Write(b []byte) (int, error) {
	m.mask.apply(b, m.offset)
	n, err := m.File.Write(b)
	m.offset += int64(n)
	return n, err
}
