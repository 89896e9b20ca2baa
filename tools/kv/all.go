package main

import (
	"fmt"
	"strings"
)

// fate is what came of asking one of several servers for something.
type fate struct {
	who string // for people
	err error
}

// words says in two words what an error of a server means.
func words(err error) string {
	if gone(err) {
		return "no answer"
	}
	return "refused"
}

// verdictOfAll returns nil if all servers did what they were asked, and else an error that names those which did not, and
// why. The exit status is 3 when one of them did not answer, and 1 when they all did, and one refused. Kind is what
// the servers are called.
func verdictOfAll(kind string, fates []fate) error {
	var reasons []string
	silent, refused := 0, 0
	for _, f := range fates {
		switch {
		case f.err == nil:
			continue
		case gone(f.err):
			silent++
		default:
			refused++
		}
		reasons = append(reasons, fmt.Sprintf("%s: %s", f.who, message(f.err)))
	}
	switch {
	case silent == 0 && refused == 0:
		return nil
	case silent == 0:
		return failure{fmt.Errorf("%d of %d %s refused: %s", refused, len(fates), kind, strings.Join(reasons, "; "))}
	}
	count := fmt.Sprintf("%d of %d %s did not answer", silent, len(fates), kind)
	if refused > 0 {
		count += fmt.Sprintf(", %d refused", refused)
	}
	return unreachable{fmt.Errorf("%s: %s", count, strings.Join(reasons, "; "))}
}
