package node

import (
	"io"

	"numstore.example/services/raftkv/internal/storage"
)

type (
	// Backup is a backup of a cluster that is being read: for each shard what Group.Backup writes.
	Backup = storage.Backup
	// Part says what a part of a backup is.
	Part = storage.Part
	// Plan is for which node of which new cluster a store is filled.
	Plan = storage.Plan
)

// ErrNoBackup is returned for a file that is not a whole, undamaged backup.
var ErrNoBackup = storage.ErrNoBackup

// OpenBackup begins to read a backup, for RestoreFrom.
func OpenBackup(r io.Reader) (*Backup, error) { return storage.OpenBackup(r) }

// ReadPart reads what a part of a backup begins with, and no further.
func ReadPart(r io.Reader) (Part, error) { return storage.ReadPart(r) }

// RestoreFrom is a backup for Options.Restore, whose pairs go to the shards that a plan has for them. The plan is asked for when
// the store is new.
func RestoreFrom(backup *Backup, plan func() (Plan, error)) storage.Source {
	return storage.RestoreFrom(backup, plan)
}
