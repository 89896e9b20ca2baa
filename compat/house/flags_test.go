package house

import (
	"regexp"
	"strings"
	"testing"

	"numstore.example/compat/internal/repo"
)

// flagInHelp finds the name of a flag where --help describes it.
var flagInHelp = regexp.MustCompile(`(?m)^ +(?:-\w, +)?--(?:\[no-\])?([a-z-]+)`)

// TestFlags: every flag of a service is in a group of --help that says what it is about, and in the tables of the
// service's README. What answers and ends, --help and --version, is in neither.
func TestFlags(t *testing.T) {
	for _, service := range services(t) {
		help, err := repo.Go(t.Context(), root(t), "run", "./services/"+service, "--help").Output()
		if err != nil {
			t.Fatal(err)
		}
		readme := read(t, "services/"+service+"/README.md")
		_, flags, _ := strings.Cut(string(help), "\nFlags:\n")
		ungrouped, grouped, _ := strings.Cut(flags, "\n\n")
		grouped, _, _ = strings.Cut(grouped, "\nCommands:\n")
		for _, found := range flagInHelp.FindAllStringSubmatch(ungrouped, -1) {
			if found[1] != "help" && found[1] != "version" {
				t.Errorf("%s: --%s is in no group: give it the tag `group:`", service, found[1])
			}
		}
		all := flagInHelp.FindAllStringSubmatch(grouped, -1)
		if len(all) < 10 {
			t.Errorf("%s --help describes %d flags in groups:\n%s", service, len(all), grouped)
		}
		_, table, _ := strings.Cut(readme, "<!-- flags")
		table, _, _ = strings.Cut(table, "<!-- end of flags -->")
		for _, found := range all {
			if name := "`--" + found[1]; !strings.Contains(table, name+"`") && !strings.Contains(table, name+"=") {
				t.Errorf("%s: --%s is not in the tables of services/%[1]s/README.md: run go tool mage generate", service, found[1])
			}
		}
	}
}
