package cli

import (
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"numstore.example/contracts/raftkvpb"
)

// grammar has every kind of string that the tools have.
type grammar struct {
	Name   string   `default:"standard" env:"CLI_TEST_NAME"`
	Maybe  *string  `env:"CLI_TEST_MAYBE"`
	List   []string `default:"a,b" env:"CLI_TEST_LIST"`
	Number int      `default:"7" env:"CLI_TEST_NUMBER"`

	Put struct {
		Key  string  `arg:""`
		Rest *string `arg:"" optional:""`
	} `cmd:"" help:"Put it."`
	Read struct {
		Files   []string `arg:""`
		Version bool
	} `cmd:"" help:"Read them."`
}

// parse returns what Parse makes of arguments.
func parse(t *testing.T, args ...string) (line grammar) {
	t.Helper()
	var out strings.Builder
	if command, status := (Program{Name: "tool", Stdout: &out, Stderr: &out}).Parse(&line, args); command == nil {
		t.Fatalf("tool %q: status %d, printed %q; want that it is understood", args, status, &out)
	}
	return line
}

// say returns what Parse does with arguments after which there is nothing more to do.
func say(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var line grammar
	var out, err strings.Builder
	program := Program{Name: "tool", Summary: "A tool.", Contracts: []protoreflect.FileDescriptor{raftkvpb.File_raftkv_proto}, Stdout: &out, Stderr: &err}
	command, status := program.Parse(&line, args)
	if command != nil {
		t.Fatalf("tool %q is understood as %+v", args, line)
	}
	return status, out.String(), err.String()
}

// notText has bytes that are no UTF-8, among them one that is the beginning of a longer character.
const notText = "\xff\xc3|\xed\xa0\x80"

func TestParse_bytes(t *testing.T) {
	t.Setenv("CLI_TEST_MAYBE", "env"+notText)
	t.Setenv("CLI_TEST_LIST", notText+",\xfe")
	line := parse(t, "put", "--name="+notText, notText, notText+"2")
	if line.Name != notText || line.Put.Key != notText || *line.Put.Rest != notText+"2" || *line.Maybe != "env"+notText {
		t.Errorf("%q, %q, %q and %q; want all as they were given", line.Name, line.Put.Key, *line.Put.Rest, *line.Maybe)
	}
	if want := []string{notText, "\xfe"}; !slices.Equal(line.List, want) {
		t.Errorf("the list is %q; want %q", line.List, want)
	}
	line = parse(t, "read", "--name", notText, "--list", "\xff", "--list=b\xff,", "--", notText, "-", "-\xff", "")
	if want := []string{notText, "-", "-\xff", ""}; !slices.Equal(line.Read.Files, want) {
		t.Errorf("files %q; want %q", line.Read.Files, want)
	}
	if line := parse(t, "read", "a", "--version"); !line.Read.Version {
		t.Error("the --version of a command is not its own")
	}
	if want := []string{"\xff", "b\xff", ""}; line.Name != notText || !slices.Equal(line.List, want) {
		t.Errorf("%q and the list %q; want %q and %q", line.Name, line.List, notText, want)
	}
}

func TestSplitList(t *testing.T) {
	for text, want := range map[string][]string{
		"": {""}, "a": {"a"}, "a,b": {"a", "b"}, ",a,": {"", "a", ""}, `a\,b,c`: {"a,b", "c"}, `a\b\`: {`a\b\`}, `\\,`: {`\,`},
	} {
		if got := splitList(text); !slices.Equal(got, want) {
			t.Errorf("splitList(%q) = %q; want %q", text, got, want)
		}
	}
}

func TestParse_emptyEnvironment(t *testing.T) {
	for _, name := range []string{"CLI_TEST_NAME", "CLI_TEST_MAYBE", "CLI_TEST_LIST", "CLI_TEST_NUMBER"} {
		t.Setenv(name, "")
	}
	line := parse(t, "put", "k")
	if line.Name != "standard" || line.Maybe != nil || !slices.Equal(line.List, []string{"a", "b"}) || line.Number != 7 {
		t.Errorf("%+v; want the defaults", line)
	}
	os.Setenv("CLI_TEST_NAME", "x") // t.Setenv above puts back what was there
	if line := parse(t, "put", "k", "--list="); line.Name != "x" || !slices.Equal(line.List, []string{""}) {
		t.Errorf("%+v; want what was set, and the list that the flag says", line)
	}
}

func TestParse_help(t *testing.T) {
	for args, want := range map[string]string{
		"--help":     "Show what this program was built from",
		"put --help": "Put it.",
		"--version":  "contract: raftkv.proto (package raftkv.v1)\n",

		"--number 1 --version": "contract: raftkv.proto (package raftkv.v1)\n",
		"put k --version":      "contract: raftkv.proto (package raftkv.v1)\n",
	} {
		if status, stdout, stderr := say(t, strings.Fields(args)...); status != OK || !strings.Contains(stdout, want) || stderr != "" {
			t.Errorf("tool %s: status %d, printed %q and %q; want a success that says %q", args, status, stdout, stderr, want)
		}
		var complaint strings.Builder
		program := Program{Name: "tool", Stdout: full{}, Stderr: &complaint}
		if _, status := program.Parse(new(grammar), strings.Fields(args)); status != Failed || !strings.Contains(complaint.String(), "no space left") {
			t.Errorf("tool %s into a full disk: status %d, printed %q; want a failure that says so", args, status, &complaint)
		}
	}
}

// full is an output that takes nothing.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestParse_misuse(t *testing.T) {
	for args, want := range map[string]string{
		"":                     "expected one of",
		"put":                  "expected \"<key>",
		"put k --name":         "--name: a value is missing",
		"put k --list":         "--list: a value is missing",
		"put k --maybe":        "--maybe: a value is missing",
		"put k --name -secret": "--name: a value is missing",
		"put k --number=x":     "--number",
		"put k --number":       "--number: a value is missing (see",
		"put k --nme=secret":   "unknown flag --nme",
		"put k --versio":       "unknown flag --versio",
	} {
		status, stdout, stderr := say(t, strings.Fields(args)...)
		if status != Misuse || stdout != "" || !strings.Contains(stderr, want) || !strings.HasSuffix(stderr, "(see tool --help)\n") || strings.Contains(stderr, "secret") {
			t.Errorf("tool %s: status %d, printed %q and %q; want %d, a line with %q, and none of a value", args, status, stdout, stderr, Misuse, want)
		}
	}
}

func TestComplain(t *testing.T) {
	var out strings.Builder
	Program{Name: "tool", Stderr: &out}.Complain(errors.New("a\n\tb \x1b[31m\xffö\u202e\r\n"))
	if want := "tool: a  b \\x1b[31m\\xffö\\u202e\n"; out.String() != want {
		t.Errorf("printed %q; want %q", out.String(), want)
	}
}

func TestText(t *testing.T) {
	if err := Text("--label", "grün"); err != nil {
		t.Error(err)
	}
	if err := Text("--label", "\xff"); err == nil || err.Error() != `--label is "\xff"; it must be text in UTF-8` {
		t.Errorf("%v; want an error that shows the value", err)
	}
}
