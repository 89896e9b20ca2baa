package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/peterh/liner"

	"numstore.example/contracts/raftkv"
)

type shellCommand struct{}

// Run takes commands until the end of the input. On a terminal there are a prompt, a history, which the
// user's cache folder keeps, and completion; otherwise there are only answers.
func (c *shellCommand) Run(a *app) error {
	clerk, err := a.clerk()
	if err != nil {
		return err
	}
	defer clerk.Close()
	s := &shell{app: a, clerk: clerk}
	if terminal(a.in) && terminal(a.out) {
		return s.talk()
	}
	input := bufio.NewReader(a.in)
	for !s.over {
		line, err := input.ReadString('\n')
		s.execute(line)
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return failure{err}
		}
	}
	return nil
}

// talk takes commands from a person.
func (s *shell) talk() error {
	line := liner.NewLiner()
	defer line.Close()
	line.SetCtrlCAborts(true)
	line.SetCompleter(complete)
	history := historyFile()
	if file, err := os.Open(history); err == nil {
		line.ReadHistory(file)
		file.Close()
	}
	defer keepHistory(line, history)
	fmt.Fprintln(s.out, usage)
	for !s.over {
		text, err := line.Prompt("> ")
		switch {
		case errors.Is(err, liner.ErrPromptAborted):
			continue // Ctrl-C gives up the line
		case err == io.EOF:
			fmt.Fprintln(s.out)
			return nil
		case err != nil:
			return failure{err}
		}
		if strings.TrimSpace(text) != "" {
			line.AppendHistory(text)
		}
		s.execute(text)
	}
	return nil
}

// historyFile returns the name of the file that keeps what was typed, or "" if there is no place for it.
func historyFile() string {
	folder, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(folder, "kv", "history")
}

// keepHistory writes the history. That it cannot be kept is no reason to complain.
func keepHistory(line *liner.State, name string) {
	if name == "" || os.MkdirAll(filepath.Dir(name), 0o700) != nil {
		return
	}
	if file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600); err == nil {
		line.WriteHistory(file)
		file.Close()
	}
}

// complete returns the commands that a line may become.
func complete(line string) (lines []string) {
	for _, name := range slices.Sorted(maps.Keys(commands)) {
		if strings.HasPrefix(name, line) {
			lines = append(lines, name+" ")
		}
	}
	return lines
}

// shell is a kv shell under way.
type shell struct {
	*app
	clerk *raftkv.Clerk
	over  bool
}

// execute does what a line says, and tells what went wrong.
func (s *shell) execute(line string) {
	line = strings.TrimSpace(line)
	if line == "" {
		return
	}
	if err := s.obey(line); err != nil {
		fmt.Fprintf(s.err, "kv: %s\n", message(s.verdict(err)))
	}
}

func (s *shell) obey(line string) error {
	name, rest, _ := strings.Cut(line, " ")
	c, known := commands[name]
	if !known {
		return fmt.Errorf("%q is no command; %s", name, usage)
	}
	words, err := split(rest, c.words)
	if err == nil && len(words) < c.words {
		err = errors.New("an argument is missing")
	}
	if err != nil {
		return fmt.Errorf("%w; the command is: %s", err, strings.TrimSpace(name+" "+c.arguments))
	}
	var arguments [2][]byte
	for i, word := range words {
		if arguments[i], err = s.bytes(word); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.within(callTimeout))
	defer cancel()
	return c.do(s, ctx, arguments[0], arguments[1])
}
