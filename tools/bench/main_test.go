package main

import (
	"strings"
	"testing"

	"numstore.example/tools/internal/cli"
)

func TestRun_commandLine(t *testing.T) {
	for args, want := range map[string]int{
		"":                          cli.Misuse,
		"etcd":                      cli.Misuse,
		"numstore --rounds x":       cli.Misuse,
		"numstore --scratch /none/": cli.Failed,
		"numstore --bin /none":      cli.Failed,
		"--help":                    cli.OK,
		"--version":                 cli.OK,
	} {
		var stdout, stderr strings.Builder
		status := run(t.Context(), strings.Fields(args), &stdout, &stderr)
		if status != want || (status == cli.OK) != (stdout.Len() > 0) || (status != cli.OK) != strings.HasPrefix(stderr.String(), "bench: ") {
			t.Errorf("bench %s: status %d, printed %q and %q; want %d", args, status, &stdout, &stderr, want)
		}
	}
}
