package script

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// MaxLine is the length of the longest line, in bytes. A put of the greatest key and value that servers take by themselves has half of
// that.
const MaxLine = 32 << 20

// ErrTooLong is that of a line which is longer than MaxLine.
var ErrTooLong = fmt.Errorf("the line has more than %d bytes", MaxLine)

// Reader reads lines.
type Reader struct {
	input *bufio.Reader
	begun bool
}

// NewReader returns a reader of a script. It holds one line at a time.
func NewReader(input io.Reader) *Reader {
	return &Reader{input: bufio.NewReaderSize(input, 64<<10)}
}

// Next returns the next line, whose bytes are the caller's. After ErrTooLong, that line is behind. At the end of the script the error is
// io.EOF; the last line need not have a line feed. Other errors are those of the input.
func (r *Reader) Next() ([]byte, error) {
	line, err := r.line()
	if !r.begun { // what some editors begin a file with
		r.begun = true
		line = bytes.TrimPrefix(line, []byte("\uFEFF"))
	}
	if len(line) > 0 && errors.Is(err, io.EOF) {
		return line, nil
	}
	return line, err
}

// line returns a line with its end, or what there is of one before an error.
func (r *Reader) line() (line []byte, err error) {
	tooLong := false
	for {
		part, err := r.input.ReadSlice('\n')
		if tooLong = tooLong || len(line)+len(part) > MaxLine; tooLong {
			line = nil
		} else {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case tooLong && (err == nil || errors.Is(err, io.EOF)):
			return nil, ErrTooLong // the end is met again
		default:
			return line, err
		}
	}
}
