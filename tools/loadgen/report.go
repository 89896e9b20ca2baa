package main

import (
	"context"
	"fmt"
	"os"

	"numstore.example/tools/internal/result"
	"numstore.example/tools/loadgen/internal/page"
	"numstore.example/tools/loadgen/internal/table"
)

// reportCommand shows what runs have measured.
type reportCommand struct {
	Files []string `arg:"" name:"file" help:"Result files, as loadgen run --out writes them; each is a series."`

	HTML string `placeholder:"FILE" help:"Write a page with plots, which needs nothing beside itself."`
}

// Run reads the files, writes the page and prints the table.
func (c *reportCommand) Run(_ context.Context, console console) error {
	var runs []*result.Run
	for _, name := range c.Files {
		run, err := result.Open(name)
		if err != nil {
			return err
		}
		runs = append(runs, run)
	}
	tell(runs)
	if c.HTML != "" {
		if err := writePage(c.HTML, runs); err != nil {
			return fmt.Errorf("--html: %w", err)
		}
	}
	table.New(runs...).Write(console.out)
	return nil
}

// tell makes labels differ: the second run of a label gets a number.
func tell(runs []*result.Run) {
	seen := make(map[string]int)
	for _, run := range runs {
		label := run.Header.Label
		if seen[label]++; seen[label] > 1 {
			run.Header.Label = fmt.Sprintf("%s (%d)", label, seen[label])
		}
	}
}

func writePage(name string, runs []*result.Run) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := page.Write(file, runs); err != nil {
		return err
	}
	return file.Close()
}
