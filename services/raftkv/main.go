// Raftkv serves contracts/raftkv.proto: a key/value store whose acknowledged writes survive crashes, whose
// reads are never stale, and whose writes happen exactly once.
//
//	raftkv                              # serve on port 6000, data in ./raftkv-data
//	raftkv --restore FILE               # fill a new folder with a backup, then serve; in a cluster, all nodes are told so
//	raftkv --restore - < FILE           # the same, from standard input
//	raftkv healthcheck                  # status 0 if the server on this machine takes calls
//	raftkv recover                      # when most replicas of a shard are lost for ever: what this folder could save
//	raftkv --help                       # every flag with its default
//
// DESIGN.md tells the life of a write, of a read and of a restart.
package main

import (
	"fmt"
	"time"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/internal/rpcserver"
	"numstore.example/services/raftkv/internal/page"
)

// flags are raftkv's own, beside those of every service.
type flags struct {
	DataDir string `group:"Storage" default:"raftkv-data" placeholder:"DIR" help:"Folder of the data; it is made if need be (default ./${default})."`
	Restore string `group:"Storage" placeholder:"FILE" help:"Fill the folder with this backup before serving; - is standard input. The folder must have no data yet, or be one that this very backup has filled. The nodes of a new cluster are all given the same backup, and the same --shards, --replicas and --placement, which may be others than before."`

	Durability   string        `group:"Storage" default:"always" enum:"always,interval" placeholder:"WHEN" help:"always: a write is on disk before it is answered. interval: within --sync-interval; a crash may lose the writes of the last interval, and damages nothing (default ${default})."`
	SyncInterval time.Duration `group:"Storage" default:"5s" placeholder:"TIME" help:"With --durability=interval: how often writes are put on disk (default ${default})."`

	DiskReserve uint64        `group:"Storage" default:"67108864" placeholder:"BYTES" help:"Room that is kept for when the disk is full, at most an eighth of it; 0 for none. While less than that is free beside it, reads and deletions are done, and other writes are refused (default ${default})."`
	DiskStall   time.Duration `group:"Storage" default:"2s" placeholder:"TIME" help:"A disk that takes longer for a sync hangs: health is NOT_SERVING until it answers; 0 for never (default ${default})."`

	MaxKey      int           `group:"Limits" default:"1024" placeholder:"BYTES" help:"Longest key taken, in bytes (default ${default})."`
	MaxValue    int           `group:"Limits" default:"16777216" placeholder:"BYTES" help:"Longest value taken, in bytes; --max-message must have room for it (default ${default})."`
	ScanTimeout time.Duration `group:"Limits" default:"1m" placeholder:"TIME" help:"A scan whose client takes nothing of it for this long is ended; the client can go on after the last key that came (default ${default})."`
	SessionTTL  time.Duration `group:"Limits" name:"session-ttl" default:"1h" placeholder:"TIME" help:"A client that has written nothing for this long, while the server was running, may be forgotten; its writes are then refused, never done twice (default ${default})."`

	LogRequests bool `group:"Observing" help:"Log every get, put, append and delete with its outcome; values are cut short."`

	clusterFlags
	rpcserver.AdminFlags
}

// maxValueLimit is the greatest value that the storage can be asked to take: a batch holds less than 4 GiB, a frame
// of a backup 1 GiB.
const maxValueLimit = 512 << 20

// maxKeyLimit is the greatest key.
const maxKeyLimit = 1 << 20

// Validate says what is wrong with the first setting that cannot be used.
func (f *flags) Validate() error {
	switch {
	case f.DataDir == "":
		return fmt.Errorf("--data-dir is empty; it must name a folder")
	case f.SyncInterval <= 0:
		return fmt.Errorf("--sync-interval is %v; it must be more than 0", f.SyncInterval)
	case f.DiskStall < 0:
		return fmt.Errorf("--disk-stall is %v; it must be 0 or more", f.DiskStall)
	case f.MaxKey < 1 || f.MaxKey > maxKeyLimit:
		return fmt.Errorf("--max-key is %d; it must be 1 to %d bytes", f.MaxKey, maxKeyLimit)
	case f.MaxValue < 0 || f.MaxValue > maxValueLimit:
		return fmt.Errorf("--max-value is %d; it must be 0 to %d bytes", f.MaxValue, maxValueLimit)
	case f.ScanTimeout <= 0:
		return fmt.Errorf("--scan-timeout is %v; it must be more than 0", f.ScanTimeout)
	case f.SessionTTL < time.Second:
		return fmt.Errorf("--session-ttl is %v; it must be at least 1s", f.SessionTTL)
	}
	return nil
}

func main() {
	var flags flags
	rpcserver.Main(rpcserver.Program{
		Name:       "raftkv",
		Summary:    "A key/value store over gRPC (contracts/raftkv.proto): durable before it answers, linearizable, every write exactly once.",
		Contract:   raftkvpb.File_raftkv_proto,
		Addr:       ":6000",
		Workers:    1024,
		Queue:      8192,
		MaxMessage: 32 << 20,
		Files:      files,
		Pages:      page.Paths,
		Flags:      &flags,
		Verbs:      []rpcserver.Verb{flags.recoverVerb()},
		Open:       flags.open,
	})
}
