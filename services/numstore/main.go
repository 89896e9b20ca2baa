// Numstore serves contracts/numstore.proto: numbers by key with their running total, and factorials
// from a cache of ten. It keeps everything in memory, and a restart starts empty; or it keeps the numbers in an engine, where
// they outlive it, and where several numstores share them.
//
//	numstore                                       # serve on port 5440
//	numstore --engine etcd://localhost:2379        # keep the numbers in etcd
//	numstore verify --engine etcd://localhost:2379 # do they add up to the total?
//	numstore healthcheck                           # status 0 if the server on this machine takes calls
//	numstore --help                                # every flag with its default
//
// Package rpcserver is the process around it, package numbers the rules, package remote what keeps numbers in an engine,
// package server what joins them.
package main

import (
	"context"
	"fmt"

	"numstore.example/contracts/numstorepb"
	"numstore.example/services/internal/rpcserver"
	"numstore.example/services/numstore/internal/numbers"
	"numstore.example/services/numstore/internal/server"
)

// flags are numstore's own, beside those of every service.
type flags struct {
	MaxKey  int `group:"Limits" default:"1024" placeholder:"BYTES" help:"Longest key taken, in bytes (default ${default})."`
	MaxKeys int `group:"Limits" default:"10000000" placeholder:"N" help:"Number of keys held; a further one is refused with RESOURCE_EXHAUSTED (default ${default})."`

	engineFlags
}

// Validate says what is wrong with the first setting that cannot be used.
func (f *flags) Validate() error {
	switch {
	case f.MaxKey < 1:
		return fmt.Errorf("--max-key is %d; it must be at least 1 byte", f.MaxKey)
	case f.MaxKeys < 1:
		return fmt.Errorf("--max-keys is %d; it must be at least 1", f.MaxKeys)
	}
	return f.check()
}

func main() {
	var flags flags
	rpcserver.Main(rpcserver.Program{
		Name:       "numstore",
		Summary:    "Numbers by key, their running total, and factorials from a small cache, over gRPC (contracts/numstore.proto). In memory, or in an engine.",
		Contract:   numstorepb.File_numstore_proto,
		Addr:       ":5440",
		Workers:    4,
		Waiting:    flags.remote,
		Queue:      4096,
		MaxMessage: 4 << 20,
		Flags:      &flags,
		Verbs:      []rpcserver.Verb{flags.verifyVerb()},
		Open: func(ctx context.Context, rpc *rpcserver.Server) (rpcserver.Service, error) {
			if flags.remote() {
				return flags.open(ctx, rpc)
			}
			server.Register(rpc, rpc.Metrics(), server.InMemory(numbers.New(flags.MaxKeys)), flags.MaxKey)
			return rpcserver.Service{}, nil
		},
	})
}
