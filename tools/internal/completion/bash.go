package completion

import (
	"fmt"
	"strings"
)

// bash returns a script for bash 4 or later. It reads the line itself: bash takes words apart at colons and equals
// signs, as in --servers=a:6000.
func bash(p program) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Completion of %[1]s for bash: source <(%[1]s completion bash)
_%[1]s() {
    local line=${COMP_LINE:0:COMP_POINT} words=() cur prev="" command="" place=0 i flags=%[2]q
    read -ra words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    cur=${words[${#words[@]}-1]}
    if [[ $cur == --*=* ]]; then
        prev=${cur%%%%=*} cur=${cur#*=}
    elif ((${#words[@]} > 1)); then
        prev=${words[${#words[@]}-2]}
    fi
    for ((i = 1; i < ${#words[@]} - 1; i++)); do
        case ${words[i]} in
            %[3]s) ((i++)) ;;
            -*) ;;
            *) if [[ -z $command ]]; then command=${words[i]}; else ((place++)); fi ;;
        esac
    done
    COMPREPLY=()
    case $prev in
`, p.name, strings.Join(longNames(p.flags, false), " "), strings.Join(longNames(p.allFlags(), true), "|"))
	for _, flag := range p.allFlags() {
		if flag.placeholder != "" {
			fmt.Fprintf(&b, "        --%s) %s return ;;\n", flag.name, bashOffer(flag))
		}
	}
	var names []string
	fmt.Fprintf(&b, "    esac\n    case $command:$place in\n")
	for _, c := range p.commands {
		names = append(names, c.name)
		if len(c.flags) > 0 {
			fmt.Fprintf(&b, "        %s:*) flags+=%q ;;&\n", c.name, " "+strings.Join(longNames(c.flags, false), " "))
		}
		for place, argument := range c.arguments {
			if offer := bashOffer(argument); offer != "" {
				fmt.Fprintf(&b, "        %s:%s) [[ $cur != -* ]] && { %s return; } ;;&\n", c.name, bashPlace(place, argument.many), offer)
			}
		}
	}
	fmt.Fprintf(&b, `    esac
    if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$flags" -- "$cur")
    elif [[ -z $command ]]; then
        mapfile -t COMPREPLY < <(compgen -W %q -- "$cur")
    fi
}
complete -F _%[2]s %[2]s
`, strings.Join(names, " "), p.name)
	return b.String()
}

// bashOffer returns the commands that offer what a value may be, or nothing.
func bashOffer(v value) string {
	switch {
	case v.words != nil:
		return fmt.Sprintf(`mapfile -t COMPREPLY < <(compgen -W %q -- "$cur");`, strings.Join(v.words, " "))
	case v.files:
		return `compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur");`
	}
	return ""
}

func bashPlace(place int, many bool) string {
	if many {
		return "*"
	}
	return fmt.Sprint(place)
}
