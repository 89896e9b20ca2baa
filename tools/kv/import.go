package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

type importCommand struct {
	File string `arg:"" optional:"" default:"-" placeholder:"FILE" help:"The file to read; - or nothing is standard input."`
}

// Help is what kv import --help says below the flags.
func (c *importCommand) Help() string {
	return `Each line is an object as kv scan --output json prints it, with a key and a value, either of them in base64 if it is no UTF-8:

    {"key":"color","value":"green"}
    {"key_base64":"/w==","value":"x"}

A field "version" means nothing. Many lines are written at the same time; of those with the same key the last one wins. Other keys of the store stay as they are.

A line that cannot be written is named in an error with its number, keeps no other from being written, and makes the status 1 in the end. When a server does not answer for --timeout (1m), nothing further is tried, and the status is 3: to run it again writes the same once more. On a terminal it shows how far it is.`
}

// Limits of what is on its way at the same time.
const (
	maxFlying      = 2048
	maxFlyingBytes = 64 << 20 // unless one pair alone has more
)

// Run reads lines until the input ends.
func (c *importCommand) Run(a *app) error {
	if a.Quote {
		return errors.New("kv import prints no keys; leave --quote out")
	}
	input := a.in
	if c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer file.Close()
		input = file
	}
	return a.withStore(func(s store) error {
		if err := a.greet(s); err != nil {
			return err
		}
		i := &loading{app: a, store: s, flying: make(map[string]bool), landed: make(chan landing), meter: newMeter(a.err, input)}
		err := i.load(input)
		i.meter.clear()
		if errOut := a.write(i.summary()); errOut != nil && err == nil {
			err = errOut
		}
		return err
	})
}

// greet fails soon when there is no server, or none that lets this client in: the writes would wait longer.
func (a *app) greet(s store) error {
	ctx, cancel := context.WithTimeout(a.ctx, a.within(callTimeout))
	defer cancel()
	return s.greet(ctx)
}

// loading is an import under way. One goroutine owns it; each pair that is on its way has one more, which tells of its end.
type loading struct {
	*app
	store  store
	flying map[string]bool // keys of the pairs that are on their way
	bytes  int             // and what these have
	landed chan landing
	meter  *meter

	imported, failed int
	lost             error // why nothing further is tried
}

// landing is the end of a pair's way.
type landing struct {
	key  []byte
	size int
	line int
	err  error
}

// load writes what the input has, and waits for all of it.
func (l *loading) load(from io.Reader) error {
	stop := make(chan struct{})
	defer close(stop)
	lines := feed(from, stop)
	for l.lost == nil {
		select {
		case end := <-l.landed:
			l.land(end)
		case line, more := <-lines:
			if !more {
				l.await(0, 0)
				return l.ending()
			}
			l.take(line)
			l.meter.read(len(line.text) + 1)
		}
	}
	l.await(0, 0)
	return l.ending()
}

// ending says how it went.
func (l *loading) ending() error {
	switch {
	case l.lost != nil:
		return l.lost
	case l.failed > 0:
		return failure{fmt.Errorf("lines that could not be written: %d", l.failed)}
	}
	return nil
}

// take sends a line on its way, when there is room, and when the same key is not on it.
func (l *loading) take(line inputLine) {
	if line.err == nil && len(bytes.TrimSpace(line.text)) == 0 {
		return
	}
	var key, value []byte
	if line.err == nil {
		key, value, line.err = parsePair(line.text)
	}
	if line.err != nil {
		l.refuse(failure{&atLine{line.number, line.err}})
		return
	}
	size := len(key) + len(value)
	for l.flying[string(key)] {
		l.land(<-l.landed)
	}
	l.await(maxFlying-1, max(0, maxFlyingBytes-size))
	if l.lost != nil {
		return
	}
	l.flying[string(key)] = true
	l.bytes += size
	go func() {
		ctx, cancel := context.WithTimeout(l.ctx, l.within(pipeTimeout))
		defer cancel()
		_, err := l.store.put(ctx, key, value, wishes{})
		l.landed <- landing{key, size, line.number, err}
	}()
}

// await waits until no more than so many pairs, and bytes, are on their way.
func (l *loading) await(pairs, bytes int) {
	for len(l.flying) > pairs || l.bytes > bytes {
		l.land(<-l.landed)
	}
}

// land takes note of the end of a pair's way.
func (l *loading) land(end landing) {
	delete(l.flying, string(end.key))
	l.bytes -= end.size
	err := l.verdict(end.err)
	switch {
	case err == nil:
		l.imported++
	case gone(err):
		if l.failed++; l.lost == nil {
			l.lost = &atLine{end.line, err}
		}
	default:
		l.refuse(&atLine{end.line, err})
	}
	l.meter.show(l.imported)
}

// refuse tells of a line that was not written.
func (l *loading) refuse(err error) {
	l.failed++
	l.meter.clear()
	l.complain(err)
}

func (l *loading) summary() []byte {
	if l.json() {
		return object{}.with("imported", l.imported).with("failed", l.failed).line()
	}
	return fmt.Appendf(nil, "imported %d, failed %d\n", l.imported, l.failed)
}
