// Package study is what an experiment leaves behind: the question, the machine, every measurement as it was made, and what
// went wrong. It is pure but for files: experiments write it, reports read it, and neither needs the other.
//
// # The format
//
// A file is lines of JSON. Each line is an object with one member, whose name says what it is:
//
//	{"header": {...}}        once, first
//	{"measurement": {...}}   one for each measurement, as soon as it is made
//	{"end": {...}}           once, last; one that lacks it is of a run that was killed
//
// The members are those of [Header], [Measurement] and [End]; members that a reader does not know are to be ignored. Times of day
// are RFC 3339.
package study

import "time"

// Format is the value of [Header.Format]. A change that breaks readers changes the number.
const Format = "loadgen-study/1"

// Study is a whole file.
type Study struct {
	Header       Header
	Measurements []Measurement
	End          *End // nil if the run was killed
}

// Header says what was asked, of what, and where.
type Header struct {
	Format     string            `json:"format"`
	Experiment string            `json:"experiment"` // its name on the command line
	Title      string            `json:"title"`      // the question that it answers, for people
	Started    time.Time         `json:"started"`
	Command    []string          `json:"command"`  // that repeats it, the program first, without the folders of this run
	Settings   map[string]string `json:"settings"` // by the names of the flags
	Machine    Machine           `json:"machine"`
	Versions   map[string]string `json:"versions"` // of each program that was measured, and of the generator
}

// Machine is where it was measured. What cannot be found out is empty, or 0.
type Machine struct {
	Processor string `json:"processor"`
	CPUs      int    `json:"cpus"`
	Memory    int64  `json:"memory_bytes"`
	System    string `json:"system"`    // operating system and kernel
	Disk      string `json:"disk"`      // the file system that the servers wrote to
	Sync      string `json:"sync"`      // how long the disk takes to sync 4 KiB that were appended: median and 99th percentile
	Busy      string `json:"busy"`      // what else wanted a processor when it began: the load average
	Generator string `json:"generator"` // version of Go, and processors it may use
}

// Measurement is one thing that was measured once.
type Measurement struct {
	Series string            `json:"series"` // who was measured, as the legend calls it, such as "raftkv, 3 nodes"
	At     map[string]string `json:"at"`     // under which conditions, by the names of the factors, such as "value size": "4 KiB"
	Repeat int               `json:"repeat"` // 0, 1, … of the same series and conditions

	// Figures by name with unit, such as "p50 ms" or "calls/s". Empty if it failed.
	Figures map[string]float64 `json:"figures,omitempty"`
	// Words are findings that are no figures, such as what a checker said; by name.
	Words map[string]string `json:"words,omitempty"`
	// Timeline is what happened in each second, where that matters.
	Timeline []Second `json:"timeline,omitempty"`
	// Failure says why there are no figures, or what is wrong with them: a figure of a target that died is an error, and no zero.
	Failure string `json:"failure,omitempty"`
}

// Second is one second of a timeline.
type Second struct {
	At       float64 `json:"at"`       // seconds from the start
	Answered float64 `json:"answered"` // calls in it
	Failed   float64 `json:"failed"`
	Event    string  `json:"event,omitempty"` // what was done to the target in it, if anything
}

// End says how it ended.
type End struct {
	Stopped time.Time `json:"stopped"`
	Cut     string    `json:"cut,omitempty"` // why it ended before everything was measured; empty if it did not
}

// Panel is one plot with its table, made from the measurements by the experiment that knows what they mean. A plot whose Y has no label
// is none: then the table is all that is shown.
type Panel struct {
	Title string
	Says  string // one sentence: what the plot shows, in figures that are in it
	Plot  Plot
	Table Table
}

// Plot is what is drawn. X is a number, or, when Categories is there, a place in it.
type Plot struct {
	Kind       Kind
	X, Y       Axis
	Categories []string // of X, from left to right; empty if X is a number
	Lines      []Line
	Events     []Event // of a timeline: what happened when
}

// Kind is how a plot is drawn.
type Kind int

// The kinds.
const (
	Lines Kind = iota // points joined in the order of X, each with its spread
	Bars              // a group of bars for each category, a bar for each line, each with its spread
)

// Axis is one axis.
type Axis struct {
	Label       string // with the unit
	Logarithmic bool   // values must be above 0
}

// Line is the points of one series.
type Line struct {
	Series string // as in the measurements: it has one colour throughout the page
	Name   string // what tells several lines of a series apart, such as "p99"; may be empty
	Points []Point
}

// Point is a median with its spread.
type Point struct{ X, Y, Low, High float64 }

// Event is something that happened at a place of X.
type Event struct {
	X    float64
	Text string
}

// Table is cells of text; the first row of it is Head.
type Table struct {
	Head []string
	Rows [][]string
}

// Failures are the measurements that went wrong.
func (s *Study) Failures() (failed []Measurement) {
	for _, m := range s.Measurements {
		if m.Failure != "" {
			failed = append(failed, m)
		}
	}
	return failed
}
