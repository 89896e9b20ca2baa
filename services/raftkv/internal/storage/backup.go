package storage

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/cockroachdb/pebble/v2"
)

// A backup begins with a line that says what it is. Then come frames: a length in four bytes, so many bytes of
// rows, and their CRC-32C in four bytes. The last frame has the length 0 and, before its checksum, the number
// of rows in eight bytes. A row is a key and a value, each a uvarint of its length and its bytes; keys are those
// of the state without space and shard, so that a backup can be restored as any shard.
const (
	backupMagic    = "raftkv backup 1\n"
	backupFrame    = 256 << 10 // a frame ends after the row that reaches this length
	backupFrameMax = 1 << 30
	restoreBatch   = 4 << 20
)

// ErrNoBackup is returned for a file that is not a whole, undamaged backup.
var ErrNoBackup = errors.New("not a whole backup of raftkv")

// Snapshot writes a backup of the state as of one moment, while the state goes on changing.
func (s *State) Snapshot(w io.Writer) error {
	from := prefix(spaceState, s.shard, 0)
	iterator, err := s.view(from[:prefixLen-1], end(from[:prefixLen-1]))
	if err != nil {
		return err
	}
	defer iterator.Close()
	if _, err := io.WriteString(w, backupMagic); err != nil {
		return err
	}
	out := frames{w: w}
	for iterator.First(); iterator.Valid(); iterator.Next() {
		row, err := iterator.ValueAndErr()
		if err != nil {
			return s.store.readError(err)
		}
		if err := out.row(iterator.Key()[prefixLen-1:], row); err != nil {
			return err
		}
	}
	if err := iterator.Error(); err != nil {
		return s.store.readError(err)
	}
	return out.end()
}

// frames writes rows in frames.
type frames struct {
	w     io.Writer
	frame []byte
	rows  uint64
}

func (f *frames) row(key, value []byte) error {
	if f.frame == nil {
		f.frame = make([]byte, 4, backupFrame+4<<10)
	}
	for _, part := range [][]byte{key, value} {
		f.frame = binary.AppendUvarint(f.frame, uint64(len(part)))
		f.frame = append(f.frame, part...)
	}
	f.rows++
	if len(f.frame) < backupFrame {
		return nil
	}
	return f.flush()
}

func (f *frames) flush() error {
	if len(f.frame) <= 4 {
		return nil
	}
	binary.LittleEndian.PutUint32(f.frame, uint32(len(f.frame)-4))
	f.frame = append(f.frame, 0, 0, 0, 0)
	seal(f.frame)
	_, err := f.w.Write(f.frame)
	f.frame = f.frame[:4]
	return err
}

func (f *frames) end() error {
	if err := f.flush(); err != nil {
		return err
	}
	last := binary.LittleEndian.AppendUint64(make([]byte, 4), f.rows)
	last = append(last, 0, 0, 0, 0)
	seal(last)
	_, err := f.w.Write(last)
	return err
}

// Restore fills the state of a new shard, and its log, with a backup. It is for Options.Restore: after an
// error the store is of no use. The index of the last entry that the backup shows is where the log goes on.
func (s *State) Restore(r io.Reader) error {
	in := bufio.NewReaderSize(r, 1<<20)
	magic := make([]byte, len(backupMagic))
	if _, err := io.ReadFull(in, magic); err != nil || string(magic) != backupMagic {
		return fmt.Errorf("%w: it does not begin as one", ErrNoBackup)
	}
	if err := s.store.guard(func() error { return s.store.db.Set(restoringKey, nil, pebble.Sync) }); err != nil {
		return err
	}
	batch := s.store.db.NewBatch()
	defer func() { batch.Close() }()
	rows := uint64(0)
	for {
		frame, last, err := readFrame(in)
		if err != nil {
			return fmt.Errorf("%w: after %d rows: %w", ErrNoBackup, rows, err)
		}
		if last {
			if count := binary.LittleEndian.Uint64(frame); count != rows {
				return fmt.Errorf("%w: it has %d rows of %d", ErrNoBackup, rows, count)
			}
			break
		}
		for len(frame) > 0 {
			if frame, err = s.restoreRow(batch, frame); err != nil {
				return err
			}
			rows++
		}
		if batch.Len() > restoreBatch {
			if err := batch.Commit(pebble.NoSync); err != nil {
				return err
			}
			batch.Close()
			batch = s.store.db.NewBatch()
		}
	}
	if err := batch.Commit(pebble.Sync); err != nil {
		return err
	}
	if err := s.load(); err != nil {
		return err
	}
	return (&Log{store: s.store, shard: s.shard}).reset(position{term: 1, index: s.applied.index})
}

// restoreRow puts the first row of a frame into a batch, and returns the rest.
func (s *State) restoreRow(batch *pebble.Batch, frame []byte) (rest []byte, err error) {
	key, rest := cutBytes(frame)
	value, rest := cutBytes(rest)
	if len(key) == 0 || rest == nil {
		return nil, fmt.Errorf("%w: a row goes beyond its frame", ErrNoBackup)
	}
	p := prefix(spaceState, s.shard, key[0])
	return rest, batch.Set(append(p[:], key[1:]...), value, nil)
}

// cutBytes returns what a uvarint says that it is long, and what comes after that; nil when there is less.
func cutBytes(b []byte) (cut, rest []byte) {
	length, n := binary.Uvarint(b)
	if n <= 0 || length > uint64(len(b)-n) {
		return nil, nil
	}
	b = b[n:]
	return b[:length], b[length:]
}

// readFrame returns the content of the next frame, and whether it is the last one.
func readFrame(r io.Reader) (content []byte, last bool, err error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, false, err
	}
	length := binary.LittleEndian.Uint32(head[:])
	if length > backupFrameMax {
		return nil, false, fmt.Errorf("a frame of %d bytes", length)
	}
	size := int64(length)
	if length == 0 {
		size = 8
	}
	// Not allocated at once: a damaged length should not take a gigabyte.
	var body bytes.Buffer
	body.Write(head[:])
	if n, err := io.CopyN(&body, r, size+4); err != nil {
		return nil, false, fmt.Errorf("it ends after %d of %d bytes of a frame: %w", n, size+4, err)
	}
	frame := body.Bytes()
	if !sealed(frame) {
		return nil, false, fmt.Errorf("a frame has the checksum %08x, not %08x",
			crc32.Checksum(frame[:len(frame)-4], castagnoli), binary.LittleEndian.Uint32(frame[len(frame)-4:]))
	}
	return frame[4 : len(frame)-4], length == 0, nil
}
