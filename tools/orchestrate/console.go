package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/term"

	"numstore.example/tools/internal/cli"
)

// counts is what a play has done so far.
type counts struct{ commands, puts atomic.Int64 }

// console is where a play prints: what the script asked for goes out, all else beside. On a screen there is a line beside that tells how
// far a long script is.
type console struct {
	out, err io.Writer
	screen   bool  // err is a terminal, at which nobody types the script
	broken   error // why nothing can be printed any more; nil while it can

	mu    sync.Mutex
	shown bool // there is a line that tells how far the script is
}

// printing has something print what the script asked for. All of it is out when this returns. The error is that of what prints; one of printing is broken.
func (c *console) printing(print func(io.Writer) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
	out := bufio.NewWriterSize(outlet{c}, 64<<10)
	err := print(out)
	out.Flush() // broken has its error
	if c.broken != nil {
		return nil // which ends the play
	}
	return err
}

// outlet writes to the console's out.
type outlet struct{ *console }

func (o outlet) Write(p []byte) (int, error) {
	if o.broken != nil {
		return 0, o.broken
	}
	n, err := o.out.Write(p)
	if err != nil {
		o.broken = fmt.Errorf("what was found could not be printed: %w", err)
	}
	return n, err
}

// say tells something beside, which may have several lines.
func (c *console) say(format string, arguments ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
	fmt.Fprintf(c.err, "orchestrate: %s\n", printable(fmt.Sprintf(format, arguments...)))
}

// clear takes the line away that tells how far the script is. mu is held.
func (c *console) clear() {
	if c.shown {
		fmt.Fprint(c.err, "\r\x1b[K")
		c.shown = false
	}
}

// printable returns a text of which a terminal shows every line as it is.
func printable(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		lines[i] = indent + cli.OneLine(line)
	}
	return strings.Join(lines, "\n")
}

// When progress is told: after this time, and then at these intervals.
const (
	longScript = time.Second
	progressed = 250 * time.Millisecond
)

func isTerminal(stream any) bool {
	file, isFile := stream.(*os.File)
	return isFile && term.IsTerminal(int(file.Fd()))
}

// progress tells how far the play is, on a screen, until it is stopped.
func (c *console) progress(done *counts) (stop func()) {
	if !c.screen {
		return func() {}
	}
	quit, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		pause := longScript
		for {
			select {
			case <-time.After(pause):
				c.show(done)
				pause = progressed
			case <-quit:
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-gone
		c.mu.Lock()
		defer c.mu.Unlock()
		c.clear()
	}
}

func (c *console) show(done *counts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
	fmt.Fprintf(c.err, "%d commands, %d of them puts …", done.commands.Load(), done.puts.Load())
	c.shown = true
}
