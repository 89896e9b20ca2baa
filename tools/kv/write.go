package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
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
	Expect *expectedVersion `group:"raftkv" name:"expect-version" aliases:"expect" placeholder:"N|absent" help:"Only if the key has version N (kv get --version shows it), or only if it does not exist. Otherwise status 1. --expect is the same flag; 0 is the same as absent."`
}

// expectedVersion is a version of raftkv; 0 is that of a key that does not exist.
type expectedVersion uint64

// UnmarshalText reads a number, or "absent".
func (v *expectedVersion) UnmarshalText(text []byte) error {
	if string(text) == "absent" {
		*v = 0
		return nil
	}
	n, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil {
		return fmt.Errorf("%q is no version; it must be a number, or absent for a key that does not exist", text)
	}
	*v = expectedVersion(n)
	return nil
}

// previously is whether a command prints the value before.
type previously struct {
	Previous bool `group:"raftkv" help:"Print the value that the key had before."`
}

// wishes returns those of a write.
func (e expectation) wishes(p previously) wishes {
	return wishes{(*uint64)(e.Expect), p.Previous}
}

// report prints what a write that was done has to tell.
func (p previously) report(a *app, key []byte, w written) error {
	switch {
	case a.json():
		return a.write(w.object(key).line())
	case !p.Previous:
		return a.write(fmt.Appendf(nil, "version %v\n", w.version))
	case w.missed():
		fmt.Fprintln(a.err, "kv: the key did not exist before")
		return nil
	}
	return a.print(w.previous)
}

// object returns what a write has to tell, for programs.
func (w written) object(key []byte) object {
	o := object{}.bytes("key", key)
	if w.version != nil {
		o = o.with("version", w.version)
	}
	if w.existed != nil {
		o = o.with("existed", *w.existed)
	}
	if w.previous != nil {
		o = o.bytes("previous", w.previous)
	}
	return o
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
	w, err := call(a, func(ctx context.Context, s store) (written, error) {
		return s.put(ctx, key, value, c.wishes(c.previously))
	})
	if err != nil {
		return err
	}
	return c.report(a, key, w)
}
