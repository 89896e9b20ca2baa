package main

import (
	"bufio"
	"context"
	"fmt"

	"numstore.example/contracts/raftkv"
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
		out.Write(a.text(pair.GetKey()))
		if !c.KeysOnly {
			out.WriteByte('\t')
			out.Write(a.text(pair.GetValue()))
		}
		if err := out.WriteByte('\n'); err != nil {
			return failure{err}
		}
	}
	if err := out.Flush(); err != nil {
		return failure{err}
	}
	return nil
}
