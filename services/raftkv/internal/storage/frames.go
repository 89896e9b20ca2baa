package storage

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"

	"numstore.example/services/internal/engine"
)

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
	engine.Seal(f.frame)
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
	engine.Seal(last)
	_, err := f.w.Write(last)
	return err
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

// readRows calls visit for each row, to the last frame. What is wrong with the frames is told as a kind of error.
func readRows(r io.Reader, kind error, visit func(key, value []byte) error) error {
	rows := uint64(0)
	for {
		frame, last, err := readFrame(r)
		if err != nil {
			return fmt.Errorf("%w: after %d rows: %w", kind, rows, err)
		}
		if last {
			if count := binary.LittleEndian.Uint64(frame); count != rows {
				return fmt.Errorf("%w: it has %d rows of %d", kind, rows, count)
			}
			return nil
		}
		for len(frame) > 0 {
			var key, value []byte
			key, frame = cutBytes(frame)
			value, frame = cutBytes(frame)
			if len(key) == 0 || frame == nil {
				return fmt.Errorf("%w: a row goes beyond its frame", kind)
			}
			if err := visit(key, value); err != nil {
				return err
			}
			rows++
		}
	}
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
	if !engine.Sealed(frame) {
		return nil, false, fmt.Errorf("a frame has the checksum %08x, not %08x",
			crc32.Checksum(frame[:len(frame)-4], crc32.MakeTable(crc32.Castagnoli)), binary.LittleEndian.Uint32(frame[len(frame)-4:]))
	}
	return frame[4 : len(frame)-4], length == 0, nil
}
