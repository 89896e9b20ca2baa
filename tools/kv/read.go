package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"

	"numstore.example/contracts/raftkv"
)

type getCommand struct {
	Key     string `arg:"" help:"The key."`
	Version bool   `help:"Print the version instead, for --expect."`
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
	Prefix   string `arg:"" optional:"" help:"Only keys that begin with this. Without it, and without a range: all keys."`
	From     string `placeholder:"KEY" help:"Begin with this key, whether or not it exists."`
	To       string `placeholder:"KEY" help:"End before this key."`
	Limit    uint64 `placeholder:"N" help:"Print at most so many; 0 for all."`
	KeysOnly bool   `help:"Leave the values out."`
}

// span returns the range that is asked for.
func (c *scanCommand) span(a *app) (r raftkv.Range, err error) {
	if c.Prefix != "" && c.From+c.To != "" {
		return r, errors.New("a scan is of a prefix, or of a range (--from, --to); leave one of them out")
	}
	r = raftkv.Range{Limit: c.Limit, KeysOnly: c.KeysOnly}
	for _, part := range []struct {
		text string
		into *[]byte
	}{{c.Prefix, &r.Prefix}, {c.From, &r.Start}, {c.To, &r.End}} {
		if *part.into, err = a.bytes(part.text); err != nil {
			return r, err
		}
	}
	return r, nil
}

// Run prints a line for each pair.
func (c *scanCommand) Run(a *app) error {
	r, err := c.span(a)
	if err != nil {
		return err
	}
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
