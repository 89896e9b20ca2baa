package storage

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// mask binds a table to its store, its number and each byte to its place. Pebble's checksums tell whether a block is as
// it was written, but not whether it was written here: a table of another store, or a block from elsewhere in the same
// table, passes them. So what is written is combined with a stream of bytes that the store's id, the table's number
// and the place determine, and with the same stream again when it is read. What lies where it was written comes out
// as it was; anything else comes out as noise, which fails the checksum that it is read with.
//
// This keeps no secrets: the id lies beside the tables. AES is used because processors compute it as fast as memory is
// copied.
type mask struct {
	key    cipher.Block
	number uint64
}

// apply puts the mask on, or takes it off, what lies at an offset of the file.
func (m mask) apply(b []byte, offset int64) {
	var counter, skipped [aes.BlockSize]byte
	binary.BigEndian.PutUint64(counter[:], m.number)
	binary.BigEndian.PutUint64(counter[8:], uint64(offset)/aes.BlockSize)
	stream := cipher.NewCTR(m.key, counter[:])
	if skip := offset % aes.BlockSize; skip > 0 {
		stream.XORKeyStream(skipped[:skip], skipped[:skip])
	}
	stream.XORKeyStream(b, b)
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
