package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// usage is what the shell says first.
const usage = "set, get or getPrefix (for example: set key value); help lists all commands"

// command is a command of the shell.
type command struct {
	words     int // how many arguments it has, at most 2
	arguments string
	help      string
	do        func(s *shell, ctx context.Context, key, value []byte) error
}

// commandsOf returns what can be said to the shell of a store.
func commandsOf(s store) map[string]command {
	commands := map[string]command{
		"set":       {2, "KEY VALUE", "set a key to a value", (*shell).set},
		"get":       {1, "KEY", "show the value of a key", (*shell).get},
		"getPrefix": {1, "PREFIX", `show the keys that begin with PREFIX, and their values; "" for all`, (*shell).getPrefix},
		"delete":    {1, "KEY", "remove a key", (*shell).delete},
		"stat":      {0, "", "show counters and the state of the server", (*shell).stat},
		"help":      {0, "", "show this", (*shell).help},
		"exit":      {0, "", "leave; so does the end of the input", (*shell).exit},
	}
	maps.Copy(commands, s.commands())
	return commands
}

func (s *shell) set(ctx context.Context, key, value []byte) error {
	w, err := s.store.put(ctx, key, value, wishes{})
	if err == nil {
		fmt.Fprintf(s.out, "version %v\n", w.version)
	}
	return err
}

func (s *shell) get(ctx context.Context, key, _ []byte) error {
	p, err := s.store.get(ctx, key)
	if err == nil {
		fmt.Fprintln(s.out, s.show(p.value))
	}
	return err
}

func (s *shell) getPrefix(_ context.Context, prefix, _ []byte) error {
	ctx, touch, stop, explain := watch(s.ctx, s.within(callTimeout))
	defer stop()
	for p, err := range s.store.scan(ctx, keyRange{prefix: prefix}) {
		if err != nil {
			return explain(err)
		}
		touch()
		if _, err := fmt.Fprintf(s.out, "%s\t%s\n", s.show(p.key), s.show(p.value)); err != nil {
			return failure{err}
		}
	}
	return nil
}

func (s *shell) delete(ctx context.Context, key, _ []byte) error {
	w, err := s.store.delete(ctx, key, wishes{})
	if err == nil && w.missed() {
		err = errMissing
	}
	return err
}

func (s *shell) stat(ctx context.Context, _, _ []byte) error { return s.store.status(ctx, s.out) }

func (s *shell) help(context.Context, []byte, []byte) error {
	for _, name := range slices.Sorted(maps.Keys(s.commands)) {
		c := s.commands[name]
		fmt.Fprintf(s.out, "%-20s %s\n", name+" "+c.arguments, c.help)
	}
	fmt.Fprintln(s.out, `The last argument is the rest of the line. "In quotes", as in Go, an argument may have any bytes, and so it is shown.`)
	return nil
}

func (s *shell) exit(context.Context, []byte, []byte) error {
	s.over = true
	return nil
}

// show returns a key or value as a person can read it, and as split reads it.
func (s *shell) show(b []byte) string {
	text := string(s.text(b))
	plain := utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
	if plain && text == trim(text) && !strings.HasPrefix(text, `"`) && text != "" {
		return text
	}
	return strconv.Quote(text)
}

// split returns the arguments in a line, at most so many: words between blanks and tabs, with the last being the
// rest of the line, or strings in quotes. Other blanks of Unicode are a part of words.
func split(line string, most int) (words []string, err error) {
	for line = trim(line); line != ""; line = trim(line) {
		if len(words) == most {
			return nil, errors.New("there are more arguments than that")
		}
		word, rest := line, ""
		if quoted, err := strconv.QuotedPrefix(line); err == nil && line[0] == '"' {
			word, _ = strconv.Unquote(quoted)
			rest = line[len(quoted):]
		} else if line[0] == '"' {
			return nil, errors.New("a quote is not closed, or something in it is wrong")
		} else if len(words) < most-1 {
			word, rest = nextWord(line)
		}
		words, line = append(words, word), rest
	}
	return words, nil
}
