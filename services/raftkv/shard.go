package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/term"

	"numstore.example/contracts/token"
	"numstore.example/services/internal/rpcserver"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/server"
	"numstore.example/services/raftkv/internal/storage"
)

const (
	// self and shard: a server alone is node 1 and holds the one shard 0.
	self  = 1
	shard = 0

	// messageOverhead is what a message may have beside a key and a value, in bytes: tags, a request id.
	messageOverhead = 128

	// leastMessage is the least --max-message: the contract tells clients that they may count on it.
	leastMessage = 2 << 20

	// maxInFlight bounds the writes that wait for the disk, in bytes.
	maxInFlight = 256 << 20
)

// register opens the store, starts the shard's replica, and puts the services on the server. It returns what
// closes them again.
func (f *flags) register(rpc *rpcserver.Server) (func() error, error) {
	if err := f.agreeWith(rpc.Config()); err != nil {
		return nil, rpcserver.Misuse(err)
	}
	adminTokens, err := f.adminTokens()
	if err != nil {
		return nil, rpcserver.Misuse(err)
	}
	rpc.AllowTokens(adminTokens) // whoever may take the whole store away may also read a key
	tables, scans := shareFiles(rpc.Files())
	store, err := f.openStore(rpc, tables)
	if err != nil {
		return nil, err
	}
	state, replica, err := startReplica(store, rpc)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	server.RegisterMetrics(rpc.Metrics(), replica, state, store)
	ctx, stopForgetting := context.WithCancel(context.Background())
	go server.Forget(ctx, replica, func() int { return state.Figures().Sessions }, f.SessionTTL)
	server.Register(rpc, server.Config{
		Node: self, Replica: replica, State: state, Store: store,
		MaxKey: f.MaxKey, MaxValue: f.MaxValue, MaxMessage: rpc.Config().MaxMessage,
		MaxScans:    scans,
		ScanTimeout: f.ScanTimeout,
		LogRequests: f.LogRequests,
		Admin:       server.Admin{Tokens: adminTokens, MTLS: f.AdminMTLS},
		Stopping:    rpc.Stopping(), Stop: rpc.Stop, Log: rpc.Log(),
	})
	return func() error {
		stopForgetting()
		if store.Failed() {
			return nil // nothing can be written any more, and locks may be held for ever
		}
		if stalled := store.Disk().Stalled; stalled > 0 {
			return fmt.Errorf("the disk has not answered for %v: the store is left as a crash would leave it; nothing that was acknowledged is lost", stalled)
		}
		replica.Stop()
		return store.Close()
	}, nil
}

// adminTokens returns the tokens of --admin-token and --admin-token-file.
func (f *flags) adminTokens() (tokens []string, err error) {
	if f.AdminToken != "" {
		parsed, err := token.Parse(f.AdminToken)
		if err != nil {
			return nil, fmt.Errorf("--admin-token: %w", err)
		}
		tokens = append(tokens, parsed)
	}
	if f.AdminTokenFile != "" {
		ofFile, err := token.ReadFile(f.AdminTokenFile)
		if err != nil {
			return nil, fmt.Errorf("--admin-token-file: %w", err)
		}
		tokens = append(tokens, ofFile...)
	}
	return tokens, nil
}

// agreeWith says in what the flags contradict those of every service.
func (f *flags) agreeWith(config rpcserver.Config) error {
	if f.AdminMTLS && config.TLS.ClientCA == "" {
		return errors.New("--admin-mtls needs --tls-client-ca: without it no client shows a certificate")
	}
	if least := f.MaxKey + f.MaxValue + messageOverhead; config.MaxMessage < least {
		return fmt.Errorf("--max-message is %d; it must be at least %d to have room for --max-key, --max-value and what is around them",
			config.MaxMessage, least)
	}
	if config.MaxMessage < leastMessage {
		return fmt.Errorf("--max-message is %d; it must be at least %d: clients pack many small calls into messages of up to half of that",
			config.MaxMessage, leastMessage)
	}
	return nil
}

func (f *flags) openStore(rpc *rpcserver.Server, tables int) (*storage.Store, error) {
	options := storage.Options{
		Dir: f.DataDir, MaxTables: tables, Reserve: f.DiskReserve, DiskStall: f.DiskStall,
		OnStall: rpc.Pause, OnFailure: rpc.Fail, Log: rpc.Log(),
	}
	if f.Durability == "interval" {
		options.SyncInterval = f.SyncInterval
	}
	if f.Restore == "" {
		return storage.Open(options)
	}
	file, err := f.openBackup()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	backup, err := storage.OpenBackup(file)
	if err != nil && f.Restore == "-" {
		err = fmt.Errorf("%w; to go on with the data that the folder has, leave --restore away", err)
	}
	if err != nil {
		return nil, fmt.Errorf("--restore %s: %w", f.Restore, err)
	}
	options.Restore = storage.RestoreFrom(backup, shard)
	store, err := storage.Open(options)
	if errors.Is(err, storage.ErrNoBackup) {
		err = fmt.Errorf("--restore %s: %w", f.Restore, err)
	}
	return store, err
}

// openBackup opens the file of --restore; - is standard input.
func (f *flags) openBackup() (*os.File, error) {
	if f.Restore != "-" {
		file, err := os.Open(f.Restore)
		if err != nil {
			return nil, fmt.Errorf("--restore: %w", err)
		}
		return file, nil
	}
	if term.IsTerminal(int(os.Stdin.Fd())) {
		return nil, rpcserver.Misuse(errors.New("--restore - reads a backup from standard input, which is a terminal; pipe one into it"))
	}
	return os.Stdin, nil
}

// startReplica starts the shard's replica, and waits until it leads: a group of one needs no one else for
// that, and calls that came earlier would be refused.
func startReplica(store *storage.Store, rpc *rpcserver.Server) (*storage.State, *node.Replica, error) {
	state, err := store.OpenState(shard)
	if err != nil {
		return nil, nil, err
	}
	log, err := store.OpenLog(shard, []uint64{self}, state.Applied())
	if err != nil {
		return nil, nil, err
	}
	store.Start()
	replica, err := node.Start(node.Config{
		ID: self, Log: log, Machine: state, Applied: state.Applied(), Campaign: true,
		MaxInFlight: maxInFlight, OnFailure: rpc.Fail, Logger: rpc.Log(),
	})
	if err != nil {
		return nil, nil, err
	}
	err = replica.AwaitLeader(context.Background())
	if err == nil {
		err = replica.AwaitBarrier(context.Background()) // the whole log is applied, and was readable
	}
	if failure := store.Failure(); err != nil && failure != nil {
		return nil, nil, failure // what the replica says is a consequence; it may never stop
	}
	if err != nil {
		replica.Stop()
		return nil, nil, err
	}
	return state, replica, nil
}
