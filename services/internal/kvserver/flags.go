package kvserver

import (
	"fmt"
	"time"

	"numstore.example/services/internal/rpcserver"
)

// StoreFlags are the flags of a store on a disk, and what it takes of clients.
type StoreFlags struct {
	DiskReserve uint64        `group:"Storage" default:"67108864" placeholder:"BYTES" help:"Room that is kept for when the disk is full, at most an eighth of it; 0 for none. While less than that is free beside it, reads and deletions are done, and other writes are refused (default ${default})."`
	DiskStall   time.Duration `group:"Storage" default:"2s" placeholder:"TIME" help:"A disk that takes longer for a sync hangs: health is NOT_SERVING until it answers; 0 for never (default ${default})."`

	MaxKey      int           `group:"Limits" default:"1024" placeholder:"BYTES" help:"Longest key taken, in bytes (default ${default})."`
	MaxValue    int           `group:"Limits" default:"16777216" placeholder:"BYTES" help:"Longest value taken, in bytes; --max-message must have room for it (default ${default})."`
	ScanTimeout time.Duration `group:"Limits" default:"1m" placeholder:"TIME" help:"A scan whose client takes nothing of it for this long is ended; the client can go on after the last key that came (default ${default})."`
}

// maxValueLimit is the greatest value that the storage can be asked to take: a batch holds less than 4 GiB, a frame
// of a backup 1 GiB.
const maxValueLimit = 512 << 20

// maxKeyLimit is the greatest key.
const maxKeyLimit = 1 << 20

// messageOverhead is what a message may have beside a key and a value, in bytes: tags, a request id.
const messageOverhead = 128

// Check says what is wrong with the first setting that cannot be used.
func (f *StoreFlags) Check() error {
	switch {
	case f.DiskStall < 0:
		return fmt.Errorf("--disk-stall is %v; it must be 0 or more", f.DiskStall)
	case f.MaxKey < 1 || f.MaxKey > maxKeyLimit:
		return fmt.Errorf("--max-key is %d; it must be 1 to %d bytes", f.MaxKey, maxKeyLimit)
	case f.MaxValue < 0 || f.MaxValue > maxValueLimit:
		return fmt.Errorf("--max-value is %d; it must be 0 to %d bytes", f.MaxValue, maxValueLimit)
	case f.ScanTimeout <= 0:
		return fmt.Errorf("--scan-timeout is %v; it must be more than 0", f.ScanTimeout)
	}
	return nil
}

// AgreeWith says in what the flags contradict those of every service.
func (f *StoreFlags) AgreeWith(config rpcserver.Config) error {
	if least := f.MaxKey + f.MaxValue + messageOverhead; config.MaxMessage < least {
		return fmt.Errorf("--max-message is %d; it must be at least %d to have room for --max-key, --max-value and what is around them",
			config.MaxMessage, least)
	}
	return nil
}
