package script

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// readAll returns the lines of a script, and how it ended.
func readAll(input io.Reader) (lines []string, err error) {
	reader := NewReader(input)
	for {
		line, err := reader.Next()
		switch {
		case errors.Is(err, ErrTooLong):
			line = []byte("too long")
		case err != nil:
			return lines, err
		}
		lines = append(lines, string(line))
	}
}

func TestReader(t *testing.T) {
	long := strings.Repeat("x", 100<<10)
	for input, want := range map[string][]string{
		"":                 nil,
		"a":                {"a"},
		"a\n\nb\r\n c":     {"a\n", "\n", "b\r\n", " c"},
		"\uFEFFa\n\uFEFFb": {"a\n", "\uFEFFb"},
		"\uFEFF":           nil,
		long + "\nb\n":     {long + "\n", "b\n"},
		"a\n" + long:       {"a\n", long},
	} {
		for _, r := range []io.Reader{strings.NewReader(input), iotest.HalfReader(strings.NewReader(input)), iotest.DataErrReader(strings.NewReader(input))} {
			if lines, err := readAll(r); !slices.Equal(lines, want) || !errors.Is(err, io.EOF) {
				t.Errorf("%.50q has the lines %.99q and ends with %v; want %.99q", input, lines, err, want)
			}
		}
	}
}

func TestReader_tooLong(t *testing.T) {
	huge := bytes.Repeat([]byte("x"), MaxLine)
	fits := append(slices.Clone(huge[:MaxLine-1]), '\n')
	input := io.MultiReader(bytes.NewReader(fits), bytes.NewReader(huge), strings.NewReader("y\nb\n"), bytes.NewReader(huge), strings.NewReader("y"))
	lines, err := readAll(input)
	if want := []string{string(fits), "too long", "b\n", "too long"}; !slices.Equal(lines, want) || !errors.Is(err, io.EOF) {
		t.Errorf("%d lines, the second is %.20q, and then %v; want one that fits, one that does not, one, and one that does not", len(lines), lines[1], err)
	}
}

func TestReader_failing(t *testing.T) {
	lines, err := readAll(io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(io.ErrClosedPipe)))
	if !slices.Equal(lines, []string{"a\n"}) || !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("lines %q and then %v; want the whole line, and the error", lines, err)
	}
}
