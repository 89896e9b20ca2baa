package main

import (
	"slices"
	"strings"
	"testing"
)

func TestShell(t *testing.T) {
	check(t, serve(t, newService()), []step{{
		args: "shell",
		input: `set k hello world
get k

  append   k  !
get k
set "a key" "two\nlines"
get "a key"
getPrefix ""
getPrefix k
delete k
set empty ""
get empty`,
		stdout: `version 1
hello world
version 2
hello world!
version 3
"two\nlines"
a key	"two\nlines"
k	hello world!
k	hello world!
version 4
""
`,
	}})
	check(t, servePictured(t), []step{{args: "shell", input: "topology\n", stdout: picturedTopology}})
}

// TestShell_errors: a line that failed is named, keeps no other from being executed, and makes the status 1.
func TestShell_errors(t *testing.T) {
	for input, want := range map[string]string{
		"frobnicate":      `"frobnicate" is no command; set, get or getPrefix`,
		"get":             "an argument is missing; the command is: get KEY",
		"set k":           "an argument is missing; the command is: set KEY VALUE",
		"stat now":        "there are more arguments than that",
		`get "k`:          "a quote is not closed",
		`set "k" "v`:      "a quote is not closed",
		"set k v\r":       "the line ends with a carriage return",
		"get no":          "the key does not exist",
		"delete no":       "the key does not exist",
		"set refused/k v": "not this key",
	} {
		flag := serve(t, newService())
		check(t, flag, []step{{args: "shell", input: input + "\nset k v\nexit\nset k never\n", status: 1, stderr: "kv: line 1: " + want, stdout: "version 1\n"}, {args: "get k", stdout: "v"}})
	}
}

func TestSplit(t *testing.T) {
	for _, test := range []struct {
		line string
		most int
		want []string
	}{
		{"", 2, nil}, {"a", 2, []string{"a"}}, {"a b c", 2, []string{"a", "b c"}}, {" a  b ", 2, []string{"a", "b"}},
		{"a\tb", 2, []string{"a", "b"}}, {"a b\u00a0", 2, []string{"a", "b\u00a0"}}, {"\u2003a\u00a0b\v", 2, []string{"\u2003a\u00a0b\v"}},
		{`"a b" "c\x00d"`, 2, []string{"a b", "c\x00d"}}, {`a "" `, 2, []string{"a", ""}}, {"a b", 1, []string{"a b"}},
	} {
		if got, err := split(test.line, test.most); !slices.Equal(got, test.want) || err != nil {
			t.Errorf("split(%q) = %q, %v; want %q", test.line, got, err, test.want)
		}
	}
	for _, line := range []string{`a "b" c`, `"a" b" `, `"\q"`} {
		if got, err := split(line, 2); err == nil && len(got) != 2 {
			t.Errorf("split(%q) = %q", line, got)
		}
	}
}

// TestShow: what is shown of any bytes is what split reads.
func TestShow(t *testing.T) {
	s := &shell{app: new(app)}
	for _, value := range []string{"", "a", " a", "a b", `"`, `a"b`, "\x00", "\xff", "ä", "a\u2028b", "a\tb", "\u00a0", "a\u00a0", "\u2003a"} {
		if got, err := split(s.show([]byte(value)), 1); err != nil || len(got) != 1 || got[0] != value {
			t.Errorf("%q is shown as %s, which is %q, %v", value, s.show([]byte(value)), got, err)
		}
	}
}

func TestComplete(t *testing.T) {
	if got, want := (&shell{commands: commandsOf(new(clerkStore))}).complete("get"), []string{"get ", "getPrefix "}; !slices.Equal(got, want) {
		t.Errorf("complete = %q; want %q", got, want)
	}
}

// TestShell_values: nothing is cut off a value but blanks and tabs.
func TestShell_values(t *testing.T) {
	f := newService()
	check(t, serve(t, f), []step{{args: "shell", input: "set\tk\tv\u00a0 \nset \u2003k\u00a0 v\n", stdout: "version 1\nversion 2\n"}})
	for key, want := range map[string]string{"k": "v\u00a0", "\u2003k\u00a0": "v"} {
		if got := string(f.Lookup(key).GetValue()); got != want {
			t.Errorf("%q has %q; want %q", key, got, want)
		}
	}
}

// TestShell_status: the status and the messages tell of every line that failed.
func TestShell_status(t *testing.T) {
	check(t, serve(t, newService()), []step{
		{args: "shell", input: "set k v\nget no\nfrobnicate\nget k\nget no", status: 1, stdout: "version 1\nv\n", stderr: "kv: line 2: the key does not exist\nkv: line 3: "},
		{args: "shell", input: "get no\nget k\nget no", status: 1, stdout: "v\n", stderr: "kv: line 3: the key does not exist\nkv: lines that failed: 2\n"},
		{args: "shell", input: "get k\nexit\nget no\n", stdout: "v\n"},
		{args: "shell --output json", status: 2, stderr: "kv shell has a form of its own"},
	})
}

// TestShell_unreachable: a server that does not answer is waited for once, and not for each line.
func TestShell_unreachable(t *testing.T) {
	const input = "frobnicate\nget a\nget b\n"
	status, stdout, stderr := kv(input, "shell", nobody, "--timeout=100ms")
	if status != exitUnreachable || stdout != "" || !strings.Contains(stderr, "kv: line 2: ") || strings.Count(stderr, "\n") != 2 {
		t.Errorf("status %d, printed %q and %q; want %d, and that line 2 had no answer", status, stdout, stderr, exitUnreachable)
	}
}

// TestShell_full: when no answer can be written, nothing further is executed.
func TestShell_full(t *testing.T) {
	for _, first := range []string{"get k", "getPrefix k", "stat", "topology", "help", "set k v"} {
		f := newService()
		flag := serve(t, f)
		f.Set([]byte("k"), []byte("v"))
		var stderr strings.Builder
		status := run([]string{"shell", flag}, strings.NewReader(first+"\nset later v\n"), full{}, &stderr)
		if status != exitFailed || !strings.Contains(stderr.String(), "line 1: no space left") || f.Lookup("later") != nil {
			t.Errorf("%s: status %d, printed %q, and the keys are %q; want %d, that there is no space, and no line after it", first, status, &stderr, f.Keys(), exitFailed)
		}
	}
}
