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
	"numstore.example/services/internal/kvserver"
	"numstore.example/services/internal/rpcserver"
	"numstore.example/services/raftkv/internal/page"
)

// flags are raftkv's own, beside those of every service.
type flags struct {
	DataDir string `group:"Storage" default:"raftkv-data" placeholder:"DIR" help:"Folder of the data; it is made if need be (default ./${default})."`
	Restore string `group:"Storage" placeholder:"FILE" help:"Fill the folder with this backup before serving; - is standard input. The folder must have no data yet, or be one that this very backup has filled. The nodes of a new cluster are all given the same backup, and the same --shards, --replicas and --placement, which may be others than before."`

	Durability   string        `group:"Storage" default:"always" enum:"always,interval" placeholder:"WHEN" help:"always: a write is on disk before it is answered. interval: within --sync-interval; a crash may lose the writes of the last interval, and damages nothing (default ${default})."`
	SyncInterval time.Duration `group:"Storage" default:"5s" placeholder:"TIME" help:"With --durability=interval: how often writes are put on disk (default ${default})."`

	kvserver.StoreFlags

	SessionTTL time.Duration `group:"Limits" name:"session-ttl" default:"1h" placeholder:"TIME" help:"A client that has written nothing for this long, while the server was running, may be forgotten; its writes are then refused, never done twice (default ${default})."`

	LogRequests bool `group:"Observing" help:"Log every get, put, append and delete with its outcome; values are cut short."`

	clusterFlags
	rpcserver.AdminFlags
}

// Validate says what is wrong with the first setting that cannot be used.
func (f *flags) Validate() error {
	switch {
	case f.DataDir == "":
		return fmt.Errorf("--data-dir is empty; it must name a folder")
	case f.SyncInterval <= 0:
		return fmt.Errorf("--sync-interval is %v; it must be more than 0", f.SyncInterval)
	case f.SessionTTL < time.Second:
		return fmt.Errorf("--session-ttl is %v; it must be at least 1s", f.SessionTTL)
	}
	return f.StoreFlags.Check()
}

func main() {
	var flags flags
	rpcserver.Main(rpcserver.Program{
		Name:       "raftkv",
		Summary:    "A key/value store over gRPC (contracts/raftkv.proto): durable before it answers, linearizable, every write exactly once.",
		Contract:   raftkvpb.File_raftkv_proto,
		Addr:       ":6000",
		Workers:    rpcserver.WaitingWorkers,
		Queue:      8192,
		MaxMessage: 32 << 20,
		Files:      kvserver.Files,
		Pages:      page.Paths,
		Flags:      &flags,
		Verbs:      []rpcserver.Verb{flags.recoverVerb()},
		Open:       flags.open,
	})
}
