package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"numstore.example/services/internal/kvserver"
	"numstore.example/services/internal/rpcserver"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/page"
	"numstore.example/services/raftkv/internal/server"
)

const (
	// leastMessage is the least --max-message: the contract tells clients that they may count on it.
	leastMessage = 2 << 20

	// maxInFlight bounds the writes that wait for the disk, in bytes.
	maxInFlight = 256 << 20
)

// open opens the node, and puts the services on the server.
func (f *flags) open(ctx context.Context, rpc *rpcserver.Server) (service rpcserver.Service, err error) {
	if err := f.agreeWith(rpc.Config()); err != nil {
		return service, rpcserver.Misuse(err)
	}
	admin, err := f.Admin(rpc) // whoever may take the whole store away may also read a key
	if err != nil {
		return service, rpcserver.Misuse(err)
	}
	m, err := f.membership(rpc)
	if err != nil {
		return service, rpcserver.Misuse(err)
	}
	var status page.Page
	status.Mount(rpc.HandleHTTP)
	tables, scans := kvserver.ShareFiles(rpc.Files())
	n, err := f.openNode(ctx, rpc, tables, m)
	if err != nil {
		return service, err
	}
	if err := m.agrees(n.Cluster(), n.StoreID()); err != nil {
		return service, errors.Join(err, n.Close())
	}
	server.RegisterMetrics(rpc.Metrics(), n)
	own := server.Register(rpc, server.Config{
		Node:   n,
		MaxKey: f.MaxKey, MaxValue: f.MaxValue, MaxMessage: rpc.Config().MaxMessage,
		MaxScans:    scans,
		ScanTimeout: f.ScanTimeout,
		LogRequests: f.LogRequests,
		Forward:     f.Forward,
		Admin:       admin,
		Identify:    m.identify,
		Stopping:    rpc.Stopping(), Stop: rpc.Stop, Logger: rpc.Logger(),
	})
	m.serve(rpc, n)
	closePage, err := showPage(&status, rpc.Config(), n, own, nil)
	if err != nil {
		return service, errors.Join(err, m.close(n))
	}
	return rpcserver.Service{
		Ready: func(ctx context.Context) error { return m.ready(ctx, n) },
		Close: func() error {
			closePage()
			return m.close(n)
		},
	}, nil
}

// agreeWith says in what the flags contradict those of every service.
func (f *flags) agreeWith(config rpcserver.Config) error {
	if err := f.StoreFlags.AgreeWith(config); err != nil {
		return err
	}
	if config.MaxMessage < leastMessage {
		return fmt.Errorf("--max-message is %d; it must be at least %d: clients pack many small calls into messages of up to half of that",
			config.MaxMessage, leastMessage)
	}
	return nil
}

// openNode opens the node, with tables so many files of the store open at a time. A new store is filled with the backup
// of --restore, if there is one.
func (f *flags) openNode(ctx context.Context, rpc *rpcserver.Server, tables int, m *membership) (*node.Node, error) {
	options := node.Options{
		Storage: node.Storage{
			Dir: f.DataDir, MaxTables: tables, Reserve: f.DiskReserve, DiskStall: f.DiskStall, OnStall: rpc.Pause,
		},
		MaxInFlight: maxInFlight, SessionTTL: f.SessionTTL, OnFailure: rpc.Fail, Logger: rpc.Logger(),
	}
	m.options(&options)
	if f.Durability == "interval" {
		options.Storage.SyncInterval = f.SyncInterval
	}
	if f.Restore == "" {
		return node.Open(options)
	}
	backup, done, err := f.readBackup(ctx)
	defer done()
	if err != nil {
		return nil, err
	}
	options.Restore = node.RestoreFrom(backup, m.plan)
	n, err := node.Open(options)
	if errors.Is(err, node.ErrNoBackup) {
		err = fmt.Errorf("--restore %s: %w", f.Restore, err)
	}
	return n, err
}

// readBackup begins to read the backup of --restore. Done is to be called when no more is read. Of a file, all is read twice: the
// first time, nothing is written.
func (f *flags) readBackup(ctx context.Context) (backup *node.Backup, done func(), err error) {
	var ends []func()
	done = func() {
		for _, end := range ends {
			end()
		}
	}
	begin := func() (io.Reader, error) {
		file, err := f.openBackup()
		if err != nil {
			return nil, err
		}
		reading, end := until(ctx, file)
		ends = append(ends, func() { end(); file.Close() })
		return reading, nil
	}
	in, err := begin()
	if err != nil {
		return nil, done, err
	}
	backup, err = node.OpenBackup(in)
	if err != nil && f.Restore == "-" {
		err = fmt.Errorf("%w; to go on with the data that the folder has, leave --restore away", err)
	}
	if err != nil {
		return nil, done, fmt.Errorf("--restore %s: %w", f.Restore, err)
	}
	if info, err := os.Stat(f.Restore); err == nil && info.Mode().IsRegular() {
		backup.Again = begin
	}
	return backup, done, nil
}

// until returns what reads from a reader until a context ends: nothing else may end the wait for a pipe. Done is to be called
// when no more is read.
func until(ctx context.Context, from io.Reader) (reading io.Reader, done func()) {
	pipe, writing := io.Pipe()
	go func() {
		_, err := io.Copy(writing, from)
		writing.CloseWithError(err)
	}()
	stop := context.AfterFunc(ctx, func() { writing.CloseWithError(ctx.Err()) })
	return pipe, func() { stop(); pipe.Close() }
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
