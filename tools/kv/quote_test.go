package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// odd are keys and values that shells and terminals do not take as they are.
var odd = []string{
	"a b", "it's", "'", "$'", `$'\xff'`, "--hex 00", "--hex", "*", "~", "=ls", "a=b", `\`, `\n`, `"`, "!x", "", "-", "é", "日本", "a\u00a0",
	"\xff", "\xffa", "\xff\xfe", "é\xffé", "a\nb", "a\n", "a\tb", "\r", "\x1b[2J", "\x7f", "\u009b2J", "\u202e", "\ufffd", "\xed\xa0\x80", "'\x01\\",
}

// TestShellWord: a shell reads a word that kv prints as the bytes that it stands for.
func TestShellWord(t *testing.T) {
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("NOT TESTED, no bash")
	}
	all := slices.Clone(odd)
	for i := 1; i < 256; i++ {
		all = append(all, string([]byte{byte(i)}), string([]byte{byte(i), 'a'}), string([]byte{byte(i), 0x80, '7'}))
	}
	script, want := "printf '%s\\0'", new(bytes.Buffer)
	for _, text := range all {
		word := shellWord([]byte(text))
		if !printable([]byte(word), "") {
			t.Errorf("%q is written as %q, which is no text", text, word)
		}
		script += " " + word
		want.WriteString(text + "\x00")
	}
	command := exec.CommandContext(t.Context(), shell)
	command.Stdin = strings.NewReader(script)
	if got, err := command.Output(); err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%v; %q reads %q; want %q", err, script, got, want)
	}
	if got := shellWord([]byte("a\x00\xff")); got != "--hex 6100ff" {
		t.Errorf("a byte 0 is written as %s", got)
	}
	if got := shellWord([]byte("\xffa")); got != `$'\377a'` { // some shells would take \xffa for one character
		t.Errorf("a byte before a digit is written as %s", got)
	}
	if got := shellWord([]byte("\xff")); got != `$'\xff'` {
		t.Errorf("a byte of no text is written as %s", got)
	}
}

// TestLegible: on a terminal, text is itself, and what is not cannot be taken for other text.
func TestLegible(t *testing.T) {
	shown := make(map[string]string)
	for _, text := range append([]string{"\x00", "a", "'$'\\''\\xff'\\'''", "'--hex 00'"}, odd...) {
		got := string(legible([]byte(text), ""))
		if other, twice := shown[got]; twice {
			t.Errorf("%q and %q are both shown as %s", text, other, got)
		}
		shown[got] = text
		if !printable([]byte(got), "") {
			t.Errorf("%q is shown as %q, which is no text", text, got)
		}
	}
	for _, text := range []string{"a b", "it's", "é", "*", ""} {
		if got := string(legible([]byte(text), "")); got != text {
			t.Errorf("%q is shown as %s", text, got)
		}
	}
}

// show runs a program that has a terminal, and returns what it shows.
func show(t *testing.T, command *exec.Cmd, keyboard, screen *os.File) string {
	t.Helper()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	screen.Close()
	shown, _ := io.ReadAll(keyboard) // until the other end is closed, which is an error here
	command.Wait()
	return strings.ReplaceAll(string(shown), "\r\n", "\n")
}

// TestTerminal: a terminal gets text alone, from every command that prints keys and values.
func TestTerminal(t *testing.T) {
	f := newService()
	flag := serve(t, f)
	f.Set([]byte("a\x1b[2J"), []byte("\xff"))
	f.Set([]byte("b\tc"), []byte("two\nlines"))
	f.Set([]byte("c"), []byte("plain 'text'"))
	f.Set([]byte("cr"), []byte("a\rb"))
	for _, test := range []struct {
		args  []string
		shown string
	}{
		{[]string{"scan"}, "$'a\\x1b[2J'\t$'\\xff'\n$'b\\tc'\t$'two\\nlines'\nc\tplain 'text'\ncr\t$'a\\rb'\n"},
		{[]string{"scan", "--keys-only"}, "$'a\\x1b[2J'\n$'b\\tc'\nc\ncr\n"},
		{[]string{"get", "a\x1b[2J"}, "$'\\xff'\n"},
		{[]string{"get", "b\tc"}, "two\nlines\n"},
		{[]string{"get", "c"}, "plain 'text'\n"},
		{[]string{"get", "c", "--quote"}, "'plain '\\''text'\\'''\n"},
		{[]string{"get", "cr"}, "$'a\\rb'\n"},
		{[]string{"get", "\x1b"}, "kv: the key $'\\x1b' does not exist\n"},
		{[]string{"put", "cr", "v", "--previous"}, "$'a\\rb'\n"},
		{[]string{"delete", "a\x1b[2J", "--previous"}, "$'\\xff'\n"},
		{[]string{"scan", "cr", "--output=json"}, `{"key":"cr","value":"v","version":5}` + "\n"},
	} {
		keyboard, screen := terminals(t)
		command := program(t, nil, append(test.args, flag)...)
		command.Stdin, command.Stdout, command.Stderr = screen, screen, screen
		if got := show(t, command, keyboard, screen); got != test.shown {
			t.Errorf("kv %q shows %q; want %q", test.args, got, test.shown)
		}
	}
}

// TestTerminal_pipe: answers on a terminal are text as well.
func TestTerminal_pipe(t *testing.T) {
	f := newService()
	flag := serve(t, f)
	f.Set([]byte("k"), []byte("\x1b[2J\xff"))
	keyboard, screen := terminals(t)
	command := program(t, nil, "pipe", flag)
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader("GET k\nGET \x1b\nGET \xfe\x1b\x80\nSCAN k k\n"), screen, screen
	want := "GET k \\x1b[2J\\xff\nGET \\x1b null\nGET \\xfe\\x1b\\x80 null\nSCAN k k BEGIN\n  k \\x1b[2J\\xff\nSCAN END\nSTOP\n"
	if got := show(t, command, keyboard, screen); got != want {
		t.Errorf("shown is %q; want %q", got, want)
	}
}

func TestQuote(t *testing.T) {
	f := newService()
	flag := serve(t, f)
	f.Set([]byte("a b"), []byte("\xff"))
	f.Set([]byte("c"), []byte("\x00"))
	check(t, flag, []step{
		{args: "scan", stdout: "a b\t\xff\nc\t\x00\n"},
		{args: "scan --quote", stdout: "'a b'\t$'\\xff'\nc\t--hex 00\n"},
		{args: "get c --quote", stdout: "--hex 00\n"},
		{args: "get c", stdout: "\x00"},
		{args: "scan --quote --hex", status: 2, stderr: "--quote"},
		{args: "scan --quote --output json", status: 2, stderr: "--quote"},
		{args: "scan --output xml", status: 2, stderr: "--output"},
		{args: "pipe --quote", status: 2, stderr: "kv pipe has a form of its own"},
	})
}
