package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
)

type deleteCommand struct {
	Key    *string `arg:"" optional:"" help:"The key."`
	Prefix *string `placeholder:"PREFIX" help:"Remove all keys that begin with this instead, and print how many. On a terminal kv asks first, with their number. Keys that others write meanwhile may stay."`
	Yes    bool    `help:"With --prefix: do not ask."`
	expectation
	previously
}

// Run removes the key, or the keys.
func (c *deleteCommand) Run(a *app) error {
	switch {
	case c.Prefix != nil && (c.Key != nil || c.Expect != nil || c.Previous):
		return errors.New("--prefix goes with neither a key nor --expect-version nor --previous")
	case c.Prefix != nil && *c.Prefix == "":
		return errors.New("--prefix is empty, which would be every key; name what the keys begin with")
	case c.Prefix != nil:
		return c.removeAll(a)
	case c.Key == nil:
		return errors.New("one key is needed, or --prefix")
	case c.Yes:
		return errors.New("--yes goes with --prefix")
	}
	key, err := a.bytes(*c.Key)
	if err != nil {
		return err
	}
	w, err := call(a, func(ctx context.Context, s store) (written, error) {
		return s.delete(ctx, key, c.wishes(c.previously))
	})
	switch {
	case err != nil:
		return err
	case w.missed():
		return missing(*c.Key)
	case a.json():
		return a.write(w.object(key).line())
	case c.Previous:
		return a.print(w.previous)
	}
	return nil
}

// removeAll removes the keys with the prefix.
func (c *deleteCommand) removeAll(a *app) error {
	prefix, err := a.bytes(*c.Prefix)
	if err != nil {
		return err
	}
	if !c.Yes && !(terminal(a.in) && terminal(a.err)) {
		return errors.New("nobody can be asked whether all keys with this prefix are to go; say so with --yes")
	}
	return a.withStore(func(s store) error {
		r := keyRange{prefix: prefix, keysOnly: true}
		if !c.Yes {
			n, err := a.count(s, r)
			if err != nil {
				return err
			}
			if !ask(a.in, a.err, fmt.Sprintf("remove %d keys that begin with %s?", n, quotedKey(*c.Prefix))) {
				return failure{errors.New("nothing was removed")}
			}
		}
		n, err := a.remove(s, r)
		if err != nil {
			return fmt.Errorf("after %d keys were removed: %w", n, err)
		}
		if a.json() {
			return a.write(object{}.bytes("prefix", prefix).with("removed", n).line())
		}
		return a.write(fmt.Appendf(nil, "removed %d\n", n))
	})
}

// ask returns whether somebody says yes. Everything else is no.
func ask(in io.Reader, out io.Writer, question string) bool {
	fmt.Fprintf(out, "%s [y/N] ", question)
	answer, _ := bufio.NewReader(in).ReadString('\n')
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}

// removers is how many keys are removed at the same time. raftkv's Clerk sends what they ask for together.
const removers = 64

// remove removes the keys of a range, and returns how many were there. It holds no more of them than are being
// removed. The first error ends it.
func (a *app) remove(s store, r keyRange) (int, error) {
	ctx, fail := context.WithCancelCause(a.ctx)
	defer fail(nil)
	var removed atomic.Int64
	var workers sync.WaitGroup
	keys := make(chan []byte)
	for range removers {
		workers.Go(func() {
			for key := range keys {
				existed, err := a.removeOne(ctx, s, key)
				if err != nil {
					fail(err)
					return
				}
				if existed {
					removed.Add(1)
				}
			}
		})
	}
	err := a.each(ctx, s, r, func(key []byte) error {
		select {
		case keys <- key:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	close(keys)
	workers.Wait()
	if cause := context.Cause(ctx); cause != nil {
		err = cause // that of the scan only says that it was ended
	}
	return int(removed.Load()), err
}

func (a *app) removeOne(ctx context.Context, s store, key []byte) (existed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, a.within(callTimeout))
	defer cancel()
	w, err := s.delete(ctx, key, wishes{})
	return err == nil && !w.missed(), err
}
