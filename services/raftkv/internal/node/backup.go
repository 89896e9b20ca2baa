package node

import (
	"io"

	"numstore.example/services/raftkv/internal/storage"
)

// Backup is a backup of a shard, as Group.Backup writes it.
type Backup = storage.Backup

// ErrNoBackup is returned for a file that is not a whole, undamaged backup.
var ErrNoBackup = storage.ErrNoBackup

// OpenBackup begins to read a backup, for Options.Restore.
func OpenBackup(r io.Reader) (*Backup, error) { return storage.OpenBackup(r) }
