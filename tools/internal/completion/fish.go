package completion

import (
	"fmt"
	"strings"
)

// inFish escapes what is special in single quotes.
var inFish = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

func fish(p program) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Completion of %[1]s for fish: %[1]s completion fish | source\ncomplete -c %[1]s -f\n", p.name)
	for _, flag := range p.flags {
		fmt.Fprintf(&b, "complete -c %s%s\n", p.name, fishFlag(flag))
	}
	var names []string
	for _, c := range p.commands {
		names = append(names, c.name)
	}
	none := quoted("not __fish_seen_subcommand_from "+strings.Join(names, " "), inFish)
	for _, c := range p.commands {
		seen := quoted("__fish_seen_subcommand_from "+c.name, inFish)
		fmt.Fprintf(&b, "complete -c %s -n %s -a %s -d %s\n", p.name, none, c.name, quoted(c.help, inFish))
		for _, flag := range c.flags {
			fmt.Fprintf(&b, "complete -c %s -n %s%s\n", p.name, seen, fishFlag(flag))
		}
		for _, argument := range c.arguments {
			switch {
			case argument.words != nil:
				fmt.Fprintf(&b, "complete -c %s -n %s -a %s\n", p.name, seen, quoted(strings.Join(argument.words, " "), inFish))
			case argument.files:
				fmt.Fprintf(&b, "complete -c %s -n %s -F\n", p.name, seen)
			}
		}
	}
	return b.String()
}

// fishFlag returns a flag as complete wants it.
func fishFlag(flag value) string {
	text := fmt.Sprintf(" -l %s -d %s", flag.name, quoted(flag.help, inFish))
	switch {
	case flag.words != nil:
		text += " -x -a " + quoted(strings.Join(flag.words, " "), inFish)
	case flag.files:
		text += " -r -F"
	case flag.placeholder != "":
		text += " -x"
	}
	return text
}
