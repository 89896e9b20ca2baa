package compat

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// played is what a run of orchestrate came to.
type played struct {
	status int
	out    []byte
	err    string // without the last line, which says how long it took
}

// orchestrated returns an orchestrate that runs a script with real servers.
func orchestrated(t *testing.T, script io.Reader, flags ...string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), build(t, "./tools/orchestrate"), append([]string{"--server=" + build(t, "./services/gossipkv")}, flags...)...)
	command.Stdin = script
	return command
}

// orchestrate runs a script with real servers.
func orchestrate(t *testing.T, script io.Reader, flags ...string) (p played) {
	t.Helper()
	command := orchestrated(t, script, flags...)
	var out, err bytes.Buffer
	command.Stdout, command.Stderr = &out, &err
	if failed := command.Run(); failed != nil {
		ended, ok := errors.AsType[*exec.ExitError](failed)
		if !ok {
			t.Fatal(failed)
		}
		p.status = ended.ExitCode()
	}
	p.out = out.Bytes()
	lines := strings.SplitAfter(err.String(), "\n")
	if last := len(lines) - 2; last < 0 || !strings.Contains(lines[last], " commands/s, ") {
		t.Errorf("orchestrate said %q; want how long it took in the end", &err)
	} else {
		p.err = strings.Join(lines[:last], "")
	}
	return p
}

// TestOrchestrate_scripts: the situations of a course, as tools/orchestrate has them with what they print.
func TestOrchestrate_scripts(t *testing.T) {
	scripts, err := filepath.Glob(root() + "/tools/orchestrate/testdata/*.script")
	if err != nil || len(scripts) < 10 {
		t.Fatalf("%d scripts, %v", len(scripts), err)
	}
	for _, script := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(script), ".script"), func(t *testing.T) {
			out, err := os.ReadFile(strings.TrimSuffix(script, "script") + "out")
			if err != nil {
				t.Fatal(err)
			}
			complaints, _ := os.ReadFile(strings.TrimSuffix(script, "script") + "err") // most have none
			p := orchestrate(t, nil, script)
			if p.status != 0 || !bytes.Equal(p.out, out) || p.err != string(complaints) {
				t.Errorf("status %d, printed\n%s\nand said\n%s\nwant\n%s\nand\n%s", p.status, p.out, p.err, out, complaints)
			}
		})
	}
}

// shownScript finds a script in the README of orchestrate, and what that says it prints.
var shownScript = regexp.MustCompile("(?s)bin/orchestrate <<'END'\n(.*?)END\n```\n\nprints\n\n```\n(.*?)```")

// TestOrchestrate_readme: the script that the README begins with prints what it says.
func TestOrchestrate_readme(t *testing.T) {
	readme, err := os.ReadFile(root() + "/tools/orchestrate/README.md")
	shown := shownScript.FindSubmatch(readme)
	if err != nil || shown == nil {
		t.Fatalf("%v, no script is shown", err)
	}
	if p := orchestrate(t, bytes.NewReader(shown[1])); p.status != 0 || string(p.out) != string(shown[2]) || p.err != "" {
		t.Errorf("status %d, printed %q and %q; want %q", p.status, p.out, p.err, shown[2])
	}
}

// TestOrchestrate_data: servers have their data in the next run with the same folder.
func TestOrchestrate_data(t *testing.T) {
	data := "--data-dir=" + t.TempDir()
	first := "joinServer 10\njoinServer -20\njoinClient 1 -20\nput 1 k v\nstabilize\nbreakConnection 10 -20\nput 1 k w\n"
	if p := orchestrate(t, strings.NewReader(first), data); p.status != 0 || len(p.out) > 0 || p.err != "" {
		t.Fatalf("the first run: status %d, printed %q and %q", p.status, p.out, p.err)
	}
	second := "joinServer 30\njoinServer -20\nbreakConnection -20 30\njoinServer 10\nbreakConnection -20 10\nprintStore -20\nprintStore 10\n" +
		"createConnection -20 30\nstabilize\nprintStore 10\n"
	if p := orchestrate(t, strings.NewReader(second), data); p.status != 0 || p.err != "" || !strings.HasPrefix(string(p.out), "k:w\n") || !strings.HasSuffix(string(p.out), "k:w\n") {
		t.Errorf("the second run: status %d, printed %q and %q; want what each had, and then the newer value everywhere", p.status, p.out, p.err)
	}
}

// TestOrchestrate_values: values of any size that servers take come through, and what is too long is refused.
func TestOrchestrate_values(t *testing.T) {
	large, limit := strings.Repeat("x", mebibyte), strings.Repeat("y", 16*mebibyte)
	script := "joinServer 1\njoinServer 2\njoinServer 3\nbreakConnection 1 3\njoinClient 11 1\njoinClient 13 3\nput 11 small z\nput 11 large " + large + "\nput 11 limit " + limit +
		"\nput 11 over " + limit + "y\nstabilize\nprintStore 3\n"
	p := orchestrate(t, strings.NewReader(script))
	if want := "large:" + large + "\nlimit:" + limit + "\nsmall:z\n"; p.status != 0 || string(p.out) != want {
		t.Errorf("status %d, printed %d bytes that begin with %.40q; want %d", p.status, len(p.out), p.out, len(want))
	}
	if !strings.HasPrefix(p.err, "orchestrate: line 10: the server 1: ") || !strings.Contains(p.err, "16777217") || strings.Count(p.err, "\n") != 1 {
		t.Errorf("said %.300q; want that the value of line 10 is too long", p.err)
	}
}

// TestOrchestrate_long: a script of very many commands, which nobody has in memory as a whole, takes little memory.
func TestOrchestrate_long(t *testing.T) {
	const servers, keys, most = 5, 20, 100 * mebibyte
	commands := 10_000
	if torture() {
		commands = 100_000
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	var out, said bytes.Buffer
	command := orchestrated(t, reader)
	command.Stdout, command.Stderr = &out, &said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	reader.Close()
	peak := watchMemory(t, command.Process.Pid)
	for i := range servers {
		fmt.Fprintf(writer, "joinServer %d\njoinClient %d %[1]d\n", i+1, i+11)
	}
	value := strings.Repeat("v", 1<<10)
	for i := range commands {
		client, key := i%servers+11, i/servers%keys
		fmt.Fprintf(writer, "put %d of-%[1]d-%d %s%d\n", client, key, value, i)
	}
	memory := peak() // nearly all is done: no more than what a pipe holds is not
	fmt.Fprintln(writer, "stabilize")
	for i := range servers {
		fmt.Fprintf(writer, "printStore %d\n", i+1)
	}
	writer.Close()
	if err := command.Wait(); err != nil || strings.Count(said.String(), "\n") != 1 {
		t.Fatalf("%v, said %.300q", err, &said)
	}
	lines := strings.SplitAfter(out.String(), "\n")
	if len(lines) != servers*servers*keys+1 {
		t.Fatalf("printed %d lines; want each key of each server, %d", len(lines)-1, servers*servers*keys)
	}
	for i, line := range lines[:servers*servers*keys] {
		if first := lines[i%(servers*keys)]; line != first {
			t.Errorf("a server has %.20q…%.20q, and the first one %.20q…%.20q", line, line[len(line)-10:], first, first[len(first)-10:])
		}
	}
	if memory > most {
		t.Errorf("orchestrate has had %d bytes; want %d at most", memory, most)
	}
}
