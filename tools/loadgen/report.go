package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	"numstore.example/tools/internal/result"
	"numstore.example/tools/internal/study"
	"numstore.example/tools/internal/wholefile"
	"numstore.example/tools/loadgen/internal/experiment"
	"numstore.example/tools/loadgen/internal/page"
	"numstore.example/tools/loadgen/internal/table"
)

// reportCommand shows what runs, or an experiment, have measured.
type reportCommand struct {
	Files []string `arg:"" name:"file" help:"Result files, as loadgen run --out writes them; each is a series. Or the file of one experiment."`

	HTML   string `placeholder:"FILE" help:"Write a page with plots, which needs nothing beside itself."`
	Format string `default:"table" enum:"table,markdown" placeholder:"NAME" help:"How to print the figures: ${enum} (default ${default}). Markdown has the settings, too."`
}

// Run reads the files, writes the page and prints the table.
func (c *reportCommand) Run(_ context.Context, console console) error {
	var runs []*result.Run
	var empty error // errFailed if a file has nothing to show
	for _, name := range c.Files {
		run, s, err := open(name)
		switch {
		case err != nil:
			return err
		case s != nil && len(c.Files) > 1:
			return fmt.Errorf("%s is the file of an experiment, which has a page of its own: report it without other files", name)
		case s != nil:
			return c.reportStudy(name, s, console)
		case nothing(run):
			empty = errFailed
			console.complain(fmt.Errorf("%s holds no call: the run ended before one did", name))
		default:
			runs = append(runs, run)
		}
	}
	if len(runs) == 0 {
		return empty
	}
	tell(runs)
	if err := c.write(func(w io.Writer) error { return page.Write(w, runs) }); err != nil {
		return err
	}
	text := table.New(runs...).Write
	if c.Format == "markdown" {
		text = func(w io.Writer) error { return page.WriteMarkdown(w, runs) }
	}
	if err := text(console.out); err != nil {
		return unprinted(console, err)
	}
	return empty
}

// reportStudy shows what an experiment has measured, also if it did not end.
func (c *reportCommand) reportStudy(name string, s *study.Study, console console) error {
	if len(s.Measurements) == 0 {
		console.complain(fmt.Errorf("%s holds no measurement: the experiment ended before one was made", name))
		return errFailed
	}
	panels, err := experiment.Panels(s)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := c.write(func(w io.Writer) error { return page.WriteStudy(w, s, panels) }); err != nil {
		return err
	}
	text := page.WriteStudyText
	if c.Format == "markdown" {
		text = page.WriteStudyMarkdown
	}
	if err := text(console.out, s, panels); err != nil {
		return unprinted(console, err)
	}
	return nil
}

// write writes the page, if one is wanted.
func (c *reportCommand) write(page func(io.Writer) error) error {
	if c.HTML == "" {
		return nil
	}
	if err := wholefile.Write(c.HTML, page); err != nil {
		return fmt.Errorf("--html: %w", err)
	}
	return nil
}

// open reads a file, which may be a pipe: a run or, if its header says so, a study.
func open(name string) (*result.Run, *study.Study, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	const longestHeader = 1 << 20
	in := bufio.NewReaderSize(file, longestHeader)
	start, _ := in.Peek(longestHeader) // an error is one of what is read then
	if first, _, _ := bytes.Cut(start, []byte("\n")); study.Is(first) {
		s, err := study.Read(in)
		if err != nil {
			return nil, nil, fmt.Errorf("%s is not a file of an experiment of loadgen: %w", name, err)
		}
		return nil, s, nil
	}
	run, err := result.Read(in)
	if err != nil {
		return nil, nil, fmt.Errorf("%s is not a result file of loadgen: %w", name, err)
	}
	return run, nil, nil
}

// nothing says whether a run has measured nothing: its first step did not end, or no call did.
func nothing(run *result.Run) bool {
	return !slices.ContainsFunc(run.Steps, func(step result.Step) bool { return step.Answered()+step.Failed() > 0 })
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
