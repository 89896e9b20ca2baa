// Package experiment asks questions of servers that it starts, and turns what it has measured into panels of a page.
//
// An experiment is a file of its own, with an [Experiment] that is in [All]. What it shows is made from the measurements alone, of an
// interrupted run as of a whole one, so that a page can be drawn again from the file of the study. The package keeps these promises for
// all of them:
//
//   - a figure is a median with the least and the greatest of its repeats;
//   - a measurement that failed is in the table in words, and never a zero in a plot;
//   - what makes no sense, lacks a program or does not fit on the disk is refused before anything is started;
//   - a measurement is in the file as soon as it is made, and what was started is stopped, whatever ends the experiment.
package experiment

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"numstore.example/tools/internal/study"
)

// Experiment is one question. A further one is a file of its own, and a line in All.
type Experiment struct {
	Name    string // on the command line, and in the header of its studies
	Title   string // the question, for people
	Summary string // one line of what it does

	// What it measures unless flags say otherwise: --targets and --mixes may have a part of what is here, --sizes, --clients,
	// --servers and --requests take its place. An experiment that has none of a kind takes none, and one that has one number of clients takes one.
	Targets     []Target
	Mixes       []string
	Sizes, Real []Size // Real are those with --full
	Clients     []int
	Servers     []int
	Requests    int // of each client, which are then the length of a measurement, without a warm-up; 0 if a time is

	// Needs returns how many bytes of the disk are needed at most. It may be nil: next to nothing.
	Needs func(*Plan) Size
	// Measure starts what it needs, measures, and notes each measurement at once. A measurement that fails is noted, too, and no reason
	// to end. The error of one that ends early says why; that of ctx, which ends when somebody interrupts it, need not be put into words.
	Measure func(ctx context.Context, b *Bench) error
	// Show makes the panels. The study may be cut anywhere, and of another version.
	Show func(*study.Study) []study.Panel
}

// Choices are lines about what flags can choose, with the defaults.
func (e Experiment) Choices() (lines []string) {
	var targets []string
	for _, t := range e.Targets {
		targets = append(targets, t.Name)
	}
	for _, choice := range []struct {
		flag   string
		values []string
	}{{"--targets", targets}, {"--mixes", e.Mixes}, {"--sizes", texts(e.Sizes)}, {"--sizes with --full", texts(e.Real)}, {"--clients", texts(e.Clients)}, {"--servers", texts(e.Servers)}, {"--requests", e.requests()}} {
		if len(choice.values) > 0 {
			lines = append(lines, choice.flag+": "+strings.Join(choice.values, ", "))
		}
	}
	return lines
}

// requests are the default of --requests, if it may be asked for.
func (e Experiment) requests() []string {
	if e.Requests == 0 {
		return nil
	}
	return texts([]int{e.Requests})
}

// texts are values as flags have them.
func texts[T any](values []T) (all []string) {
	for _, value := range values {
		all = append(all, strings.ReplaceAll(fmt.Sprint(value), " ", ""))
	}
	return all
}

// All are the experiments by name, in order.
var All = []Experiment{
	clients,
	nodes,
	promisesKept,
	restart,
	servers,
	valueSize,
}

// Names returns the names of all.
func Names() (names []string) {
	for _, e := range All {
		names = append(names, e.Name)
	}
	return names
}

// Find returns the experiment of a name. The error names those that there are.
func Find(name string) (Experiment, error) {
	i := slices.IndexFunc(All, func(e Experiment) bool { return e.Name == name })
	if i < 0 {
		return Experiment{}, fmt.Errorf("there is no experiment %q; there are %s", name, strings.Join(Names(), ", "))
	}
	return All[i], nil
}
