package completion

import (
	"fmt"
	"strings"
)

// inZsh escapes what is special in single quotes, and in a specification of _arguments.
var inZsh = strings.NewReplacer(`'`, `'\''`, `[`, `\[`, `]`, `\]`, `:`, `\:`)

// zsh returns a script that works in a folder of fpath, and when it is sourced after compinit.
func zsh(p program) string {
	var b strings.Builder
	fmt.Fprintf(&b, `#compdef %[1]s
# Completion of %[1]s for zsh: source <(%[1]s completion zsh), after compinit
_%[1]s() {
    local context state state_descr line
    local -A opt_args
    local -a flags=(
%[2]s    )
    _arguments -C $flags '1:command:->command' '*::argument:->argument' && return
    case $state in
        command)
            local -a commands=(
`, p.name, zshSpecs(p.flags, "        "))
	for _, c := range p.commands {
		fmt.Fprintf(&b, "                %s\n", quoted(c.name+":"+c.help, strings.NewReplacer(`'`, `'\''`)))
	}
	fmt.Fprintf(&b, `            )
            _describe -t commands command commands ;;
        argument)
            case $line[1] in
`)
	for _, c := range p.commands {
		fmt.Fprintf(&b, "                %s) _arguments $flags \\\n%s", c.name, zshLines(c.flags))
		for place, argument := range c.arguments {
			at := fmt.Sprint(place + 1)
			if argument.many {
				at = "*"
			}
			fmt.Fprintf(&b, "                    '%s:%s:%s' \\\n", at, inZsh.Replace(strings.ToLower(argument.placeholder)), zshAction(argument))
		}
		fmt.Fprintf(&b, "                    ;;\n")
	}
	fmt.Fprintf(&b, `            esac ;;
    esac
}
if [[ $funcstack[1] == _%[1]s ]]; then
    _%[1]s "$@"
else
    compdef _%[1]s %[1]s
fi
`, p.name)
	return b.String()
}

func zshSpecs(flags []value, indent string) string {
	var b strings.Builder
	for _, flag := range flags {
		fmt.Fprintf(&b, "%s%s\n", indent, zshSpec(flag))
	}
	return b.String()
}

func zshLines(flags []value) string {
	return strings.ReplaceAll(zshSpecs(flags, "                    "), "\n", " \\\n")
}

// zshSpec returns a flag as _arguments wants it.
func zshSpec(flag value) string {
	if flag.placeholder == "" {
		return fmt.Sprintf("'--%s[%s]'", flag.name, inZsh.Replace(flag.help))
	}
	return fmt.Sprintf("'--%s=[%s]:%s:%s'", flag.name, inZsh.Replace(flag.help), inZsh.Replace(flag.placeholder), zshAction(flag))
}

// zshAction returns what offers the values of v. Where there are none, it is no message that asks for one: beside such
// a message, zsh does not complete flags.
func zshAction(v value) string {
	if v.files {
		return "_files"
	}
	return "(" + strings.Join(v.words, " ") + ")"
}
