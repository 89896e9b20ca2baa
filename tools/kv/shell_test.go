package main

import (
	"slices"
	"testing"
)

func TestShell(t *testing.T) {
	check(t, serve(t, new(fake)), []step{{
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
get empty
topology`,
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
map version  7
placement    hash
node 1       the server that was asked
node 2       b:6000
shard 0      on 1 2, leader 2
shard 1      on 2, no known leader
`,
	}})
}

// TestShell_errors: nothing but exit and the end of the input ends it.
func TestShell_errors(t *testing.T) {
	for input, want := range map[string]string{
		"frobnicate":      `"frobnicate" is no command; set, get or getPrefix`,
		"get":             "an argument is missing; the command is: get KEY",
		"set k":           "an argument is missing; the command is: set KEY VALUE",
		"stat now":        "there are more arguments than that",
		`get "k`:          "a quote is not closed",
		`set "k" "v`:      "a quote is not closed",
		"get no":          "the key does not exist",
		"delete no":       "the key does not exist",
		"set refused/k v": "not this key",
	} {
		flag := serve(t, new(fake))
		check(t, flag, []step{{args: "shell", input: input + "\nset k v\nexit\nset k never\n", stderr: "kv: " + want, stdout: "version 1\n"}, {args: "get k", stdout: "v"}})
	}
}

func TestSplit(t *testing.T) {
	for _, test := range []struct {
		line string
		most int
		want []string
	}{
		{"", 2, nil}, {"a", 2, []string{"a"}}, {"a b c", 2, []string{"a", "b c"}}, {" a  b ", 2, []string{"a", "b"}},
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
	for _, value := range []string{"", "a", " a", "a b", `"`, `a"b`, "\x00", "\xff", "ä", "a\u2028b", "a\tb"} {
		if got, err := split(s.show([]byte(value)), 1); err != nil || len(got) != 1 || got[0] != value {
			t.Errorf("%q is shown as %s, which is %q, %v", value, s.show([]byte(value)), got, err)
		}
	}
}

func TestComplete(t *testing.T) {
	if got, want := complete("get"), []string{"get ", "getPrefix "}; !slices.Equal(got, want) {
		t.Errorf("complete = %q; want %q", got, want)
	}
}
