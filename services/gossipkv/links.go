package main

import (
	"errors"
	"fmt"
	"math"
	"net"

	"numstore.example/contracts/address"
	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/peer"
	"numstore.example/services/internal/rpcserver"
)

// linkFlags say who a server is, and to whom it links itself.
type linkFlags struct {
	ID        uint64   `group:"Servers" name:"id" placeholder:"N" help:"The number of this server, 1 to 4294967295, which no other one has (it must be given, and stays that of the folder)."`
	Peers     []string `group:"Servers" placeholder:"HOST:PORT,..." help:"Servers to which this one links itself, until an operator ends that. A path to every other server is enough, over however many others (default: none)."`
	Advertise string   `group:"Servers" placeholder:"HOST:PORT" help:"Where the others reach this server, which is told to them (default: --addr, if that names an address of this machine; else they are not told, and do not link themselves to it)."`
	rpcserver.PeerFlags
}

// links is what the flags say.
type links struct {
	self      merge.ServerID
	advertise string // HOST:PORT, or empty
	config    peer.Config
}

// open reads the flags. An error is a mistake in them.
func (f *linkFlags) open(rpc *rpcserver.Server) (l links, err error) {
	if f.ID == 0 {
		return l, errors.New("--id is missing: give each server a number of its own, 1 to 4294967295")
	}
	if f.ID > math.MaxUint32 {
		return l, fmt.Errorf("--id is %d; it must be 1 to 4294967295", f.ID)
	}
	l.self = merge.ServerID(f.ID)
	if l.advertise, err = f.advertised(rpc.Addr()); err != nil {
		return l, fmt.Errorf("--advertise: %w", err)
	}
	l.config = peer.Config{Stopping: rpc.Stopping(), Logger: rpc.Logger()}
	for _, text := range f.Peers {
		at, err := address.ParseHostPort(text)
		if err != nil {
			return l, fmt.Errorf("--peers: %w", err)
		}
		l.config.Peers = append(l.config.Peers, at)
	}
	known, err := f.PeerFlags.Peers(rpc)
	l.config.Token, l.config.Credentials, l.config.Authorize = known.Token, known.Credentials, known.Check
	return l, err
}

// advertised returns where others reach a server that listens at an address, or nothing if that does not say.
func (f *linkFlags) advertised(listens net.Addr) (string, error) {
	if f.Advertise != "" {
		at, err := address.ParseHostPort(f.Advertise)
		if err != nil {
			return "", err
		}
		if host, _, _ := net.SplitHostPort(at); host == "" || net.ParseIP(host).IsUnspecified() {
			return "", fmt.Errorf("%q names no machine; others reach this server at HOST:PORT", f.Advertise)
		}
		return at, nil
	}
	if tcp, ok := listens.(*net.TCPAddr); ok && !tcp.IP.IsUnspecified() {
		return tcp.String(), nil
	}
	return "", nil
}
