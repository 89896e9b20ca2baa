package house

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"numstore.example/compat/internal/repo"
)

var (
	// quoted finds what a page sets in backquotes and may be a path of the repository.
	quoted = regexp.MustCompile("`([\\w./*-]+)`")
	// testNamed finds the tests that a page names.
	testNamed = regexp.MustCompile("`(Test\\w+)`")
	// linked finds the targets of links to files.
	linked = regexp.MustCompile(`\]\(([\w./-]+)`)
	// testFunction finds tests.
	testFunction = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
)

// TestPages: the files, folders and tests that CONTRIBUTING.md and README.md name are there. NAME stands for any service.
// (What they say of mage is TestCommands.)
func TestPages(t *testing.T) {
	tests := testNames(t)
	named := 0
	for _, page := range []string{"CONTRIBUTING.md", "README.md"} {
		text := read(t, page)
		for _, found := range linked.FindAllStringSubmatch(text, -1) {
			expectFile(t, page, found[1])
		}
		if page != "CONTRIBUTING.md" {
			continue // its paths are within a service, and TestServices has its map
		}
		for _, found := range quoted.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(found[1], "/") {
				continue
			}
			named++
			if !slices.ContainsFunc(services(t), func(name string) bool { return exists(t, strings.ReplaceAll(found[1], "NAME", name)) }) {
				t.Errorf("%s names %s, which is not there", page, found[1])
			}
		}
		for _, found := range testNamed.FindAllStringSubmatch(text, -1) {
			if named++; !tests[found[1]] {
				t.Errorf("%s names %s, which is no test", page, found[1])
			}
		}
	}
	if named < 30 {
		t.Errorf("CONTRIBUTING.md names %d files and tests; want more: has its form changed?", named)
	}
}

// mapLine finds a line of README's map: how far it is indented, and a file or folder.
var mapLine = regexp.MustCompile(`(?m)^( *)([\w./]+)  `)

// TestMap: what the map in README.md shows is there. What is indented lies in the folder above it, or in its internal/.
func TestMap(t *testing.T) {
	_, text, _ := strings.Cut(read(t, "README.md"), "\n```\n")
	text, _, _ = strings.Cut(text, "\n```\n")
	folder, rooms := "", 0
	for _, found := range mapLine.FindAllStringSubmatch(text, -1) {
		rooms++
		path := found[2]
		if found[1] == "" {
			folder = path
		} else if path = folder + found[2]; !exists(t, path) {
			path = folder + "internal/" + found[2]
		}
		expectFile(t, "README.md", path)
	}
	if rooms < 15 {
		t.Errorf("the map has %d rooms; want more: has its form changed?", rooms)
	}
}

// TestServices: every service has what it takes to be found, used and tested.
func TestServices(t *testing.T) {
	readme, python := read(t, "README.md"), read(t, "contracts/python/pyproject.toml")
	loadgen, bench, mage := read(t, "tools/loadgen/internal/service/service.go"), read(t, "tools/bench/suite.go"), read(t, "magefile.go")
	for _, service := range services(t) {
		for _, file := range []string{
			"services/NAME/README.md", "services/NAME/DESIGN.md",
			"contracts/NAME.proto", "contracts/NAMEpb", "contracts/golden/NAME.json", "contracts/python/NAME_pb2.py",
			"compat/testdata/NAME",
		} {
			expectFile(t, "CONTRIBUTING.md, A service,", strings.ReplaceAll(file, "NAME", service))
		}
		if !strings.Contains(readme, "\nservices/"+service+"/ ") || !strings.Contains(readme, "(services/"+service+"/README.md)") {
			t.Errorf("README.md does not have services/%s/ in its map, and a link to its README.md", service)
		}
		if !strings.Contains(loadgen, `"`+service+`":`) {
			t.Errorf("tools/loadgen/internal/service/service.go does not have %q in All", service)
		}
		if !strings.Contains(bench, `"`+service+`":`) || !strings.Contains(mage, `{name: "`+service+`",`) {
			t.Errorf("there is no suite for %q in tools/bench/suite.go, or none in magefile.go", service)
		}
		if !strings.Contains(python, `"`+service+`_pb2", "`+service+`_pb2_grpc"`) {
			t.Errorf("contracts/python/pyproject.toml does not have %s_pb2 and %[1]s_pb2_grpc", service)
		}
	}
}

// TestVerbs: of every verb of kv tell the pages of the services that have it.
func TestVerbs(t *testing.T) {
	help, err := repo.Go(t.Context(), root(t), "run", "./tools/kv", "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	raftkv, gossipkv := "services/raftkv/README.md", "tools/kv/README.md"
	_, list, _ := strings.Cut(string(help), "\nCommands:\n") // before it are the flags, which have such titles, too
	list = "\nCommands:\n" + list
	for title, pages := range map[string][]string{"Commands:": {raftkv, gossipkv}, "For raftkv alone:": {raftkv, gossipkv}, "For gossipkv alone:": {gossipkv}} {
		_, commands, _ := strings.Cut(list, "\n"+title+"\n  ")
		commands, _, _ = strings.Cut("  "+commands, "\n\nFor ")
		verbs := regexp.MustCompile(`(?m)^  ([a-z]+)\b`).FindAllStringSubmatch(commands, -1)
		if len(verbs) < 3 {
			t.Errorf("kv --help describes %d verbs below %q:\n%s", len(verbs), title, help)
		}
		for _, page := range pages {
			text := read(t, page)
			for _, verb := range verbs {
				if !strings.Contains(text, "kv "+verb[1]) && !strings.Contains(text, "`"+verb[1]+"`") {
					t.Errorf("%s does not tell of kv %s", page, verb[1])
				}
			}
		}
	}
}

// services returns the names of all services.
func services(t *testing.T) (names []string) {
	t.Helper()
	mains, err := filepath.Glob(filepath.Join(root(t), "services", "*", "main.go"))
	if err != nil || len(mains) < 2 {
		t.Fatalf("the services are %q, %v", mains, err)
	}
	for _, main := range mains {
		names = append(names, filepath.Base(filepath.Dir(main)))
	}
	return names
}

// testNames returns the tests of all packages.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := make(map[string]bool)
	for _, module := range []string{"contracts", "services", "tools", "compat"} {
		err := filepath.WalkDir(filepath.Join(root(t), module), func(path string, _ os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, found := range testFunction.FindAllStringSubmatch(string(text), -1) {
				names[found[1]] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// expectFile complains if a file, or a folder, is not there.
func expectFile(t *testing.T, page, path string) {
	t.Helper()
	if !exists(t, path) {
		t.Errorf("%s names %s, which is not there", page, path)
	}
}

func exists(t *testing.T, path string) bool {
	t.Helper()
	_, err := os.Stat(filepath.Join(root(t), path))
	return err == nil
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
