package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/alecthomas/kong"
)

// backend is a service that kv speaks to. What all services can do, the verbs do through its store; a verb or a flag that one
// alone has is in help's group of that name, and refused for the others.
type backend struct {
	name     string
	address  string // of its servers, unless --servers says otherwise
	open     func(*app) (store, error)
	stat     func(a *app, all bool) error
	shutdown func(a *app, all bool) error
}

// backends are those that --service may name.
var backends = map[string]backend{
	"gossipkv": {"gossipkv", "localhost:8000", openSession, statGossipkv, shutdownGossipkv},
	"raftkv":   {"raftkv", "localhost:6000", openClerk, statRaftkv, shutdownRaftkv},
}

// tellService has the help of each verb that one service alone has say so.
func tellService(k *kong.Kong) error {
	for _, verb := range k.Model.Leaves(false) {
		if group := verb.ClosestGroup(); group != nil {
			verb.Detail = strings.TrimSpace("It is a verb for " + group.Key + " alone.\n\n" + verb.Detail)
		}
	}
	return nil
}

// lacks returns an error if a command line has a verb or a flag that this service has not.
func (b backend) lacks(line *kong.Context) error {
	for _, part := range line.Path {
		kind, name, group := "verb", "", (*kong.Group)(nil)
		switch {
		case part.Command != nil:
			name, group = part.Command.Name, part.Command.Group
		case part.Flag != nil:
			kind, name, group = "flag", "--"+part.Flag.Name, part.Flag.Group
		}
		if group == nil || group.Key == b.name {
			continue
		}
		if _, other := backends[group.Key]; other {
			return fmt.Errorf("%s is a %s for %s alone, and --service is %s (see kv --help)", name, kind, group.Key, b.name)
		}
	}
	return nil
}

// store is a connection with a service, for the verbs that all services have. Its methods may be called from any number of
// goroutines, but for close.
type store interface {
	// greet fails soon when there is no server, or none that lets this client in.
	greet(context.Context) error

	put(ctx context.Context, key, value []byte, w wishes) (written, error)
	delete(ctx context.Context, key []byte, w wishes) (written, error)

	// get returns errMissing for a key that has no value.
	get(ctx context.Context, key []byte) (pair, error)

	// scan returns pairs in the order of their keys, as they come. An error is the last element.
	scan(context.Context, keyRange) iter.Seq2[pair, error]

	// status writes what a server says of itself, for people.
	status(context.Context, io.Writer) error

	// commands are what kv shell can do besides.
	commands() map[string]command

	// keep has what the calls have left behind outlast the process, if there is anything.
	keep() error

	// close does so too, and ends the connection.
	close() error
}

// version is what a service calls the version of a key: its text is for people, and JSON has it as the contract does.
type version interface{ String() string }

// pair is a key with a value, or without if that was not asked for.
type pair struct {
	key, value []byte
	version    version
}

// written is what a write has to tell.
type written struct {
	version  version // of the key from now on; nil if the service does not say
	existed  *bool   // whether the key had a value before; nil if the service does not say
	previous []byte  // which, if it was wished for
}

// missed says whether the key is known to have had no value.
func (w written) missed() bool { return w.existed != nil && !*w.existed }

// wishes are what a write may be asked for beside itself; raftkv alone knows any.
type wishes struct {
	expect   *uint64 // the version that the key must have
	previous bool    // whether to return the value before
}

// keyRange is which pairs a scan is for: those that begin with a prefix, or those of a range. The zero one is all.
type keyRange struct {
	prefix     []byte
	start, end []byte // from the first, itself included, to before the second; empty for the first and the end of all; raftkv alone
	after      []byte // only those behind this key; gossipkv alone
	limit      uint64 // at most so many; 0 for all
	keysOnly   bool
}

// call has a function make one call that may take as long as --timeout says, and returns what it returns.
func call[T any](a *app, do func(context.Context, store) (T, error)) (result T, err error) {
	err = a.withStore(func(s store) error {
		ctx, cancel := context.WithTimeout(a.ctx, a.within(callTimeout))
		defer cancel()
		result, err = do(ctx, s)
		return err
	})
	return result, err
}

// withStore opens the store for a function, and closes it.
func (a *app) withStore(do func(store) error) (err error) {
	s, err := a.backend.open(a)
	if err != nil {
		return err
	}
	defer func() { err = and(err, s.close()) }()
	return do(s)
}
