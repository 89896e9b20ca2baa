package study

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"numstore.example/tools/internal/jsonlines"
)

// line is one line of a file; exactly one member is there.
type line struct {
	Header      *Header      `json:"header,omitempty"`
	Measurement *Measurement `json:"measurement,omitempty"`
	End         *End         `json:"end,omitempty"`
}

// Writer writes a file line by line, each at once and whole, so that an experiment that is killed leaves what it had measured.
// Only one goroutine may use it at a time.
type Writer struct {
	w   io.Writer
	err error // of the file; what it has of that line is torn
}

// NewWriter returns a Writer that has written the header, whose Format it sets.
func NewWriter(w io.Writer, header Header) (*Writer, error) {
	header.Format = Format
	writer := &Writer{w: w}
	return writer, writer.write(line{Header: &header})
}

// Add writes a measurement. One with a figure that is no finite number is refused, and nothing of it is written.
func (w *Writer) Add(m Measurement) error {
	if err := w.write(line{Measurement: &m}); err != nil {
		return fmt.Errorf("a measurement of %s cannot be written: %w", m.Series, err)
	}
	return nil
}

// End writes how it ended. Nothing may follow.
func (w *Writer) End(end End) error {
	return w.write(line{End: &end})
}

// write appends a line. After an error of the file nothing more is written: only a last line may be torn.
func (w *Writer) write(l line) error {
	if w.err != nil {
		return w.err
	}
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	_, w.err = w.w.Write(append(text, '\n'))
	return w.err
}

// Is says whether a file whose first line this is may be one of an experiment, of this version or another. Read says what is wrong with it.
func Is(line []byte) bool {
	var l struct {
		Header struct{ Format string }
	}
	kind, _, _ := strings.Cut(Format, "/")
	return json.Unmarshal(line, &l) == nil && strings.HasPrefix(l.Header.Format, kind+"/")
}

// Read reads a whole file. Of one whose experiment was killed, or whose disk was full, everything up to there is read: a last line that is no
// whole one is left out, and End is nil.
func Read(r io.Reader) (*Study, error) {
	var s Study
	if err := jsonlines.Each(r, s.take); err != nil {
		return nil, err
	}
	if s.Header.Format == "" {
		return nil, fmt.Errorf("it is empty; it must begin with a header of the format %s", Format)
	}
	return &s, nil
}

// take adds a line to the study.
func (s *Study) take(l line) error {
	first := s.Header.Format == ""
	switch {
	case first && l.Header != nil && l.Header.Format == Format:
		s.Header = *l.Header
	case first:
		return fmt.Errorf("it must be a header of the format %s", Format)
	case s.End != nil:
		return errors.New("there must be nothing behind the end")
	case l.Measurement != nil:
		s.Measurements = append(s.Measurements, *l.Measurement)
	case l.End != nil:
		s.End = l.End
	default:
		return errors.New("it must be a measurement, or the end")
	}
	return nil
}

// Cut says why there are fewer measurements than were wanted. It is empty if there are not.
func (s *Study) Cut() string {
	if s.End == nil {
		return "it was killed before it could say that it ended"
	}
	return s.End.Cut
}
