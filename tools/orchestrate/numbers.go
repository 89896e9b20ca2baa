package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"numstore.example/tools/internal/wholefile"
	"numstore.example/tools/orchestrate/internal/script"
)

// numbers gives each server's id a number, from 1 on: servers have numbers, ids may be any integers. In a file it survives, so that the next
// run with the same folder finds the data of each server: each line has an id, and the first line is that of number 1.
type numbers struct {
	file string // empty for none
	ids  []script.ID
}

// readNumbers reads the numbers of a file, which may be missing.
func readNumbers(file string) (*numbers, error) {
	n := &numbers{file: file}
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	for line := range bytes.Lines(text) {
		id, err := script.ParseID(bytes.TrimRight(line, "\r\n"))
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", file, len(n.ids)+1, err)
		}
		n.ids = append(n.ids, id)
	}
	return n, nil
}

// of returns the number of an id, a new one if it has none. After an error it has none.
func (n *numbers) of(id script.ID) (int, error) {
	for i, known := range n.ids {
		if known == id {
			return i + 1, nil
		}
	}
	n.ids = append(n.ids, id)
	if err := n.write(); err != nil {
		n.ids = n.ids[:len(n.ids)-1]
		return 0, err
	}
	return len(n.ids), nil
}

func (n *numbers) write() error {
	if n.file == "" {
		return nil
	}
	return wholefile.Write(n.file, func(out io.Writer) error {
		for _, id := range n.ids {
			if _, err := fmt.Fprintln(out, string(id)); err != nil {
				return err
			}
		}
		return nil
	})
}
