package main

import (
	"bytes"
	"errors"
	"fmt"
)

// request is a line of a pipe's input, as it was written.
type request struct {
	verb  string // PUT, SWAP, GET, DELETE, SCAN or STOP
	key   []byte // of SCAN: the first one
	value []byte // of SCAN: the last key
}

// forms is what a line may look like. A word ends at the next blank, and several blanks are like one. A value is what
// follows the blanks after the key, to the end of the line: it may be empty, or have blanks, but not begin with one.
// Blanks at the end of a line are a part of a value, and nothing otherwise.
var forms = map[string]string{
	"PUT": "PUT k v", "SWAP": "SWAP k v", "GET": "GET k", "DELETE": "DELETE k", "SCAN": "SCAN a b", "STOP": "STOP",
}

// parse reads a line, which has no line break.
func parse(line []byte) (request, error) {
	verb, rest, _ := cut(line)
	r := request{verb: string(verb)}
	if r.verb != "PUT" && r.verb != "SWAP" {
		rest = bytes.TrimRight(rest, " ")
	}
	more := false
	switch r.verb {
	case "STOP":
		if len(rest) > 0 {
			return r, malformed(r.verb)
		}
	case "GET", "DELETE":
		r.key = rest
		if len(rest) == 0 || bytes.ContainsRune(rest, ' ') {
			return r, malformed(r.verb)
		}
	case "PUT", "SWAP", "SCAN":
		r.key, r.value, more = cut(rest)
		if !more || len(r.key) == 0 || r.verb == "SCAN" && bytes.ContainsRune(r.value, ' ') {
			return r, malformed(r.verb)
		}
	default:
		return r, fmt.Errorf("%.40q is no call; a line begins with PUT, SWAP, GET, DELETE, SCAN or STOP, in capitals", line)
	}
	return r, nil
}

// cut returns the first word of a line, what follows the blanks after it, and whether there were any.
func cut(line []byte) (word, rest []byte, more bool) {
	word, rest, more = bytes.Cut(line, []byte(" "))
	return word, bytes.TrimLeft(rest, " "), more
}

func malformed(verb string) error {
	return fmt.Errorf("the line is not of the form %q", forms[verb])
}

// errUnprintable is why a line of output cannot be written.
var errUnprintable = errors.New("what was found has a line break, or a key has a blank, which no line can hold; use --hex")

// breaks says whether some would take a line that ends with a value for another one.
func breaks(value []byte) bool {
	return bytes.ContainsRune(value, '\n') || bytes.HasSuffix(value, []byte("\r"))
}

// answered returns the line that answers a call that is no SCAN. Outcome is found, not_found, null, or the value.
func answered(r request, outcome []byte) ([]byte, error) {
	if breaks(outcome) {
		return nil, errUnprintable
	}
	return bytes.Join([][]byte{[]byte(r.verb), r.key, outcome}, []byte(" ")), nil
}

// listed returns the line for a pair of a SCAN.
func listed(key, value []byte) ([]byte, error) {
	if bytes.ContainsAny(key, " \n") || breaks(value) {
		return nil, errUnprintable
	}
	return bytes.Join([][]byte{[]byte(" "), key, value}, []byte(" ")), nil
}

// existence is how PUT and DELETE are answered.
func existence(existed bool) []byte {
	if existed {
		return []byte("found")
	}
	return []byte("not_found")
}

// orNull is how GET and SWAP are answered.
func orNull(existed bool, value []byte) []byte {
	if existed {
		return value
	}
	return []byte("null")
}
