package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"golang.org/x/term"
)

// form is how keys and values are written; its tags make flags of it.
type form struct {
	Hex    bool   `group:"form" help:"Keys and values are hexadecimal digits, on the command line and in what is printed. With --output json, on the command line alone."`
	Quote  bool   `group:"form" help:"Print keys and values as words for a shell: quoted where they need it, as $'\\xff' where they are no text. On a terminal, what is no text is always printed so."`
	Output string `group:"form" enum:"text,json" default:"text" help:"text, or json: an object on a line for each result, and for an error on standard error. Bytes that are no UTF-8 are in base64, in a field whose name says so: key_base64 instead of key."`
}

// check says what is wrong with flags that do not go together.
func (f *form) check() error {
	if f.Quote && (f.Hex || f.json()) {
		return errors.New("--quote goes with neither --hex nor --output json; leave it out")
	}
	return nil
}

// plain refuses what is for other commands than this one, which has a form of its own.
func (f *form) plain(command string) error {
	if f.json() || f.Quote {
		return fmt.Errorf("%s has a form of its own, and takes neither --output json nor --quote", command)
	}
	return nil
}

func (f *form) json() bool { return f.Output == "json" }

// bytes returns what a text on the command line means.
func (f *form) bytes(text string) ([]byte, error) {
	if !f.Hex {
		return []byte(text), nil
	}
	b, err := hex.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("--hex: %q is not hexadecimal digits, two for each byte", text)
	}
	return b, nil
}

// text is the opposite of bytes.
func (f *form) text(b []byte) []byte {
	if !f.Hex {
		return b
	}
	return hex.AppendEncode(nil, b)
}

// show returns a key or value as a part of a line of output.
func (a *app) show(b []byte) []byte {
	switch {
	case a.Hex:
		return a.text(b)
	case a.Quote:
		return []byte(shellWord(b))
	case a.onScreen:
		return legible(b, "")
	}
	return b
}

// print writes a value alone: to a terminal, or as digits or a word, it is a line, and otherwise nothing is added. Text
// of several lines is text.
func (a *app) print(value []byte) error {
	if a.onScreen && !a.Hex && !a.Quote {
		value = legible(value, "\n\t")
	} else {
		value = a.show(value)
	}
	if a.Hex || a.Quote || a.onScreen {
		value = append(value[:len(value):len(value)], '\n')
	}
	return a.write(value)
}

func (a *app) write(b []byte) error {
	if _, err := a.out.Write(b); err != nil {
		return failure{err}
	}
	return nil
}

// flush writes a table.
func flush(table *tabwriter.Writer) error {
	if err := table.Flush(); err != nil {
		return failure{err}
	}
	return nil
}

// terminal reports whether a reader or writer of the process is a terminal.
func terminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
