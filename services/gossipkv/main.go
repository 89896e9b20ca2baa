// Gossipkv serves contracts/gossipkv.proto: a key/value store that takes reads and writes on any server, whatever is broken,
// whose servers become equal when messages get through again, and that never lets a client read backwards.
//
//	gossipkv --id 1                              # serve on port 8000, data in ./gossipkv-data
//	gossipkv --id 2 --peers host:8000            # the same, linked to another server
//	gossipkv healthcheck                         # status 0 if the server on this machine takes calls
//	gossipkv --help                              # every flag with its default
//
// DESIGN.md tells the life of a write, and what happens when servers meet.
package main

import (
	"errors"

	"numstore.example/contracts/gossipkvpb"
	"numstore.example/services/gossipkv/internal/page"
	"numstore.example/services/internal/kvserver"
	"numstore.example/services/internal/rpcserver"
)

// flags are gossipkv's own, beside those of every service.
type flags struct {
	DataDir string `group:"Storage" default:"gossipkv-data" placeholder:"DIR" help:"Folder of the data; it is made if need be (default ./${default})."`

	kvserver.StoreFlags

	LogRequests bool `group:"Observing" help:"Log every get, put and delete with its outcome; values are cut short."`

	linkFlags
	rpcserver.AdminFlags
}

// Validate says what is wrong with the first setting that cannot be used.
func (f *flags) Validate() error {
	if f.DataDir == "" {
		return errors.New("--data-dir is empty; it must name a folder")
	}
	return f.StoreFlags.Check()
}

func main() {
	var flags flags
	rpcserver.Main(rpcserver.Program{
		Name:       "gossipkv",
		Summary:    "A key/value store over gRPC (contracts/gossipkv.proto): always writable on any server, and never a read backwards, also at another server.",
		Contract:   gossipkvpb.File_gossipkv_proto,
		Addr:       ":8000",
		Workers:    rpcserver.WaitingWorkers,
		Queue:      8192,
		MaxMessage: 32 << 20,
		Files:      kvserver.Files,
		Pages:      page.Paths,
		Flags:      &flags,
		Open:       flags.open,
	})
}
