package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"numstore.example/tools/orchestrate/internal/script"
)

// play is a script under way.
//
// What it does is as if each command began when the one before it had ended. Puts may be under way together all the same (see flights),
// where nobody can tell; every other command waits for them.
type play struct {
	system  *system
	console *console
	strict  bool
	flights flights

	done    counts
	line    int  // of the present command
	faulty  bool // a line was faulty, or what it asked for did not come off
	crashed bool // a server ended by itself
}

// errStopped ends a strict play after a faulty line, which was complained of.
var errStopped = errors.New("stopped")

// line is a line of the script, or how it ended.
type line struct {
	text []byte
	err  error
}

// read passes on the lines of a script, the last one with an error. It ends when nobody wants them any more.
func read(input io.Reader, lines chan<- line, over <-chan struct{}) {
	reader := script.NewReader(input)
	for {
		text, err := reader.Next()
		select {
		case lines <- line{text, err}:
		case <-over:
			return
		}
		if err != nil && !errors.Is(err, script.ErrTooLong) {
			return
		}
	}
}

// run does what a script says, to its end, its exit, or until the context is done.
func (p *play) run(ctx context.Context, input io.Reader) error {
	lines := make(chan line)
	go read(input, lines, p.system.over)
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case d := <-p.system.died:
			if err := p.mourn(ctx, d); err != nil {
				return err
			}
		case l := <-lines:
			p.line++
			if over, err := p.take(ctx, l); over || err != nil {
				return err
			}
		}
	}
	return context.Cause(ctx)
}

// take does what a line says. Over is true after the last one.
func (p *play) take(ctx context.Context, l line) (over bool, err error) {
	if l.err != nil && !errors.Is(l.err, script.ErrTooLong) {
		p.settle()
		if !errors.Is(l.err, io.EOF) {
			return true, fmt.Errorf("the script cannot be read: %w", l.err)
		}
		return true, p.stopped()
	}
	command, wrong := script.Command{}, l.err
	if wrong == nil {
		command, wrong = script.Parse(l.text)
	}
	if wrong == nil && command.Verb == "" {
		return false, nil
	}
	p.done.commands.Add(1)
	if command.Verb == script.Put {
		wrong = p.put(ctx, command)
	} else if p.settle(); wrong == nil {
		wrong = p.do(ctx, command)
	}
	if wrong != nil && ctx.Err() == nil {
		p.settle()
		p.complain(p.line, wrong)
	}
	return command.Verb == script.Exit || command.Verb == script.Done, p.stopped()
}

// do does a command that is no put.
func (p *play) do(ctx context.Context, c script.Command) error {
	switch c.Verb {
	case script.JoinServer:
		return p.system.joinServer(ctx, c.IDs[0])
	case script.KillServer:
		return p.system.killServer(ctx, c.IDs[0])
	case script.JoinClient:
		return p.system.joinClient(c.IDs[0], c.IDs[1])
	case script.BreakConnection:
		return p.system.breakConnection(ctx, c.IDs[0], c.IDs[1])
	case script.CreateConnection:
		return p.system.createConnection(ctx, c.IDs[0], c.IDs[1])
	case script.Stabilize:
		return p.system.stabilize(ctx)
	case script.PrintStore:
		return p.console.printing(func(out io.Writer) error { return p.system.printStore(ctx, c.IDs[0], out) })
	case script.Get:
		found, err := p.system.get(ctx, c.IDs[0], c.Key)
		if err != nil {
			return err
		}
		return p.console.printing(func(out io.Writer) error { return writeLine(out, c.Key, found) })
	case script.Exit, script.Done:
		return nil
	case script.Echo:
		return p.console.printing(func(out io.Writer) error {
			_, err := out.Write(append(c.Text, '\n'))
			return err
		})
	}
	return fmt.Errorf("nobody knows how to %s", c.Verb)
}

// complain says what is wrong with a line.
func (p *play) complain(line int, wrong error) {
	p.faulty = true
	p.console.say("line %d: %v", line, wrong)
}

// stopped says why the play does not go on: it is strict, or nobody reads what it prints.
func (p *play) stopped() error {
	if p.strict && (p.faulty || p.crashed) {
		return errStopped
	}
	return p.console.broken
}

// mourn tells that a server has ended, unless it was killed.
func (p *play) mourn(ctx context.Context, d death) error {
	if d.server.running != d.process {
		return nil
	}
	p.settle()
	p.crashed = true
	p.console.say("line %d: the server %v has ended by itself: %s", p.line, d.server.id, d.process.Epitaph())
	p.system.bury(ctx, d.server)
	return p.stopped()
}
