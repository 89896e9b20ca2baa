package main

import (
	"context"
	"fmt"
	"io"
	"iter"

	"numstore.example/contracts/raftkv"
)

// clerk returns a Clerk for the cluster.
func (a *app) clerk() (*raftkv.Clerk, error) { return a.clerkOf(a.Servers) }

// clerkOf returns a Clerk for the cluster that has these servers.
func (a *app) clerkOf(servers []string) (*raftkv.Clerk, error) {
	options, err := a.DialOptions()
	if err != nil {
		return nil, err
	}
	return raftkv.Dial(servers, append(options, a.Explained(servers, a.giveUp)...)...)
}

// withClerk has a function make one call that may take as long as --timeout says.
func (a *app) withClerk(do func(context.Context, *raftkv.Clerk) error) error {
	clerk, err := a.clerk()
	if err != nil {
		return err
	}
	defer clerk.Close()
	ctx, cancel := context.WithTimeout(a.ctx, a.within(callTimeout))
	defer cancel()
	return do(ctx, clerk)
}

// clerkStore is raftkv as a store.
type clerkStore struct {
	*app
	clerk *raftkv.Clerk
}

func openClerk(a *app) (store, error) {
	clerk, err := a.clerk()
	if err != nil {
		return nil, err
	}
	return &clerkStore{a, clerk}, nil
}

// raftkvVersion is how raftkv counts the versions of a key.
type raftkvVersion uint64

func (v raftkvVersion) String() string { return fmt.Sprint(uint64(v)) }

func (c *clerkStore) greet(ctx context.Context) error {
	_, err := c.clerk.Stat(ctx)
	return err
}

func (c *clerkStore) put(ctx context.Context, key, value []byte, w wishes) (written, error) {
	r, err := c.clerk.Put(ctx, key, value, writeOptions(w)...)
	return wrote(r.Version, r.Existed, r.Previous, w.previous), err
}

func (c *clerkStore) delete(ctx context.Context, key []byte, w wishes) (written, error) {
	r, err := c.clerk.Delete(ctx, key, writeOptions(w)...)
	done := wrote(0, r.Existed, r.Previous, w.previous)
	done.version = nil
	return done, err
}

// writeOptions returns wishes as the Clerk has them.
func writeOptions(w wishes) (options []raftkv.WriteOption) {
	if w.expect != nil {
		options = append(options, raftkv.ExpectVersion(*w.expect))
	}
	if w.previous {
		options = append(options, raftkv.ReturnPrevious())
	}
	return options
}

// wrote returns what raftkv tells of a write. Shows says whether the value before was wished for.
func wrote(version uint64, existed bool, previous []byte, shows bool) written {
	w := written{version: raftkvVersion(version), existed: &existed}
	if shows && existed {
		w.previous = append([]byte{}, previous...)
	}
	return w
}

func (c *clerkStore) get(ctx context.Context, key []byte) (pair, error) {
	r, err := c.clerk.Get(ctx, key)
	if err == nil && !r.Found {
		err = errMissing
	}
	return pair{key, r.Value, raftkvVersion(r.Version)}, err
}

func (c *clerkStore) scan(ctx context.Context, r keyRange) iter.Seq2[pair, error] {
	scan := c.clerk.Scan(ctx, raftkv.Range{Prefix: r.prefix, Start: r.start, End: r.end, Limit: r.limit, KeysOnly: r.keysOnly})
	return func(yield func(pair, error) bool) {
		for p, err := range scan {
			if !yield(pair{p.GetKey(), p.GetValue(), raftkvVersion(p.GetVersion())}, err) {
				return
			}
		}
	}
}

func (c *clerkStore) status(ctx context.Context, out io.Writer) error {
	stat, err := c.clerk.Stat(ctx)
	if err != nil {
		return err
	}
	return printStat(out, stat)
}

func (c *clerkStore) commands() map[string]command {
	return map[string]command{
		"append": {2, "KEY VALUE", "put VALUE at the end of a key's value", func(s *shell, ctx context.Context, key, value []byte) error {
			r, err := c.clerk.Append(ctx, key, value)
			if err == nil {
				fmt.Fprintf(s.out, "version %d\n", r.Version)
			}
			return err
		}},
		"topology": {0, "", "show shards, servers and leaders", func(s *shell, ctx context.Context, _, _ []byte) error {
			topology, err := c.clerk.Topology(ctx)
			if err != nil {
				return err
			}
			return printTopology(s.out, topology, c.statAll(ctx, c.clerk, topology, askTimeout), false)
		}},
	}
}

// keep has nothing to do: the Clerk leaves nothing behind.
func (c *clerkStore) keep() error { return nil }

func (c *clerkStore) close() error {
	c.clerk.Close()
	return nil
}
