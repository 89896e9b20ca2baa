package main

import (
	"bufio"
	"context"
	"fmt"
	"slices"

	"numstore.example/contracts/raftkv"
	"numstore.example/contracts/raftkvpb"
)

type getCommand struct {
	Key     string `arg:"" help:"The key."`
	Version bool   `help:"Print the version instead, for --expect-version."`
}

// Run prints the value as it is.
func (c *getCommand) Run(a *app) error {
	key, err := a.bytes(c.Key)
	if err != nil {
		return err
	}
	return a.call(func(ctx context.Context, clerk *raftkv.Clerk) error {
		r, err := clerk.Get(ctx, key)
		switch {
		case err != nil:
			return err
		case !r.Found:
			return missing(c.Key)
		case a.json() && c.Version:
			return a.write(object{}.bytes("key", key).with("version", r.Version).line())
		case a.json():
			return a.write(object{}.bytes("key", key).bytes("value", r.Value).with("version", r.Version).line())
		case c.Version:
			return a.write(fmt.Appendf(nil, "%d\n", r.Version))
		}
		return a.print(r.Value)
	})
}

type scanCommand struct {
	span
	Limit    uint64 `placeholder:"N" help:"Print at most so many; 0 for all."`
	KeysOnly bool   `help:"Leave the values out."`
}

// Run prints a line for each pair.
func (c *scanCommand) Run(a *app) error {
	r, err := c.of(a)
	if err != nil {
		return err
	}
	r.Limit, r.KeysOnly = c.Limit, c.KeysOnly
	clerk, err := a.clerk()
	if err != nil {
		return err
	}
	defer clerk.Close()
	ctx, touch, stop, explain := watch(a.ctx, a.within(callTimeout))
	defer stop()
	out := bufio.NewWriter(a.out)
	for pair, err := range clerk.Scan(ctx, r) {
		if err != nil {
			out.Flush()
			return explain(err)
		}
		touch()
		if _, err := out.Write(c.line(a, pair)); err != nil {
			return failure{err}
		}
	}
	if err := out.Flush(); err != nil {
		return failure{err}
	}
	return nil
}

// line returns what is printed of a pair.
func (c *scanCommand) line(a *app, pair *raftkvpb.Pair) []byte {
	if a.json() {
		o := object{}.bytes("key", pair.GetKey())
		if !c.KeysOnly {
			o = o.bytes("value", pair.GetValue())
		}
		return o.with("version", pair.GetVersion()).line()
	}
	line := slices.Clone(a.show(pair.GetKey()))
	if !c.KeysOnly {
		line = append(append(line, '\t'), a.show(pair.GetValue())...)
	}
	return append(line, '\n')
}
