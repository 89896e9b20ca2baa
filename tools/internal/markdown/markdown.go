// Package markdown writes tables as Markdown, readable also as they are.
package markdown

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
)

// escaped is what has a meaning in a cell of a table, and a way to write it that has none.
var escaped = strings.NewReplacer("|", `\|`, "\n", " ", "\r", " ", "\t", " ", "<", "&lt;")

// Table writes rows that are all as wide as the first, which is the head. Columns without any content below the head are
// left out, and so is a table of a head alone: that is "".
func Table(rows [][]string) string {
	if len(rows) < 2 {
		return ""
	}
	var text strings.Builder
	out := tabwriter.NewWriter(&text, 0, 0, 1, ' ', 0)
	for i, row := range rows {
		line, rule := "", ""
		for column, cell := range row {
			if slices.ContainsFunc(rows[1:], func(row []string) bool { return row[column] != "" }) {
				line, rule = line+"| "+escaped.Replace(cell)+"\t", rule+"| ---\t"
			}
		}
		fmt.Fprintln(out, line+"|")
		if i == 0 {
			fmt.Fprintln(out, rule+"|")
		}
	}
	out.Flush()
	return text.String()
}
