package main

import (
	"context"
	"errors"
	"fmt"
)

// span is which keys a command is for.
type span struct {
	Prefix string `arg:"" optional:"" help:"Only keys that begin with this. Without it, and without a range: all keys."`
	From   string `group:"raftkv" placeholder:"KEY" help:"Begin with this key, whether or not it exists."`
	To     string `group:"raftkv" placeholder:"KEY" help:"End before this key."`
}

// of returns the range.
func (s *span) of(a *app) (r keyRange, err error) {
	if s.Prefix != "" && s.From+s.To != "" {
		return r, errors.New("keys are chosen by a prefix, or by a range (--from, --to); leave one of them out")
	}
	for _, part := range []struct {
		text string
		into *[]byte
	}{{s.Prefix, &r.prefix}, {s.From, &r.start}, {s.To, &r.end}} {
		if *part.into, err = a.bytes(part.text); err != nil {
			return r, err
		}
	}
	return r, nil
}

type countCommand struct{ span }

// Run prints the number of keys.
func (c *countCommand) Run(a *app) error {
	r, err := c.of(a)
	if err != nil {
		return err
	}
	return a.withStore(func(s store) error {
		n, err := a.count(s, r)
		switch {
		case err != nil:
			return err
		case a.json():
			return a.write(object{}.with("keys", n).line())
		}
		return a.write(fmt.Appendf(nil, "%d\n", n))
	})
}

// count returns how many keys there are in a range. It asks for all of them, and keeps none.
func (a *app) count(s store, r keyRange) (n int, err error) {
	r.keysOnly = true
	err = a.each(a.ctx, s, r, func([]byte) error { n++; return nil })
	return n, err
}

// each has a function take the keys of a range, in order, as long as it returns no error.
func (a *app) each(ctx context.Context, s store, r keyRange, take func(key []byte) error) error {
	ctx, touch, stop, explain := watch(ctx, a.within(callTimeout))
	defer stop()
	for p, err := range s.scan(ctx, r) {
		if err != nil {
			return explain(err)
		}
		if err := take(p.key); err != nil {
			return err
		}
		touch()
	}
	return nil
}
