package statuspage

import "fmt"

// Problem is something that people should look at.
type Problem struct {
	// bad: something is refused, or is about to be. warning: all is served, but not as it should be.
	Level Level `json:"level"`

	// A sentence for people; its words may change.
	Text string `json:"text"`
}

// Level is how bad a problem is.
type Level string

// The levels.
const (
	Bad     Level = "bad"
	Warning Level = "warning"
)

// Problems are what was found. The zero value has none.
type Problems struct{ bad, warnings []Problem }

// Report adds one.
func (p *Problems) Report(level Level, format string, args ...any) {
	problem := Problem{Level: level, Text: fmt.Sprintf(format, args...)}
	if level == Bad {
		p.bad = append(p.bad, problem)
	} else {
		p.warnings = append(p.warnings, problem)
	}
}

// Sorted returns them, the worst first, and is empty rather than nil if there are none.
func (p *Problems) Sorted() []Problem { return append(append([]Problem{}, p.bad...), p.warnings...) }
