package node

import (
	"context"
	"io"

	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/shard"
)

// absent is a group of which this node has no member.
type absent struct{}

var _ Group = absent{}

var errAbsent = &NotLeader{}

// Propose implements Group.
func (absent) Propose(p *Proposal) { p.Done(nil, errAbsent) }

// Get implements Group.
func (absent) Get(context.Context, []byte) (kv.Record, bool, error) {
	return kv.Record{}, false, errAbsent
}

// GetAll implements Group.
func (absent) GetAll(context.Context, [][]byte, func(int, kv.Record, bool, error) bool) error {
	return errAbsent
}

// Scan implements Group.
func (absent) Scan(context.Context, Range, bool, func([]byte, kv.Record) (bool, error)) error {
	return errAbsent
}

// Backup implements Group.
func (absent) Backup(context.Context, shard.BackupID, io.Writer) error { return errAbsent }

// Failed implements Group.
func (absent) Failed() <-chan struct{} { return nil }

// Failure implements Group.
func (absent) Failure() error { return nil }
