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
)

type shellCommand struct{}

// Help is what kv shell --help says below the flags.
func (c *shellCommand) Help() string {
	return `With a script on standard input, each message names its line. Lines that failed, a key that does not exist among them, do not keep those after them from being executed, but make the status 1 in the end. When no server answers in time, or output cannot be written, nothing further is executed; the status is 3, or 1. Words are separated by blanks and tabs, and by nothing else; lines end with a line feed alone.`
}

// Run takes commands until the end of the input. On a terminal there are a prompt, a history, which the
// user's cache folder keeps, and completion; otherwise there are only answers.
func (c *shellCommand) Run(a *app) error {
	if err := a.plain("kv shell"); err != nil {
		return err
	}
	a.lasts = true
	return a.withStore(func(with store) error {
		s := &shell{app: a, store: with, commands: commandsOf(with), out: bufio.NewWriter(a.out)}
		if terminal(a.in) && a.onScreen {
			return s.talk()
		}
		return s.script()
	})
}

// script takes commands from a file or a pipe.
func (s *shell) script() error {
	input, failed := bufio.NewReader(s.in), 0
	for number := 1; !s.over; number++ {
		line, errRead := input.ReadString('\n')
		if errRead != nil && errRead != io.EOF {
			return failure{errRead}
		}
		if err := s.execute(line); err != nil {
			err = &atLine{number, err}
			if s.over || gone(err) {
				return err
			}
			s.complain(err)
			failed++
		}
		if errRead == io.EOF {
			break
		}
	}
	if failed > 0 {
		return failure{fmt.Errorf("lines that failed: %d", failed)}
	}
	return nil
}

// talk takes commands from a person.
func (s *shell) talk() error {
	line := liner.NewLiner()
	defer line.Close()
	line.SetCtrlCAborts(true)
	line.SetCompleter(s.complete)
	history := historyFile()
	if file, err := os.Open(history); err == nil {
		line.ReadHistory(file)
		file.Close()
	}
	defer keepHistory(line, history)
	fmt.Fprintln(s.app.out, usage)
	for !s.over {
		text, err := line.Prompt("> ")
		switch {
		case errors.Is(err, liner.ErrPromptAborted):
			continue // Ctrl-C gives up the line
		case err == io.EOF:
			fmt.Fprintln(s.app.out)
			return nil
		case err != nil:
			return failure{err}
		}
		if trim(text) != "" {
			line.AppendHistory(text)
		}
		if err := s.execute(text); err != nil {
			s.complain(err)
		}
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
func (s *shell) complete(line string) (lines []string) {
	for _, name := range slices.Sorted(maps.Keys(s.commands)) {
		if strings.HasPrefix(name, line) {
			lines = append(lines, name+" ")
		}
	}
	return lines
}

// shell is a kv shell under way.
type shell struct {
	*app
	store    store
	commands map[string]command
	out      *bufio.Writer // has nothing in it between two commands
	over     bool
}

// execute does what a line says. It is the last one when its output cannot be written.
func (s *shell) execute(line string) error {
	line, err := withoutLineFeed(line)
	if line = trim(line); err == nil && line != "" {
		err = s.verdict(s.obey(line))
		err = and(err, s.store.keep())
	}
	if errOut := s.out.Flush(); errOut != nil {
		s.over = true
		return failure{errOut}
	}
	return err
}

func (s *shell) obey(line string) error {
	name, rest := nextWord(line)
	c, known := s.commands[name]
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
