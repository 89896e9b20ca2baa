package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestCount(t *testing.T) {
	f := newService()
	flag := serve(t, f)
	for _, key := range []string{"a", "ab", "b", "c\xff"} {
		f.Set([]byte(key), nil)
	}
	check(t, flag, []step{
		{args: "count", stdout: "4\n"},
		{args: "count a", stdout: "2\n"},
		{args: "count x", stdout: "0\n"},
		{args: "count c\xff", stdout: "1\n"},
		{args: "count --from ab --to c", stdout: "2\n"},
		{args: "count 61 --hex", stdout: "2\n"},
		{args: "count a --to b", status: 2, stderr: "--to"},
	})
}

func TestDelete_prefix(t *testing.T) {
	f := newService()
	flag := serve(t, f)
	for i := range 1000 {
		f.Set(fmt.Appendf(nil, "many/%d", i), nil)
	}
	for _, key := range []string{"a", "b\xff1", "b\xff2", "b", "refused1", "many"} {
		f.Set([]byte(key), nil)
	}
	check(t, flag, []step{
		{args: "delete --prefix many/", status: 2, stderr: "nobody can be asked"},
		{args: "delete --prefix many/ --yes", stdout: "removed 1000\n"},
		{args: "delete --prefix many/ --yes", stdout: "removed 0\n"},
		{args: "delete --prefix b\xff --yes", stdout: "removed 2\n"},
		{args: "delete --prefix refused --yes", status: 1, stderr: "kv: after 0 keys were removed: not this key; the write did not happen (InvalidArgument)"},
		{args: "delete --prefix= --yes", status: 2, stderr: "--prefix is empty"},
		{args: "delete --prefix x k", status: 2, stderr: "--prefix goes with neither"},
		{args: "delete --prefix x --expect-version 1", status: 2, stderr: "--prefix goes with neither"},
		{args: "delete --prefix x --previous", status: 2, stderr: "--prefix goes with neither"},
		{args: "delete --prefix x --hex --yes", status: 2, stderr: "--hex"},
		{args: "delete a --yes", status: 2, stderr: "--yes goes with --prefix"},
		{args: "delete", status: 2, stderr: "one key is needed, or --prefix"},
	})
	if got, want := f.Keys(), []string{"a", "b", "many", "refused1"}; !slices.Equal(got, want) {
		t.Errorf("left are %q; want %q", got, want)
	}
}

// TestDelete_asks: on a terminal kv asks, with the number of keys, and takes only yes for yes.
func TestDelete_asks(t *testing.T) {
	f := newService()
	flag := serve(t, f)
	for _, key := range []string{"a1", "a2", "b"} {
		f.Set([]byte(key), nil)
	}
	for _, test := range []struct {
		answer, says string
		left         int
	}{{"\n", "nothing was removed", 3}, {"n\n", "nothing was removed", 3}, {"\x04", "nothing was removed", 3}, {"y\n", "removed 2", 1}} {
		keyboard, screen := terminals(t)
		command := program(t, nil, "delete", "--prefix=a", flag)
		command.Stdin, command.Stdout, command.Stderr = screen, screen, screen
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		screen.Close()
		if _, err := io.WriteString(keyboard, test.answer); err != nil {
			t.Fatal(err)
		}
		shown, _ := io.ReadAll(keyboard) // until the other end is closed, which is an error here
		command.Wait()
		if text := string(shown); !strings.Contains(text, `remove 2 keys that begin with 'a'? [y/N] `) || !strings.Contains(text, test.says) || len(f.Keys()) != test.left {
			t.Errorf("answered with %q, kv shows %q, and the keys %q are left; want a question, %q and %d of them", test.answer, text, f.Keys(), test.says, test.left)
		}
	}
}

// terminals returns the two ends of a terminal.
func terminals(t *testing.T) (keyboard, screen *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("NOT TESTED, no terminals: %v", err)
	}
	t.Cleanup(func() { keyboard.Close() })
	number, err := unix.IoctlGetInt(int(keyboard.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(keyboard.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		screen, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	return keyboard, screen
}
