package main

import (
	"bufio"
	"context"
	"fmt"
	"slices"
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
	p, err := call(a, func(ctx context.Context, s store) (pair, error) {
		p, err := s.get(ctx, key)
		if err == errMissing {
			err = missing(c.Key)
		}
		return p, err
	})
	switch {
	case err != nil:
		return err
	case a.json() && c.Version:
		return a.write(object{}.bytes("key", key).with("version", p.version).line())
	case a.json():
		return a.write(object{}.bytes("key", key).bytes("value", p.value).with("version", p.version).line())
	case c.Version:
		return a.write(fmt.Appendf(nil, "%v\n", p.version))
	}
	return a.print(p.value)
}

type scanCommand struct {
	span
	After    string `group:"gossipkv" placeholder:"KEY" help:"Only keys behind this one: to go on where another scan has ended."`
	Limit    uint64 `placeholder:"N" help:"Print at most so many; 0 for all."`
	KeysOnly bool   `help:"Leave the values out."`
}

// Run prints a line for each pair.
func (c *scanCommand) Run(a *app) error {
	r, err := c.of(a)
	if err != nil {
		return err
	}
	if r.after, err = a.bytes(c.After); err != nil {
		return err
	}
	r.limit, r.keysOnly = c.Limit, c.KeysOnly
	return a.withStore(func(s store) error { return c.print(a, s, r) })
}

// print prints the pairs as they come.
func (c *scanCommand) print(a *app, s store, r keyRange) error {
	ctx, touch, stop, explain := watch(a.ctx, a.within(callTimeout))
	defer stop()
	out := bufio.NewWriter(a.out)
	for p, err := range s.scan(ctx, r) {
		if err != nil {
			out.Flush()
			return explain(err)
		}
		touch()
		if _, err := out.Write(c.line(a, p)); err != nil {
			return failure{err}
		}
	}
	if err := out.Flush(); err != nil {
		return failure{err}
	}
	return nil
}

// line returns what is printed of a pair.
func (c *scanCommand) line(a *app, p pair) []byte {
	if a.json() {
		o := object{}.bytes("key", p.key)
		if !c.KeysOnly {
			o = o.bytes("value", p.value)
		}
		return o.with("version", p.version).line()
	}
	line := slices.Clone(a.show(p.key))
	if !c.KeysOnly {
		line = append(append(line, '\t'), a.show(p.value)...)
	}
	return append(line, '\n')
}
