package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/anishathalye/porcupine"

	"numstore.example/tools/internal/history"
	"numstore.example/tools/internal/wholefile"
	"numstore.example/tools/loadgen/internal/model"
	"numstore.example/tools/loadgen/internal/service"
)

// checkCommand judges a history.
type checkCommand struct {
	File string `arg:"" help:"A history, as loadgen run --history writes it."`

	Service string        `default:"numstore" enum:"${services}" placeholder:"NAME" help:"Whose promises to check: ${enum} (default ${default})."`
	Timeout time.Duration `default:"60s" placeholder:"TIME" help:"How long to search for an order that explains the history (default ${default})."`
	HTML    string        `placeholder:"FILE" help:"Draw the history, and the order that was found or how far one could be found."`
}

// Run reads the history, searches, and prints the verdict. Only "linearizable" is a success: a checker
// that ran out of time has shown nothing.
func (c *checkCommand) Run(ctx context.Context, console console) error {
	if c.Timeout <= 0 {
		return fmt.Errorf("--timeout is %v; it must be above 0", c.Timeout)
	}
	operations, err := history.Open(c.File)
	if err != nil {
		return err
	}
	problem, err := service.All[c.Service].Model(operations)
	if err != nil {
		return fmt.Errorf("%s is not a history of %s (see --service): %w", c.File, c.Service, err)
	}

	verdict, picture := problem.Search(ctx, c.Timeout, c.HTML != "")
	if c.HTML != "" && picture != nil {
		draw := func(w io.Writer) error { return porcupine.Visualize(problem.Model, *picture, w) }
		if err := wholefile.Write(c.HTML, draw); err != nil {
			return fmt.Errorf("--html: %w", err)
		}
	}
	_, err = fmt.Fprintf(console.out, "%s: %d operations of %d clients on %d keys (%d writes of unknown outcome; %d calls without visible effect left out)\n",
		verdict, len(operations), count(operations, client), count(operations, key), problem.Unknown, problem.Dropped)
	if err != nil {
		return unprinted(console, err)
	}
	if verdict != model.Linearizable {
		return errFailed
	}
	return nil
}

func client(o history.Operation) any { return o.Client }
func key(o history.Operation) any    { return o.Key }

// count returns how many different values operations have in something.
func count(operations []history.Operation, of func(history.Operation) any) int {
	different := make(map[any]bool)
	for _, o := range operations {
		different[of(o)] = true
	}
	return len(different)
}
