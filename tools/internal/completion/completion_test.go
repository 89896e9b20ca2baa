package completion

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// grammar has one of everything. Its texts are awkward for shells.
type grammar struct {
	Servers []string `placeholder:"HOST:PORT" help:"Servers: it's [one] or \"more\", with a \\ and $HOME. And more."`
	Hex     bool     `help:"Digits."`

	Put struct {
		Key    string `arg:""`
		Value  string `arg:"" optional:""`
		File   string `placeholder:"FILE" help:"Take it from a file."`
		Output string `enum:"text,json" default:"text" help:"How."`
	} `cmd:"" help:"Set a key: don't forget; ever."`
	Pipe   struct{} `cmd:"" help:"Pipe."`
	Topple struct{} `cmd:"" help:"Topple."`
	Secret struct{} `cmd:"" hidden:""`
	Read   struct {
		Files []string `arg:"" name:"file"`
	} `cmd:"" help:"Read files."`
	Say struct {
		Word string `arg:"" enum:"hello,bye"`
	} `cmd:"" help:"Say a word."`
}

// script writes the script of a shell and returns its name.
func script(t *testing.T, shell string) string {
	t.Helper()
	parser := kong.Must(new(grammar), kong.Name("tool"))
	file := filepath.Join(t.TempDir(), "completion."+shell)
	if err := os.WriteFile(file, []byte(Shells[shell](parser.Model)), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// run has a shell do what a program says, in a folder with two files.
func run(t *testing.T, program string, arguments ...string) string {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("NOT TESTED, no %s: %v", program, err)
	}
	folder := t.TempDir()
	for _, name := range []string{"a file", "another"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	command := exec.CommandContext(ctx, program, arguments...)
	command.Dir, command.Env = folder, append(os.Environ(), "HOME="+folder, "XDG_CONFIG_HOME="+folder, "XDG_DATA_HOME="+folder, "TERM=dumb")
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, output)
	}
	return string(output)
}

// lines are lines of which the last word is to be completed, and what for.
var lines = map[string][]string{
	"tool ":                             {"pipe", "put", "read", "say", "topple"},
	"tool p":                            {"pipe", "put"},
	"tool --servers a:1,b:2 p":          {"pipe", "put"},
	"tool --servers=a:1 --hex t":        {"topple"},
	"tool sec":                          nil,
	"tool --":                           {"--help", "--hex", "--servers"},
	"tool put --":                       {"--file", "--help", "--hex", "--output", "--servers"},
	"tool pipe --f":                     nil,
	"tool put k --output ":              {"json", "text"},
	"tool put k --output=j":             {"json"},
	"tool put --file a":                 {"a file", "another"},
	"tool put --servers ":               nil,
	"tool put ":                         nil,
	"tool read ano":                     {"another"},
	"tool read another a":               {"a file", "another"},
	"tool say ":                         {"bye", "hello"},
	"tool --servers unix:/a say --hex ": {"bye", "hello"},
}

func TestBash(t *testing.T) {
	file := script(t, "bash")
	for line, want := range lines {
		output := run(t, "bash", "--norc", "-c", `source "$1"; COMP_LINE=$2 COMP_POINT=${#2}; _tool; printf '%s\n' "${COMPREPLY[@]}"`, "bash", file, line)
		expect(t, line, output, want)
	}
	if output := run(t, "bash", "--norc", "-c", `source "$1"; complete -p tool`, "bash", file); !strings.Contains(output, "-F _tool tool") {
		t.Errorf("bash has registered %q", output)
	}
}

func TestFish(t *testing.T) {
	file := script(t, "fish")
	for line, want := range lines {
		output := run(t, "fish", "--no-config", "-c", `source $argv[1]; for c in (complete -C $argv[2]); string split -m1 -f1 \t -- $c; end; true`, file, line)
		expect(t, line, strings.ReplaceAll(output, `\ `, " "), want)
	}
}

// expect compares lines of output, in whatever order they come.
func expect(t *testing.T, line, output string, want []string) {
	t.Helper()
	var got []string
	for part := range strings.Lines(output) {
		part = strings.TrimPrefix(strings.TrimSuffix(part, "\n"), "--output=") // fish repeats it
		if part != "" && part != "-h" {
			got = append(got, part)
		}
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("%q is completed with %q; want %q", line, got, want)
	}
}

// TestZsh types lines with a tab at their ends, and looks at what is run.
func TestZsh(t *testing.T) {
	file := script(t, "zsh")
	for line, want := range map[string]string{
		"tool topp":                  "topple",
		"tool --servers=a:1 --hex t": "--servers=a:1|--hex|topple",
		"tool put --fi":              "put|--file", // without the = that zsh takes back
		"tool put k --output j":      "put|k|--output|json",
		"tool put k --output=te":     "put|k|--output=text",
		"tool read ano":              "read|another",
		"tool read another a\\ ":     "read|another|a file",
		"tool say he":                "say|hello",
		"tool put he":                "put|he",
	} {
		output := run(t, "zsh", "-f", "-c", `
			zmodload zsh/zpty
			zpty shell zsh -f -i
			zpty -w shell "PS1= PROMPT2=; autoload -Uz compinit; compinit -D -u; source $1; tool() { print -r -- RAN:\${(j:|:)@}:END }; print READY''READY"
			zpty -r -m shell output '*READYREADY*'
			zpty -w shell "$2"$'\t'
			zpty -r -m shell output '*RAN:*:END*'
			print -r -- $output
			zpty -d shell`, "zsh", file, line)
		_, ran, _ := strings.Cut(output, "RAN:")
		if ran, _, _ = strings.Cut(ran, ":END"); ran != want {
			t.Errorf("%q and a tab run %q; want %q\n%q", line, ran, want, output)
		}
	}
}
