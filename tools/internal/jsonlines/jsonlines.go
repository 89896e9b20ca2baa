// Package jsonlines reads files of lines of JSON that were written as a program went on, and that it may not have ended.
package jsonlines

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// longest is how long a line may be, in bytes: far beyond what programs write, so that a file of another kind does not fill the memory.
const longest = 4 << 20

// Each reads lines and calls take with each, in order. A last line that is no whole one, as a program that was killed or a full disk leaves
// it, is left out, unless it is the first: then it is no file of this kind. Errors, also those of take, say in which line they are.
func Each[Line any](r io.Reader, take func(Line) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longest)
	torn := false
	lines.Split(func(data []byte, atEOF bool) (int, []byte, error) {
		torn = atEOF && len(data) > 0 && bytes.IndexByte(data, '\n') < 0
		return bufio.ScanLines(data, atEOF)
	})
	number := 0
	for lines.Scan() {
		number++
		if torn && number > 1 && !json.Valid(lines.Bytes()) {
			break
		}
		var l Line
		err := json.Unmarshal(lines.Bytes(), &l)
		if err == nil {
			err = take(l)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("after line %d: %w", number, err)
	}
	return nil
}
