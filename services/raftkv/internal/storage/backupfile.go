package storage

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"numstore.example/services/internal/engine"
)

// A backup begins with a line that says what it is, sixteen random bytes that tell it from others, and the CRC-32C of
// both in four bytes. Then come frames: a length in four bytes, so many bytes of rows, and their CRC-32C in four bytes.
// The last frame has the length 0 and, before its checksum, the number of rows in eight bytes. A row is a key and a
// value, each a uvarint of its length and its bytes; keys are those of the state without space and shard, so that a
// backup can be restored as any shard.
//
// Format 1 had frames at once after the line, and totals without a term. It is read still.
const (
	backupMagic    = "raftkv backup 2\n"
	backupMagic1   = "raftkv backup 1\n"
	backupFrame    = 256 << 10 // a frame ends after the row that reaches this length
	backupFrameMax = 1 << 30
	backupID       = 16 // bytes that tell one backup from others
)

// BackupHeader is the length of what is different in each backup. The rest depends on the state alone.
const BackupHeader = len(backupMagic) + backupID + 4

// ErrNoBackup is returned for a file that is not a whole, undamaged backup.
var ErrNoBackup = errors.New("not a whole backup of raftkv")

// newBackupHeader returns what a new backup begins with.
func newBackupHeader() ([]byte, error) {
	header := append(make([]byte, 0, BackupHeader), backupMagic...)[:BackupHeader]
	_, err := rand.Read(header[len(backupMagic):])
	engine.Seal(header)
	return header, err
}

// Backup is a backup that is being read.
type Backup struct {
	in     io.Reader
	name   string    // empty for one of format 1, until it was read to its end
	digest hash.Hash // of format 1: of what was read
}

// format1 is what names of backups of format 1 begin with. They have no id, but a digest does as well.
const format1 = "backup of format 1 with SHA-256 "

// OpenBackup begins to read a backup.
func OpenBackup(r io.Reader) (*Backup, error) {
	in := bufio.NewReaderSize(r, 1<<20)
	header, err := in.Peek(BackupHeader)
	switch {
	case len(header) == 0 && err == io.EOF:
		return nil, fmt.Errorf("%w: it is empty", ErrNoBackup)
	case err != nil && err != io.EOF:
		return nil, err
	case bytes.HasPrefix(header, []byte(backupMagic1)):
		digest := sha256.New()
		b := &Backup{in: io.TeeReader(in, digest), digest: digest}
		_, err := io.CopyN(io.Discard, b.in, int64(len(backupMagic1)))
		return b, err
	case len(header) < BackupHeader || !engine.Sealed(header) || !bytes.HasPrefix(header, []byte(backupMagic)):
		return nil, fmt.Errorf("%w: it does not begin as one", ErrNoBackup)
	}
	b := &Backup{in: in, name: fmt.Sprintf("backup %x", header[len(backupMagic):len(header)-4])}
	_, err = in.Discard(BackupHeader)
	return b, err
}

// is says whether a backup of a name is this one, and how this one is called. One of format 1 may have to be read for
// that.
func (b *Backup) is(name string) (own string, same bool, err error) {
	if b.digest == nil {
		return b.name, b.name == name, nil
	}
	if !strings.HasPrefix(name, format1) {
		return "a backup of format 1", false, nil
	}
	if err := b.rows(func(_, _ []byte) error { return nil }); err != nil {
		return "", false, err
	}
	return b.name, b.name == name, nil
}

// rows calls visit for each row.
func (b *Backup) rows(visit func(key, value []byte) error) error {
	if err := readRows(b.in, ErrNoBackup, visit); err != nil {
		return err
	}
	if b.digest != nil {
		b.name = fmt.Sprintf("%s%x", format1, b.digest.Sum(nil))
	}
	return nil
}
