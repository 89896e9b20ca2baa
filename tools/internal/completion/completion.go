// Package completion makes the scripts with which shells complete a tool's command line, from the same description
// that the command line is parsed by: what the tool takes is what they offer.
//
// They complete commands, flags, the words of flags and arguments that take some words only, and names of files. They
// call nothing, the tool itself neither.
package completion

import (
	"cmp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Shells are the shells that there are scripts for.
var Shells = map[string]func(*kong.Application) string{
	"bash": func(app *kong.Application) string { return bash(describe(app)) },
	"fish": func(app *kong.Application) string { return fish(describe(app)) },
	"zsh":  func(app *kong.Application) string { return zsh(describe(app)) },
}

// program is what there is to complete.
type program struct {
	name     string
	flags    []value // of all commands
	commands []command
}

// command is a verb, with the flags and arguments that it has besides.
type command struct {
	name, help string
	flags      []value
	arguments  []value
}

// value is a flag or an argument, and what it may be.
type value struct {
	name, help  string
	placeholder string   // what help calls its value; empty for a flag that has none
	words       []string // the only values, if any
	files       bool     // names of files
	many        bool     // an argument that takes all that follow
}

func describe(app *kong.Application) program {
	p := program{name: app.Name, flags: flags(app.Node)}
	for _, node := range app.Children {
		if node.Hidden {
			continue
		}
		c := command{name: node.Name, help: firstSentence(node.Help), flags: flags(node)}
		for _, argument := range node.Positional {
			v := describeValue(argument)
			v.placeholder, v.many = strings.ToUpper(argument.Name), argument.IsCumulative()
			c.arguments = append(c.arguments, v)
		}
		if verbs := node.Children; len(verbs) > 0 { // a verb, and then what any of them takes
			verb := value{name: "COMMAND", placeholder: "COMMAND"}
			for _, child := range verbs {
				verb.words = append(verb.words, child.Name)
				for _, flag := range flags(child) {
					if !slices.ContainsFunc(c.flags, func(known value) bool { return known.name == flag.name }) {
						c.flags = append(c.flags, flag)
					}
				}
			}
			c.arguments = append(c.arguments, verb)
		}
		p.commands = append(p.commands, c)
	}
	return p
}

func flags(node *kong.Node) (all []value) {
	for _, flag := range node.Flags {
		if flag.Hidden {
			continue
		}
		v := describeValue(flag.Value)
		if !flag.IsBool() {
			v.placeholder = cmp.Or(flag.PlaceHolder, "VALUE")
		}
		v.files = v.files || v.placeholder == "FILE" || v.placeholder == "DIR"
		all = append(all, v)
	}
	return all
}

func describeValue(v *kong.Value) value {
	described := value{name: v.Name, help: firstSentence(v.Help), files: v.Name == "file"}
	if v.Enum != "" {
		described.words = v.EnumSlice()
	}
	return described
}

// firstSentence is what fits beside a word. Sentences of help end with a full stop or a semicolon.
func firstSentence(help string) string {
	help, _, _ = strings.Cut(help, ". ")
	help, _, _ = strings.Cut(help, "; ")
	return strings.TrimSuffix(help, ".")
}

// longNames returns the flags of a list as they are written, those with a value alone if that is asked for.
func longNames(values []value, withValue bool) (names []string) {
	for _, v := range values {
		if !withValue || v.placeholder != "" {
			names = append(names, "--"+v.name)
		}
	}
	return names
}

// allFlags returns the flags of the program and of all commands, each once.
func (p program) allFlags() []value {
	all := slices.Clone(p.flags)
	for _, c := range p.commands {
		for _, flag := range c.flags {
			if !slices.ContainsFunc(all, func(v value) bool { return v.name == flag.name && v.placeholder == flag.placeholder }) {
				all = append(all, flag)
			}
		}
	}
	return all
}

// quoted returns a text in single quotes, as all three shells read it, but for what escape does for one of them.
func quoted(text string, escape *strings.Replacer) string {
	return "'" + escape.Replace(text) + "'"
}
