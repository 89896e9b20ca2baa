package house

import (
	"os"
	"path/filepath"
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
	mains, err := filepath.Glob(filepath.Join(root(t), "services", "*", "main.go"))
	if err != nil || len(mains) < 2 {
		t.Fatalf("the services are %q, %v", mains, err)
	}
	for _, main := range mains {
		folder := filepath.Dir(main)
		service := filepath.Base(folder)
		help, err := repo.Go(t.Context(), root(t), "run", "./services/"+service, "--help").Output()
		if err != nil {
			t.Fatal(err)
		}
		readme, err := os.ReadFile(filepath.Join(folder, "README.md"))
		if err != nil {
			t.Fatal(err)
		}
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
		_, table, _ := strings.Cut(string(readme), "<!-- flags")
		table, _, _ = strings.Cut(table, "<!-- end of flags -->")
		for _, found := range all {
			if name := "`--" + found[1]; !strings.Contains(table, name+"`") && !strings.Contains(table, name+"=") {
				t.Errorf("%s: --%s is not in the tables of services/%[1]s/README.md: run go tool mage generate", service, found[1])
			}
		}
	}
}
