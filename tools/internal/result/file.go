package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/HdrHistogram/hdrhistogram-go"

	"numstore.example/tools/internal/jsonlines"
)

// line is one line of a file; exactly one member is there.
type line struct {
	Header   *Header   `json:"header,omitempty"`
	Interval *Interval `json:"interval,omitempty"`
	Step     *Step     `json:"step,omitempty"`
}

// Writer writes a file line by line, so that a run that is killed leaves what it had measured.
type Writer struct{ lines *json.Encoder }

// NewWriter returns a Writer that has written the header, whose Format it sets.
func NewWriter(w io.Writer, header Header) (*Writer, error) {
	header.Format = Format
	writer := &Writer{json.NewEncoder(w)}
	return writer, writer.lines.Encode(line{Header: &header})
}

// Interval writes an interval. Those of a step come before the step.
func (w *Writer) Interval(interval Interval) error {
	return w.lines.Encode(line{Interval: &interval})
}

// Step writes a step, without its intervals.
func (w *Writer) Step(step Step) error {
	return w.lines.Encode(line{Step: &step})
}

// Write writes a whole file.
func (r *Run) Write(w io.Writer) error {
	writer, err := NewWriter(w, r.Header)
	for _, step := range r.Steps {
		for _, interval := range step.Intervals {
			err = errors.Join(err, writer.Interval(interval))
		}
		err = errors.Join(err, writer.Step(step))
	}
	return err
}

// Open reads the file of that name.
func Open(name string) (*Run, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	run, err := Read(file)
	if err != nil {
		return nil, fmt.Errorf("%s is not a result file of loadgen: %w", name, err)
	}
	return run, nil
}

// Read reads a whole file. What a run that was killed, or a full disk, leaves unfinished is left out: intervals whose step
// never came, and a last line that is no whole one. Of one that was killed at once nothing is left: a run without steps.
func Read(r io.Reader) (*Run, error) {
	var run Run
	var pending []Interval // of the step to come
	err := jsonlines.Each(r, func(l line) (err error) {
		pending, err = run.take(l, pending)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &run, nil
}

// take adds a line to the run, and returns the intervals that wait for their step.
func (r *Run) take(l line, pending []Interval) ([]Interval, error) {
	first := r.Header.Format == ""
	switch {
	case l.Header != nil && first && l.Header.Format == Format:
		r.Header = *l.Header
		return nil, nil
	case first:
		return nil, fmt.Errorf("it must be a header of the format %s", Format)
	case l.Interval != nil && l.Interval.Step == len(r.Steps) && l.Interval.Latency.Histogram != nil:
		return append(pending, *l.Interval), nil
	case l.Step != nil && l.Step.Number == len(r.Steps) && l.Step.Latency.Histogram != nil:
		l.Step.Intervals = pending
		r.Steps = append(r.Steps, *l.Step)
		return nil, nil
	default:
		return nil, fmt.Errorf("it must be an interval of step %d, or that step, with its latency", len(r.Steps))
	}
}

// MarshalText returns the text form that all HdrHistogram libraries read.
func (h Histogram) MarshalText() ([]byte, error) {
	if h.Histogram == nil {
		h = NewHistogram()
	}
	return h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
}

// UnmarshalText reads what MarshalText returns.
func (h *Histogram) UnmarshalText(text []byte) error {
	decoded, err := hdrhistogram.Decode(text)
	if err != nil {
		return fmt.Errorf("the histogram cannot be read: %w", err)
	}
	if decoded.LowestTrackableValue() != lowest || decoded.HighestTrackableValue() != highest || decoded.SignificantFigures() != digits {
		return fmt.Errorf("the histogram has other buckets than %d to %d ns to %d digits", lowest, highest, digits)
	}
	h.Histogram = decoded
	return nil
}
