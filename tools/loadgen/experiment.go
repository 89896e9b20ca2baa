package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"numstore.example/tools/internal/study"
	"numstore.example/tools/internal/wholefile"
	"numstore.example/tools/loadgen/internal/experiment"
	"numstore.example/tools/loadgen/internal/page"
)

// experimentCommand makes an experiment, with servers that it starts itself.
type experimentCommand struct {
	Name string `arg:"" optional:"" help:"Which: ${experiments}."`

	List   bool   `help:"Show the experiments, what each does, and what it can measure."`
	Out    string `default:"." placeholder:"DIR" help:"Folder to write DATE-NAME.jsonl to, and the report beside it (default: the current one)."`
	Format string `default:"html" enum:"html,markdown" placeholder:"NAME" help:"Of the report: html for a page with plots, which needs nothing beside itself, or markdown (default ${default})."`

	experiment.Settings
}

// Run makes the experiment, writes the study as it goes on and the report in the end, and prints the tables.
func (c *experimentCommand) Run(ctx context.Context, console console) error {
	if c.List {
		return listed(console)
	}
	if c.Name == "" {
		return fmt.Errorf("name an experiment: %s (loadgen experiment --list says what each does)", strings.Join(experiment.Names(), ", "))
	}
	plan, err := experiment.NewPlan(c.Name, c.Settings)
	if err != nil {
		return err
	}
	file, err := create(c.Out, time.Now().Format(time.DateOnly)+"-"+c.Name)
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	for _, left := range plan.LeftOut {
		fmt.Fprintf(console.err, "loadgen: left out: %s\n", left)
	}
	s, err := plan.Run(ctx, file, console.err)
	err = errors.Join(err, file.Close())
	if s != nil {
		err = errors.Join(err, c.report(console.out, s, file.Name()), told(s, file.Name()))
	}
	if err != nil { // it was tried, and so it is no misuse
		console.complain(err)
		return errFailed
	}
	return nil
}

// told says what is wrong with a study: it is cut, or some of it failed.
func told(s *study.Study, name string) error {
	switch cut, failed := s.Cut(), len(s.Failures()); {
	case cut != "":
		return fmt.Errorf("the experiment ended early: %s; its %d measurements until then are kept in %s", cut, len(s.Measurements), name)
	case failed > 0:
		return fmt.Errorf("%d of %d measurements failed; the report says why", failed, len(s.Measurements))
	}
	return nil
}

// studyEnding is how the names of studies end.
const studyEnding = ".jsonl"

// create creates the file of a study in a folder, which is made if need be. No other study is lost: a further one of the day has a number.
func create(folder, name string) (*os.File, error) {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, err
	}
	for number := 1; ; number++ {
		path := filepath.Join(folder, name)
		if number > 1 {
			path = fmt.Sprintf("%s-%d", path, number)
		}
		file, err := os.OpenFile(path+studyEnding, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return file, err
		}
	}
}

// report writes the report beside the file of the study, and prints the tables.
func (c *experimentCommand) report(w io.Writer, s *study.Study, name string) error {
	panels, err := experiment.Panels(s)
	if err != nil {
		return err
	}
	ending, write := ".html", page.WriteStudy
	if c.Format == "markdown" {
		ending, write = ".md", page.WriteStudyMarkdown
	}
	report := strings.TrimSuffix(name, studyEnding) + ending
	if err := wholefile.Write(report, func(w io.Writer) error { return write(w, s, panels) }); err != nil {
		return fmt.Errorf("the report: %w", err)
	}
	err = page.WriteStudyMarkdown(w, s, panels)
	if err == nil {
		_, err = fmt.Fprintf(w, "\nmeasured: %s\nreport: %s\n", name, report)
	}
	if err != nil {
		return notPrinted(err)
	}
	return nil
}

// listed prints what experiments there are.
func listed(console console) error {
	var text strings.Builder
	for _, e := range experiment.All {
		fmt.Fprintf(&text, "%s: %s\n  %s\n", e.Name, e.Title, e.Summary)
		for _, choice := range e.Choices() {
			fmt.Fprintf(&text, "  %s\n", choice)
		}
	}
	if _, err := io.WriteString(console.out, text.String()); err != nil {
		return unprinted(console, err)
	}
	return nil
}
