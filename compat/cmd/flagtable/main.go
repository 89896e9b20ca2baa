// Flagtable writes the flags of each server, as --help shows them, into the README beside its main.go: between the
// lines <!-- flags, made of --help by go tool mage generate --> and <!-- end of flags -->. So a flag is described in one place.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"numstore.example/compat/internal/repo"
)

func main() {
	if err := writeAll(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "flagtable:", err)
		os.Exit(1)
	}
}

func writeAll(ctx context.Context) error {
	root, err := repo.Root()
	if err != nil {
		return err
	}
	mains, err := filepath.Glob(filepath.Join(root, "services", "*", "main.go"))
	if err != nil {
		return err
	}
	for _, main := range mains {
		if err := write(ctx, root, filepath.Dir(main)); err != nil {
			return fmt.Errorf("%s: %w", filepath.Dir(main), err)
		}
	}
	return nil
}

// write brings the README of one service up to date.
func write(ctx context.Context, root, folder string) error {
	help := repo.Go(ctx, root, "run", folder, "--help")
	help.Env = append(help.Env, "COLUMNS=100000") // no line is broken
	text, err := help.Output()
	if err != nil {
		return err
	}
	readme := filepath.Join(folder, "README.md")
	old, err := os.ReadFile(readme)
	if err != nil {
		return err
	}
	table, err := replace(string(old), table(string(text)))
	if err != nil {
		return err
	}
	return os.WriteFile(readme, []byte(table), 0o644)
}

const (
	begin = "<!-- flags, made of --help by go tool mage generate -->\n"
	end   = "<!-- end of flags -->\n"
)

// replace puts a table between the two lines.
func replace(page, table string) (string, error) {
	before, rest, found := strings.Cut(page, begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		return "", errors.New("README.md has no lines <!-- flags, made of --help by go tool mage generate --> and <!-- end of flags -->")
	}
	return before + begin + table + end + after, nil
}

// flagLine is a line of the help: a flag, perhaps what it takes, and what it does.
var flagLine = regexp.MustCompile(`^ +(?:-\w, )?--([\w-]+)(?:=(\S+))? +(\S.*?)(?: \(\$\w+\))?(\.?)$`)

// table returns the flags of a help text, which come in groups behind the general ones, as tables.
func table(help string) string {
	var b strings.Builder
	group := ""
	for line := range strings.Lines(help) {
		line = strings.TrimRight(line, "\n")
		if flag := flagLine.FindStringSubmatch(line); flag != nil && group != "" {
			name := "--" + flag[1]
			if flag[2] != "" {
				name += "=" + flag[2]
			}
			fmt.Fprintf(&b, "| `%s` | %s%s |\n", name, strings.ReplaceAll(flag[3], "|", `\|`), flag[4])
			continue
		}
		switch {
		case line == "Commands:":
			return b.String()
		case line != "" && line[0] != ' ' && !strings.HasSuffix(line, ":") && strings.Count(line, " ") == 0:
			group = line
			if b.Len() > 0 {
				b.WriteString("\n")
			}
			fmt.Fprintf(&b, "| %s | |\n| --- | --- |\n", group)
		}
	}
	return b.String()
}
