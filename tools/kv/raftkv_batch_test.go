package main

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

func TestBatch(t *testing.T) {
	f := newService()
	flag := serve(t, f)
	check(t, flag, []step{
		{args: "batch", input: "put a hello world\n\n  append   a  !\nput \"b \\xff\" \"\"\ndelete a\ndelete none", stdout: "version 1\nversion 2\nversion 3\ndeleted\ndid not exist\n"},
		{args: "get b\xff", status: 1, stderr: "does not exist"},
		{args: "count b", stdout: "1\n"},
		{args: "batch", input: "if 3 put \"b \\xff\" x\nif absent append c y\nif 0 put d z\n", stdout: "version 4\nversion 5\nversion 6\n"},
		{args: "get c", stdout: "y"},
		{args: "batch", input: "\nput e 1\n\nif absent put c 2\n", status: 1, stderr: "kv: line 4: the key has another version: 5; expected is 0 (FailedPrecondition)"},
		{args: "batch", input: "put refused 1\n", status: 1, stderr: "kv: line 1: not this key"},
		{args: "batch --hex", input: "put 6b 7631", stdout: "version 7\n"},
		{args: "get k", stdout: "v1"},
	})
}

// TestBatch_misuse: nothing is sent unless all lines make sense.
func TestBatch_misuse(t *testing.T) {
	f := newService()
	flag := serve(t, f)
	for input, says := range map[string]string{
		"":                                      "the input has no write",
		"\n \n":                                 "the input has no write",
		"put a b\nset a b":                      `line 2: "set" is no write; a line is put KEY VALUE`,
		"put a b\nput a":                        `line 2: put: an argument is missing; "" is an empty one`,
		"put a b\ndelete":                       "line 2: delete: an argument is missing",
		"delete \"a\" b":                        "line 1: delete: there are more arguments than that",
		"put a \"b":                             "line 1: put: a quote is not closed",
		"if put a b":                            `line 1: "put" is no version`,
		"if 1":                                  `line 1: "" is no write`,
		"if -1 put a b":                         `line 1: "-1" is no version`,
		strings.Repeat("put a b\n", maxBatch+1): fmt.Sprintf("line %d: a batch has at most %d writes", maxBatch+1, maxBatch),
	} {
		status, stdout, stderr := kv(input, "batch", flag)
		if status != exitMisuse || stdout != "" || !strings.Contains(stderr, says) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("kv batch with %.40q: status %d, printed %q and %q; want %d and a line that says %q", input, status, stdout, stderr, exitMisuse, says)
		}
	}
	if keys := f.Keys(); len(keys) != 0 {
		t.Errorf("the keys %q were written", keys)
	}
}

func TestExpectVersion(t *testing.T) {
	check(t, serve(t, newService()), []step{
		{args: "put k v --expect-version absent", stdout: "version 1\n"},
		{args: "put k v --expect-version absent", status: 1, stderr: "another version"},
		{args: "put k v --expect-version 1", stdout: "version 2\n"},
		{args: "append k v --expect-version=2", stdout: "version 3\n"},
		{args: "delete k --expect-version 2", status: 1, stderr: "another version"},
		{args: "delete k --expect 3"},
		{args: "put k v --expect 0", stdout: "version 4\n"},
		{args: "put k v --expect-version old", status: 2, stderr: `"old" is no version; it must be a number, or absent`},
		{args: "put k v --expect-version", status: 2, stderr: "--expect-version"},
	})
}

// TestCompletion: the script names what kv takes, and needs no cluster.
func TestCompletion(t *testing.T) {
	t.Setenv("KV_SERVERS", "nonsense")
	for _, shell := range []string{"bash", "zsh", "fish"} {
		status, stdout, stderr := kv("", "completion", shell)
		for _, word := range []string{"topology", "expect-version", "servers", "tls-ca"} {
			if status != exitOK || stderr != "" || !strings.Contains(stdout, word) {
				t.Errorf("kv completion %s: status %d, printed %d bytes and %q; want a success with %q in it", shell, status, len(stdout), stderr, word)
			}
		}
		t.Run(shell, func(t *testing.T) {
			if _, err := exec.LookPath(shell); err != nil {
				t.Skipf("NOT TESTED, no %s: %v", shell, err)
			}
			command := exec.CommandContext(t.Context(), shell, "-n", "/dev/stdin")
			command.Stdin = strings.NewReader(stdout)
			if output, err := command.CombinedOutput(); err != nil || len(output) > 0 {
				t.Errorf("%s does not read it: %v\n%s", shell, err, output)
			}
		})
		if status := run([]string{"completion", shell}, strings.NewReader(""), full{}, new(strings.Builder)); status != exitFailed {
			t.Errorf("kv completion %s into a full disk: status %d; want %d", shell, status, exitFailed)
		}
	}
	check(t, "--timeout=1s", []step{{args: "completion tcsh", status: 2, stderr: "tcsh"}})
}
