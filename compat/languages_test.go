package compat

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// language is a client of numstore in compat/clients, with the commands that make and run it in its folder.
type language struct {
	name  string
	needs []string // programs that make it
	files []string // all of it
	build []string // commands
	run   []string // a command, before its port
}

var languages = []language{
	{
		name:  "node",
		needs: []string{"node", "npm"},
		files: []string{"package.json", "package-lock.json", "client.js"},
		build: []string{"npm ci --ignore-scripts --no-audit --no-fund"},
		run:   []string{"node", "client.js"},
	},
	{
		name:  "java",
		needs: []string{"javac", "mvn"},
		files: []string{"pom.xml", "src/main/java/Client.java"},
		build: []string{"mvn -q -B -ntp compile"},
		run:   []string{"java", "-cp", "target/classes:target/lib/*", "Client"},
	},
	{
		name:  "rust",
		needs: []string{"cargo", "protoc"},
		files: []string{"Cargo.toml", "build.rs", "src/main.rs"},
		build: []string{"cargo build -q"},
		run:   []string{"target/debug/numstore-client"},
	},
	{
		name:  "cpp",
		needs: []string{"c++", "cmake", "pkg-config", "protoc", "grpc_cpp_plugin"},
		files: []string{"CMakeLists.txt", "client.cc"},
		build: []string{"cmake -S . -B build", "cmake --build build"},
		run:   []string{"build/client"},
	},
}

// TestLanguages makes a client in each language of its own manifest and the contract, and expects of it what the Python
// client does: the same lines, the same hit rate, and one line with status 2 where there is nothing to drive.
func TestLanguages(t *testing.T) {
	want := shape(printed(t, python(t, "newest").Command(t.Context(), "client.py", startProcess(t))))
	for _, language := range languages {
		t.Run(language.name, func(t *testing.T) {
			t.Parallel()
			folder := language.make(t)
			client := func(port string) *exec.Cmd {
				command := exec.CommandContext(t.Context(), language.run[0], append(slices.Clone(language.run[1:]), port)...)
				command.Dir = folder
				return command
			}
			output := printed(t, client(startProcess(t)))
			if got := shape(output); got != want {
				t.Errorf("it prints\n%s; want the same lines as the Python client's:\n%s", got, want)
			}
			found, _ := parseFigures(t, output)
			checkFigures(t, found)
			expectMisuse(t, client)
		})
	}
}

// make makes the client in a folder outside of the checkout, which has the contract where the checkout has it.
func (l language) make(t *testing.T) (folder string) {
	t.Helper()
	for _, program := range l.needs {
		if _, err := exec.LookPath(program); err != nil {
			lacking(t, "toolchain for "+l.name, err)
		}
	}
	top := t.TempDir()
	place := filepath.Join("compat", "clients", l.name)
	files := []string{filepath.Join("contracts", "numstore.proto")}
	for _, file := range l.files {
		files = append(files, filepath.Join(place, file))
	}
	for _, file := range files {
		folder := filepath.Join(top, filepath.Dir(file))
		if err := os.MkdirAll(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		copyFile(t, filepath.Join(root(), file), folder)
	}
	folder = filepath.Join(top, place)
	for _, command := range l.build {
		args := strings.Fields(command)
		build := exec.CommandContext(t.Context(), args[0], args[1:]...)
		build.Dir = folder
		if output, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", build, err, output)
		}
	}
	return folder
}

// A number that stands by itself, unlike that of p50.
var aNumber = regexp.MustCompile(`\b\d+(\.\d+)?`)

// shape returns what a client has printed without its numbers, but with their decimal places.
func shape(output string) string {
	return aNumber.ReplaceAllStringFunc(output, func(number string) string {
		_, decimals, _ := strings.Cut(number, ".")
		return "N" + strings.Repeat("0", len(decimals))
	})
}
