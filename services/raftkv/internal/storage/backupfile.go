package storage

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"numstore.example/services/internal/engine"
	"numstore.example/services/raftkv/internal/shard"
)

// A backup is a part for each shard of a cluster, one after the other, in any order. A part begins with a line that says
// what it is, a line of JSON with which part of which backup it is (Part), and the CRC-32C of both lines in four bytes.
// Then come frames: a length in four bytes, so many bytes of rows, and their CRC-32C in four bytes. The last frame has the
// length 0 and, before its checksum, the number of rows in eight bytes. A row is a key and a value, each a uvarint of its
// length and its bytes; keys are those of the state without space and shard, so that a part can be restored as any shard.
// The backup is whole when there are as many parts as each of them says, and nothing after them.
//
// Formats 1 and 2 were of one shard, and had no line of JSON. 2 had sixteen random bytes there, to tell a backup from others,
// and 1 nothing, nor a checksum, and totals without a term. They are read still.
const (
	backupMagic    = "raftkv backup 3\n"
	backupMagic2   = "raftkv backup 2\n"
	backupMagic1   = "raftkv backup 1\n"
	backupFrame    = 256 << 10 // a frame ends after the row that reaches this length
	backupFrameMax = 1 << 30
)

// ErrNoBackup is returned for a file that is not a whole, undamaged backup.
var ErrNoBackup = errors.New("not a whole backup of raftkv")

// Backup is a backup that is being read.
type Backup struct {
	in     io.Reader
	format int
	first  Part      // of format 3
	name   string    // empty for one of format 1, until it was read to its end
	digest hash.Hash // of what was read

	// Again, if not nil, begins to read the same file once more. Then a store is filled with nothing of a backup that does
	// not prove to be whole.
	Again func() (io.Reader, error)
}

// format1 is what names of backups of format 1 begin with. They have no id, but a digest does as well.
const format1 = "backup of format 1 with SHA-256 "

// OpenBackup begins to read a backup.
func OpenBackup(r io.Reader) (*Backup, error) {
	in := bufio.NewReaderSize(r, 1<<20)
	magic, err := in.Peek(len(backupMagic))
	switch {
	case len(magic) == 0 && err == io.EOF:
		return nil, fmt.Errorf("%w: it is empty", ErrNoBackup)
	case err != nil && err != io.EOF:
		return nil, err
	}
	b := &Backup{digest: sha256.New()}
	b.in = io.TeeReader(in, b.digest)
	switch string(magic) {
	case backupMagic1:
		b.format = 1
		_, err = io.CopyN(io.Discard, b.in, int64(len(magic)))
	case backupMagic2:
		b.format = 2
		err = b.readHeader2()
	case backupMagic:
		b.format = 3
		b.first, err = ReadPart(b.in)
		b.name = fmt.Sprintf("backup %v", b.first.Backup)
	default:
		err = fmt.Errorf("%w: it does not begin as one", ErrNoBackup)
	}
	if err != nil {
		return nil, err
	}
	return b, nil
}

// readHeader2 reads what a backup of format 2 begins with.
func (b *Backup) readHeader2() error {
	var id shard.BackupID
	header := make([]byte, len(backupMagic2)+len(id)+4)
	if _, err := io.ReadFull(b.in, header); err != nil || !engine.Sealed(header) {
		return fmt.Errorf("%w: it does not begin as one", ErrNoBackup)
	}
	copy(id[:], bytes.TrimPrefix(header, []byte(backupMagic2)))
	b.name = fmt.Sprintf("backup %v", id)
	return nil
}

// shards returns of how many shards the backup is.
func (b *Backup) shards() int { return max(b.first.Shards, 1) }

// is says whether a backup of a name is this one, and how this one is called. One of format 1 may have to be read for
// that.
func (b *Backup) is(name string) (own string, same bool, err error) {
	if b.format > 1 {
		return b.name, b.name == name, nil
	}
	if !strings.HasPrefix(name, format1) {
		return "a backup of format 1", false, nil
	}
	if err := b.rows(func(ShardID, []byte, []byte) error { return nil }); err != nil {
		return "", false, err
	}
	return b.name, b.name == name, nil
}

// rows calls visit for each row of each part.
func (b *Backup) rows(visit func(part ShardID, key, value []byte) error) error {
	if b.format == 3 {
		return b.partRows(visit)
	}
	err := readRows(b.in, ErrNoBackup, func(key, value []byte) error {
		if b.format == 1 && key[0] == stateTotals && len(value) == totalsSize-8 {
			value = totalsWithTerm(value, firstTerm)
		}
		return visit(0, key, value)
	})
	if err == nil && b.format == 1 {
		b.name = fmt.Sprintf("%s%x", format1, b.digest.Sum(nil))
	}
	return err
}

func (b *Backup) partRows(visit func(part ShardID, key, value []byte) error) error {
	all := newParts(b.first)
	for part := b.first; ; {
		if err := all.add(part); err != nil {
			return err
		}
		if err := readRows(b.in, ErrNoBackup, func(key, value []byte) error { return visit(part.Shard, key, value) }); err != nil {
			return fmt.Errorf("shard %d: %w", part.Shard, err)
		}
		var err error
		part, err = ReadPart(b.in)
		switch {
		case errors.Is(err, io.EOF) && !all.complete():
			return all.missing()
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}
