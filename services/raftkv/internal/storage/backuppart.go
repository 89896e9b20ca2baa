package storage

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"numstore.example/services/internal/engine"
	"numstore.example/services/raftkv/internal/shard"
)

// Part says what a part of a backup is: a shard as of one moment. Parts of one backup agree in Backup, Cluster, Placement
// and Shards; so many of them, of different shards and in any order, are a whole backup.
type Part struct {
	Backup    shard.BackupID  `json:"backup"`
	Cluster   shard.ClusterID `json:"cluster"`
	Placement uint32          `json:"placement"` // of keys, as in contracts/placement
	Shards    int             `json:"shards"`    // of the cluster
	Shard     ShardID         `json:"shard"`
	Index     Index           `json:"index"` // of the last entry of the shard's log that it shows
	Taken     time.Time       `json:"taken"` // by the clock of the node that has written it; for people
	Keys      uint64          `json:"keys"`
	Bytes     uint64          `json:"bytes"` // of keys and values
}

// maxPartHeader is more bytes than what a part begins with ever has.
const maxPartHeader = 4 << 10

// encode returns what the part begins with: two lines and a checksum.
func (p *Part) encode() []byte {
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // the types can be encoded
	}
	header := append(append([]byte(backupMagic), text...), '\n', 0, 0, 0, 0)
	engine.Seal(header)
	return header
}

// ReadPart reads what a part of a backup begins with. It reads no further, and wants to be asked for few bytes at a time.
// It returns io.EOF when there is nothing, and ErrNoBackup for anything else.
func ReadPart(r io.Reader) (p Part, err error) {
	var header []byte
	for lines := 0; lines < 2 && len(header) < maxPartHeader; {
		header = append(header, 0)
		if _, err := io.ReadFull(r, header[len(header)-1:]); err != nil {
			if err != io.EOF || len(header) > 1 {
				err = fmt.Errorf("%w: it ends where a part begins: %w", ErrNoBackup, err)
			}
			return p, err
		}
		if header[len(header)-1] == '\n' {
			lines++
		}
	}
	text := header[min(len(backupMagic), len(header)):]
	header = append(header, 0, 0, 0, 0)
	if _, err := io.ReadFull(r, header[len(header)-4:]); err != nil {
		return p, fmt.Errorf("%w: it ends where a part begins: %w", ErrNoBackup, err)
	}
	if !engine.Sealed(header) || string(header[:len(backupMagic)]) != backupMagic {
		return p, fmt.Errorf("%w: a part does not begin as one", ErrNoBackup)
	}
	if err = json.Unmarshal(text, &p); err == nil {
		err = p.check()
	}
	if err != nil {
		return p, fmt.Errorf("%w: what a part is cannot be read: %w", ErrNoBackup, err)
	}
	return p, nil
}

func (p *Part) check() error {
	if p.Shards < 1 || p.Shards > shard.MaxShards || int(p.Shard) >= p.Shards {
		return fmt.Errorf("shard %d of %d", p.Shard, p.Shards)
	}
	return nil
}

// parts are those that were read of a backup.
type parts struct {
	first Part
	read  []bool // by shard
	count int
}

func newParts(first Part) *parts { return &parts{first: first, read: make([]bool, first.Shards)} }

// add takes up the next one, if it is another one of the same backup.
func (p *parts) add(part Part) error {
	switch first := p.first; {
	case part.Backup != first.Backup || part.Cluster != first.Cluster || part.Shards != first.Shards || part.Placement != first.Placement:
		return fmt.Errorf("%w: shard %d is of the backup %v of cluster %v, and shard %d of the backup %v of cluster %v",
			ErrNoBackup, first.Shard, first.Backup, first.Cluster, part.Shard, part.Backup, part.Cluster)
	case p.read[part.Shard]:
		return fmt.Errorf("%w: it has shard %d twice", ErrNoBackup, part.Shard)
	}
	p.read[part.Shard] = true
	p.count++
	return nil
}

func (p *parts) complete() bool { return p.count == len(p.read) }

// missing is the error of a backup that ends too early.
func (p *parts) missing() error {
	return fmt.Errorf("%w: it has %d of %d shards, and ends before shard %d", ErrNoBackup, p.count, len(p.read), slices.Index(p.read, false))
}
