package page

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"numstore.example/tools/internal/markdown"
	"numstore.example/tools/internal/result"
	"numstore.example/tools/loadgen/internal/table"
)

// WriteMarkdown writes what the page of some runs says, but for its plots.
func WriteMarkdown(w io.Writer, runs []*result.Run) error {
	figures, settings := table.New(runs...), settingsOf(runs)
	parts := []string{"# " + plain(title(runs)), plain(subtitle(runs)), plain(gist(runs)), markdownTable(figures), list(figures.Notes), "## Settings", markdownTable(settings.Own)}
	shared := [][]string{{"setting", "value"}}
	for _, s := range settings.Shared {
		shared = append(shared, s[:])
	}
	parts = append(parts, markdown.Table(shared))
	return writeParts(w, parts)
}

// writeParts writes those parts that are not empty, with an empty line between them.
func writeParts(w io.Writer, parts []string) error {
	var text strings.Builder
	for _, part := range parts {
		if part != "" {
			fmt.Fprintf(&text, "%s\n\n", strings.TrimSuffix(part, "\n"))
		}
	}
	_, err := io.WriteString(w, strings.TrimSuffix(text.String(), "\n"))
	return err
}

func markdownTable(t table.Table) string {
	return markdown.Table(append([][]string{t.Head}, t.Rows...))
}

func list(items []string) string {
	var text strings.Builder
	for _, item := range items {
		fmt.Fprintf(&text, "- %s\n", plain(item))
	}
	return text.String()
}

// plain keeps text that others chose, such as labels and errors, on one line and free of HTML.
func plain(text string) string {
	return strings.ReplaceAll(oneLine(text), "<", "&lt;")
}

// oneLine keeps text on one line, and what would move a terminal's cursor out of it.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}
