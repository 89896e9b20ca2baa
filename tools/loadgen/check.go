package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"numstore.example/tools/internal/history"
	"numstore.example/tools/internal/wholefile"
	"numstore.example/tools/loadgen/internal/model"
	"numstore.example/tools/loadgen/internal/service"
)

// checkCommand judges a history.
type checkCommand struct {
	File string `arg:"" help:"A history, as loadgen run --history writes it."`

	Service string        `default:"numstore" enum:"${services}" placeholder:"NAME" help:"Whose promises to check: ${enum} (default ${default})."`
	Timeout time.Duration `default:"60s" placeholder:"TIME" help:"numstore, raftkv: how long to search for an order that explains the history (default ${default})."`
	HTML    string        `placeholder:"FILE" help:"Draw the history, and the order that was found or how far one could be found; of gossipkv, the operations that show what is broken."`
}

// Run reads the history, judges it, and prints the verdict.
func (c *checkCommand) Run(ctx context.Context, console console) error {
	if c.Timeout <= 0 {
		return fmt.Errorf("--timeout is %v; it must be above 0", c.Timeout)
	}
	operations, err := history.Open(c.File)
	if err != nil {
		return err
	}
	verdict, err := service.All[c.Service].Judge(ctx, operations, model.Effort{Timeout: c.Timeout, Picture: c.HTML != ""})
	if err != nil {
		return fmt.Errorf("%s is not a history of %s (see --service): %w", c.File, c.Service, err)
	}
	if c.HTML != "" && verdict.Draw != nil {
		if err := wholefile.Write(c.HTML, verdict.Draw); err != nil {
			return fmt.Errorf("--html: %w", err)
		}
	}
	lines := append([]string{verdict.Summary}, verdict.Details...)
	if _, err := fmt.Fprintln(console.out, strings.Join(lines, "\n")); err != nil {
		return unprinted(console, err)
	}
	if !verdict.Kept {
		return errFailed
	}
	return nil
}
