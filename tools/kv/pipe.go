package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"numstore.example/contracts/raftkv"
)

type pipeCommand struct{}

// Help is what kv pipe --help says below the flags.
func (c *pipeCommand) Help() string {
	return `One call on each line of standard input, one answer on each line of standard output, at once:

PUT k v    -> PUT k found, or PUT k not_found: whether the key existed
SWAP k v   -> SWAP k and the value before, or SWAP k null
GET k      -> GET k and the value, or GET k null
DELETE k   -> DELETE k found, or DELETE k not_found
SCAN a b   -> SCAN a b BEGIN, a line of two blanks, a key, a blank and its value for each key from a to b, both included, then SCAN END
STOP       -> STOP, and the end; the end of the input is the same

A key ends at the first blank; a value is the rest of the line. A line that is none of these, that the cluster refuses, or whose answer no line can hold gets no answer, but a message on standard error; the status is 1 in the end. When no server answers in time, or a SCAN breaks that has begun, the pipe ends at once, without STOP.`
}

// Run answers until STOP or the end of the input.
func (c *pipeCommand) Run(a *app) error {
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

// errBroken says that the answer under way cannot be completed, so that no other may follow.
var errBroken = errors.New("the SCAN had begun")

func (p *pipe) run() error {
	input := bufio.NewReaderSize(p.in, 64<<10)
	unanswered := 0
	for number := 1; ; number++ {
		line, err := input.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return failure{err}
		}
		if err == io.EOF && len(line) == 0 {
			line = []byte("STOP")
		}
		r, err := parse(bytes.TrimSuffix(line, []byte("\n")))
		if err == nil {
			err = p.answer(r)
		}
		if err == nil {
			err = p.out.Flush()
			if err != nil {
				return failure{err}
			}
			if r.verb == "STOP" {
				break
			}
			continue
		}
		if gone(err) || errors.Is(err, errBroken) {
			return fmt.Errorf("line %d: %w", number, err)
		}
		unanswered++
		fmt.Fprintf(p.err, "kv: line %d: %s\n", number, message(err))
	}
	if unanswered > 0 {
		return failure{fmt.Errorf("%d lines were not answered", unanswered)}
	}
	return nil
}

// answer makes a call and writes its answer. If it fails, it has written nothing, unless the error is
// errBroken.
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
	ctx, cancel := context.WithTimeout(context.Background(), p.within(pipeTimeout))
	defer cancel()
	outcome, err := p.do(ctx, r.verb, key, value)
	if err != nil {
		return err
	}
	line, err := answered(r, outcome)
	if err != nil {
		return err
	}
	p.out.Write(line)
	p.out.WriteByte('\n')
	return nil
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
	ctx, touch, stop, explain := watch(context.Background(), p.within(pipeTimeout))
	defer stop()
	begun := false
	begin := func() {
		if !begun {
			fmt.Fprintf(p.out, "SCAN %s %s BEGIN\n", r.key, r.value)
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
		if err != nil {
			return p.broken(begun, explain(err))
		}
		begin()
		p.out.Write(line)
		if err := p.out.WriteByte('\n'); err != nil {
			return failure{fmt.Errorf("%w: %w", errBroken, err)}
		}
	}
	begin()
	p.out.WriteString("SCAN END\n")
	return nil
}

// broken returns the error of a SCAN, which is errBroken as well when there were lines of it.
func (p *pipe) broken(begun bool, err error) error {
	if !begun {
		return err
	}
	p.out.Flush()
	err = fmt.Errorf("%w: %w", errBroken, err)
	if gone(err) {
		return err
	}
	return failure{err}
}
