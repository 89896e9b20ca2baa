package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxImportLine is how long a line of an import may be: the longest value, each of its bytes an escape of six.
const maxImportLine = 128 << 20

// pairLine is a line of kv scan --output json.
type pairLine struct {
	Key         *string `json:"key"`
	KeyBase64   []byte  `json:"key_base64"`
	Value       *string `json:"value"`
	ValueBase64 []byte  `json:"value_base64"`
	Version     any     `json:"version"` // means nothing to another store
}

// parsePair reads a line. It returns an error rather than other bytes than those that are meant.
func parsePair(line []byte) (key, value []byte, err error) {
	switch {
	case !utf8.Valid(line):
		return nil, nil, errors.New("the line is no UTF-8; other bytes are given in base64, in key_base64 or value_base64")
	case halfCharacter(line):
		return nil, nil, errors.New("an escape \\u stands for half a character; other bytes than UTF-8 are given in base64, in key_base64 or value_base64")
	}
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields() // a name spelled wrong would leave something out
	var p pairLine
	if err := decoder.Decode(&p); err != nil {
		return nil, nil, fmt.Errorf("the line is no object of kv scan --output json: %w", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, nil, errors.New("something follows the object; each has a line of its own")
	}
	if key, err = either("key", p.Key, p.KeyBase64); err == nil {
		value, err = either("value", p.Value, p.ValueBase64)
	}
	return key, value, err
}

// either returns what a pair of fields gives.
func either(name string, text *string, bytes []byte) ([]byte, error) {
	switch {
	case text != nil && bytes != nil:
		return nil, fmt.Errorf("both %s and %s_base64 are given; leave one out", name, name)
	case text != nil:
		return []byte(*text), nil
	case bytes != nil:
		return bytes, nil
	}
	return nil, fmt.Errorf("neither %s nor %s_base64 is given", name, name)
}

// halfCharacter reports whether a string of JSON escapes one half of a surrogate pair without the other. Go would
// read it as U+FFFD.
func halfCharacter(line []byte) bool {
	for i := bytes.IndexByte(line, '\\'); i >= 0 && i < len(line); i++ {
		if line[i] != '\\' {
			continue
		}
		high, ok := codeUnit(line[i:])
		if !ok {
			i++ // what is escaped, a backslash perhaps
			continue
		}
		i += 5
		if !utf16.IsSurrogate(high) {
			continue
		}
		low, ok := codeUnit(line[i+1:])
		if !ok || utf16.DecodeRune(high, low) == utf8.RuneError {
			return true
		}
		i += 6
	}
	return false
}

// codeUnit reads \uXXXX.
func codeUnit(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return rune(n), err == nil
}

// errLongLine is what readLine returns for a line that it left out.
var errLongLine = fmt.Errorf("the line is longer than %d bytes", maxImportLine)

// readLine returns the next line of an input, without its end. The last line may lack it; after it comes io.EOF.
func readLine(input *bufio.Reader) (line []byte, err error) {
	long := false
	for {
		part, err := input.ReadSlice('\n')
		if long = long || len(line)+len(part) > maxImportLine; !long {
			line = append(line, part...)
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err != nil && (err != io.EOF || len(line) == 0 && !long):
			return nil, err
		case long:
			return nil, errLongLine
		}
		return bytes.TrimSuffix(line, []byte("\n")), nil
	}
}

// inputLine is a line of an input, or why there is none.
type inputLine struct {
	number int
	text   []byte
	err    error
}

// feed sends the lines of an input until it ends, or cannot be read, or until stop is closed.
func feed(from io.Reader, stop <-chan struct{}) <-chan inputLine {
	lines := make(chan inputLine)
	go func() {
		defer close(lines)
		input := bufio.NewReaderSize(from, 256<<10)
		for number := 1; ; number++ {
			text, err := readLine(input)
			if err == io.EOF {
				return
			}
			select {
			case lines <- inputLine{number, text, err}:
			case <-stop:
				return
			}
			if err != nil && err != errLongLine {
				return
			}
		}
	}()
	return lines
}
