package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"numstore.example/contracts/raftkv"
	"numstore.example/tools/internal/cli"
)

type pipeCommand struct{}

// Help is what kv pipe --help says below the flags.
func (c *pipeCommand) Help() string {
	return `One call on each line of standard input, one answer on each line of standard output, at once:

    PUT k v     PUT k found, or PUT k not_found: whether it existed
    SWAP k v    SWAP k and the value before, or SWAP k null
    GET k       GET k and the value, or GET k null
    DELETE k    DELETE k found, or DELETE k not_found
    SCAN a b    SCAN a b BEGIN; for each key from a to b, both
                included, two blanks, the key, a blank and the value;
                SCAN END
    STOP        STOP, and the end; the end of the input is the same

A key ends at the first blank, and several blanks between words are like one. A value is what follows them, to the end of the line, blanks at its end included; elsewhere these do not matter. Lines end with a line feed alone; the last one may lack it. A line that is none of these, that the cluster refuses, or whose answer no line can hold is answered with ERROR and a message, which stands for SCAN END if that is what cannot come; the status is 1 in the end. When no server answers in time, the pipe ends at once, without STOP.`
}

// Run answers until STOP or the end of the input.
func (c *pipeCommand) Run(a *app) error {
	if err := a.plain("kv pipe"); err != nil {
		return err
	}
	clerk, err := a.clerk()
	if err != nil {
		return err
	}
	defer clerk.Close()
	p := pipe{app: a, clerk: clerk, out: bufio.NewWriterSize(a.out, 64<<10)}
	return p.run()
}

// pipe is a kv pipe under way.
type pipe struct {
	*app
	clerk *raftkv.Clerk
	out   *bufio.Writer
}

func (p *pipe) run() error {
	input := bufio.NewReaderSize(p.in, 64<<10)
	refused := 0
	for number := 1; ; number++ {
		line, err := input.ReadString('\n')
		if err != nil && err != io.EOF {
			return failure{err}
		}
		if err == io.EOF && line == "" {
			line = "STOP"
		}
		var r request
		if line, err = withoutLineFeed(line); err == nil {
			r, err = parse([]byte(line))
		}
		if err == nil {
			err = p.verdict(p.answer(r))
		}
		if gone(err) {
			p.out.Flush()
			return &atLine{number, err}
		}
		if err != nil {
			refused++
			fmt.Fprintf(p.out, "ERROR line %d: %s\n", number, cli.OneLine(message(err)))
		}
		if err := p.out.Flush(); err != nil {
			return failure{err}
		}
		if err == nil && r.verb == "STOP" {
			break
		}
	}
	if refused > 0 {
		return failure{fmt.Errorf("lines answered with ERROR: %d", refused)}
	}
	return nil
}

// write writes a line of an answer. A terminal gets no control characters.
func (p *pipe) write(line []byte) error {
	if p.onScreen && !printable(line, "\t") {
		line = []byte(strings.TrimPrefix(strings.TrimSuffix(dollarQuoted(line), "'"), "$'"))
	}
	p.out.Write(line)
	if err := p.out.WriteByte('\n'); err != nil {
		return failure{err}
	}
	return nil
}

// answer makes a call and writes its answer. If it fails, it has written nothing, but for the beginning of a SCAN.
func (p *pipe) answer(r request) error {
	if r.verb == "STOP" {
		p.out.WriteString("STOP\n")
		return nil
	}
	key, err := p.bytes(string(r.key))
	if err != nil {
		return err
	}
	value, err := p.bytes(string(r.value))
	if err != nil {
		return err
	}
	if r.verb == "SCAN" {
		return p.scan(r, key, value)
	}
	ctx, cancel := context.WithTimeout(p.ctx, p.within(pipeTimeout))
	defer cancel()
	outcome, err := p.do(ctx, r.verb, key, value)
	if err != nil {
		return err
	}
	line, err := answered(r, outcome)
	if err != nil {
		return err
	}
	return p.write(line)
}

// do makes a call that is no SCAN, and returns the last word of its answer.
func (p *pipe) do(ctx context.Context, verb string, key, value []byte) ([]byte, error) {
	switch verb {
	case "PUT":
		r, err := p.clerk.Put(ctx, key, value)
		return existence(r.Existed), err
	case "SWAP":
		r, err := p.clerk.Put(ctx, key, value, raftkv.ReturnPrevious())
		return orNull(r.Existed, p.text(r.Previous)), err
	case "GET":
		r, err := p.clerk.Get(ctx, key)
		return orNull(r.Found, p.text(r.Value)), err
	default:
		r, err := p.clerk.Delete(ctx, key)
		return existence(r.Existed), err
	}
}

// scan writes the pairs as they come, so that there may be more than memory holds.
func (p *pipe) scan(r request, first, last []byte) error {
	ctx, touch, stop, explain := watch(p.ctx, p.within(pipeTimeout))
	defer stop()
	begun := false
	begin := func() {
		if !begun {
			p.write(fmt.Appendf(nil, "SCAN %s %s BEGIN", r.key, r.value))
			begun = true
		}
	}
	end := append(bytes.Clone(last), 0) // the key that follows next
	for pair, err := range p.clerk.Scan(ctx, raftkv.Range{Start: first, End: end}) {
		var line []byte
		if err == nil {
			touch()
			line, err = listed(p.text(pair.GetKey()), p.text(pair.GetValue()))
		}
		if err != nil && begun {
			return fmt.Errorf("the SCAN had begun: %w", explain(err))
		}
		if err != nil {
			return explain(err)
		}
		begin()
		if err := p.write(line); err != nil {
			return err
		}
	}
	begin()
	p.out.WriteString("SCAN END\n")
	return nil
}
