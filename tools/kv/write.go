package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"numstore.example/contracts/raftkv"
)

// content is a value on the command line.
type content struct {
	Value *string `arg:"" optional:"" help:"The value; - takes it from standard input. One that begins with - comes after -- and all flags."`
	File  string  `placeholder:"FILE" help:"Take the value from a file; - is standard input."`
}

// read returns the value.
func (c *content) read(a *app) (value []byte, err error) {
	switch {
	case (c.Value == nil) == (c.File == ""):
		return nil, errors.New("one value is needed: as the second argument, as - for standard input, or in a file by --file")
	case c.File == "-" || c.File == "" && *c.Value == "-":
		return io.ReadAll(a.in)
	case c.File != "":
		return os.ReadFile(c.File)
	}
	return a.bytes(*c.Value)
}

// keyed reads the key and the value of a write.
func (c *content) keyed(a *app, text string) (key, value []byte, err error) {
	if key, err = a.bytes(text); err == nil {
		value, err = c.read(a)
	}
	return key, value, err
}

// expectation is on which condition a write is done.
type expectation struct {
	Expect *version `name:"expect-version" aliases:"expect" placeholder:"N|absent" help:"Only if the key has version N (kv get --version shows it), or only if it does not exist. Otherwise status 1. --expect is the same flag; 0 is the same as absent."`
}

// version is that of a key; 0 is the version of a key that does not exist.
type version uint64

// UnmarshalText reads a number, or "absent".
func (v *version) UnmarshalText(text []byte) error {
	if string(text) == "absent" {
		*v = 0
		return nil
	}
	n, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil {
		return fmt.Errorf("%q is no version; it must be a number, or absent for a key that does not exist", text)
	}
	*v = version(n)
	return nil
}

// previously is whether a command prints the value before.
type previously struct {
	Previous bool `help:"Print the value that the key had before."`
}

// options returns the wishes of a write.
func (e expectation) options(p previously) (options []raftkv.WriteOption) {
	if e.Expect != nil {
		options = append(options, raftkv.ExpectVersion(uint64(*e.Expect)))
	}
	if p.Previous {
		options = append(options, raftkv.ReturnPrevious())
	}
	return options
}

// report prints what a write that was done has to tell.
func (p previously) report(a *app, key []byte, version uint64, existed bool, previous []byte) error {
	switch {
	case a.json():
		o := object{}.bytes("key", key).with("version", version).with("existed", existed)
		if p.Previous && existed {
			o = o.bytes("previous", previous)
		}
		return a.write(o.line())
	case !p.Previous:
		return a.write(fmt.Appendf(nil, "version %d\n", version))
	case !existed:
		fmt.Fprintln(a.err, "kv: the key did not exist before")
		return nil
	}
	return a.print(previous)
}

type putCommand struct {
	Key string `arg:"" help:"The key."`
	content
	expectation
	previously
}

// Run sets the key.
func (c *putCommand) Run(a *app) error {
	key, value, err := c.keyed(a, c.Key)
	if err != nil {
		return err
	}
	return a.call(func(ctx context.Context, clerk *raftkv.Clerk) error {
		r, err := clerk.Put(ctx, key, value, c.options(c.previously)...)
		if err != nil {
			return err
		}
		return c.report(a, key, r.Version, r.Existed, r.Previous)
	})
}
