package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"numstore.example/contracts/gossipkv"
	"numstore.example/contracts/gossipkv/inprocess"
)

// sessionOf returns what the session in a file has seen.
func sessionOf(t *testing.T, name string) *gossipkv.Seen {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	seen, err := gossipkv.ParseSeen(string(content))
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

// TestSession_file: it is made for its owner alone, has what was written, read and shown, and keeps its mode and the links to it. What an
// earlier kv has left behind when it was ended does not matter.
func TestSession_file(t *testing.T) {
	s := startSystem(t, 1)
	folder := t.TempDir()
	name, link := filepath.Join(folder, "session"), filepath.Join(folder, "link")
	if err := os.Symlink("session", link); err != nil {
		t.Fatal(err)
	}
	writeFile(t, name+".partial", strings.Repeat("half", 1000))
	flags := s.flag(1) + " --session="
	checkLikely(t, s.flag(1), []step{{args: "put other v", stdout: "version 1@1…\n"}, {args: "put unseen v", stdout: "version 2@1…\n"}})
	checkLikely(t, flags+link, []step{{args: "put k v", stdout: "version 3@1…\n"}})
	if mode := modeOf(t, name); mode != 0o600 {
		t.Errorf("its mode is %v; want 0600", mode)
	}
	if mode := modeOf(t, link); mode&fs.ModeSymlink == 0 {
		t.Error("the link is none any more")
	}
	if err := os.Chmod(name, 0o640); err != nil {
		t.Fatal(err)
	}
	checkLikely(t, flags+name, []step{{args: "get other", stdout: "v"}, {args: "get no", status: 1, stderr: "does not exist"}, {args: "scan k", stdout: "k\tv\n"}})
	seen := sessionOf(t, name)
	if seen.Len() != 2 || seen.Time() != 3 || seen.Version([]byte("k")).Time != 3 || seen.Version([]byte("other")).Time != 1 || modeOf(t, name) != 0o640 {
		t.Errorf("after all it has seen %d keys and the time %d, with the mode %v", seen.Len(), seen.Time(), modeOf(t, name))
	}
	if left, _ := filepath.Glob(name + "?*"); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func modeOf(t *testing.T, name string) fs.FileMode {
	t.Helper()
	info, err := os.Lstat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

// TestSession_damaged: what is no whole session is refused before anything is done, and stays as it is.
func TestSession_damaged(t *testing.T) {
	s := startSystem(t, 1)
	name := filepath.Join(t.TempDir(), "session")
	checkLikely(t, s.flag(1)+" --session="+name, []step{{args: "put k v", stdout: "version 1@1…\n"}})
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for what, content := range map[string][]byte{
		"cut off": whole[:len(whole)/2], "flipped": bytes.Replace(whole, whole[5:6], []byte{whole[5] ^ 1}, 1), "foreign": []byte("hello\n"), "blank": []byte("\n"),
		"twice": append(bytes.Clone(whole), whole...),
	} {
		writeFile(t, name, string(content))
		checkLikely(t, s.flag(1)+" --session="+name, []step{{args: "put k other", status: 1, stderr: "kv: --session: " + name + ": "}, {args: "get k", status: 1, stderr: "nothing was done. To begin a new session"}})
		if now, _ := os.ReadFile(name); !bytes.Equal(now, content) {
			t.Errorf("%s: the file was changed to %q", what, now)
		}
	}
	checkLikely(t, s.flag(1)+" --session="+t.TempDir(), []step{{args: "put k other", status: 1, stderr: "is a directory"}})
	checkLikely(t, s.flag(1)+" --session=/dev/null", []step{{args: "put k other", status: 1, stderr: "it is no regular file"}})
	checkLikely(t, s.flag(1), []step{{args: "get k", stdout: "v"}}) // nothing of that was sent
	writeFile(t, name, "")
	checkLikely(t, s.flag(1)+" --session="+name, []step{{args: "get k", stdout: "v"}}) // an empty file, as mktemp makes it, is a new session
	if sessionOf(t, name).Len() != 1 {
		t.Error("a session that began in an empty file was not kept")
	}
}

// TestSession_together: of many kv with one session each has its turn, and none takes away what another one has noted.
func TestSession_together(t *testing.T) {
	s := startSystem(t, 1)
	name := filepath.Join(t.TempDir(), "session")
	const many = 20
	var commands sync.WaitGroup
	for i := range many {
		commands.Go(func() {
			if status, _, stderr := kv("", "put", fmt.Sprint("k", i), "v", s.flag(1), "--session="+name, "--timeout=1m"); status != exitOK {
				t.Errorf("status %d, printed %q", status, stderr)
			}
		})
	}
	commands.Wait()
	if seen := sessionOf(t, name); seen.Len() != many || seen.Time() != many {
		t.Errorf("the session has seen %d keys and the time %d; want %d", seen.Len(), seen.Time(), many)
	}
}

// TestSession_taken: while one kv has the file, another one does nothing, and says why; also after the first has kept its session
// meanwhile.
func TestSession_taken(t *testing.T) {
	s := startSystem(t, 1)
	name := filepath.Join(t.TempDir(), "session")
	first, seen, err := openSessionFile(context.Background(), name)
	if err != nil {
		t.Fatal(err)
	}
	flags := s.flag(1) + " --timeout=200ms --session=" + name
	for range 2 {
		checkLikely(t, flags, []step{{args: "put k v", status: 1, stderr: "another kv works with " + name + ", a kv shell perhaps"}})
		seen.Note([]byte("other"), gossipkv.Version{Time: 1, Server: 7, Incarnation: 1})
		if err := first.keep(seen.String()); err != nil {
			t.Fatal(err)
		}
	}
	checkLikely(t, s.flag(1), []step{{args: "get k", status: 1, stderr: "does not exist"}})
	first.close()
	checkLikely(t, flags, []step{{args: "put k v", stdout: "version 2@1…\n"}})
	if sessionOf(t, name).Len() != 2 {
		t.Error("what the first has noted is not there")
	}
}

// TestSession_unkept: that the session could not be kept is said, and the file is as it was; what was done is done.
func TestSession_unkept(t *testing.T) {
	s := startSystem(t, 1)
	name := filepath.Join(t.TempDir(), "session")
	if err := os.Mkdir(name+".partial", 0o700); err != nil {
		t.Fatal(err)
	}
	checkLikely(t, s.flag(1)+" --session="+name, []step{
		{args: "put k v", status: 1, stderr: "what was done is done, but the session was not kept in " + name},
		{args: "get k", status: 1, stderr: "the session was not kept"},
		{args: "get no", status: 1, stderr: "kv: the key 'no' does not exist; what was done is done, but"},
		{args: "shell", input: "get k\n", status: 1, stdout: "v\n", stderr: "kv: line 1: what was done is done, but the session was not kept"},
	})
	checkLikely(t, s.flag(1), []step{{args: "get k", stdout: "v"}})
	if content, err := os.ReadFile(name); err != nil || len(content) > 0 {
		t.Errorf("the file has %q, %v; want nothing", content, err)
	}
}

// TestSession_ended: when a signal ends kv, or a reader of its output has enough, the session has what had been shown until then.
func TestSession_ended(t *testing.T) {
	s := startSystem(t, 1)
	s.servers[0].Faults = func(method string) inprocess.Fault {
		if method == "Dump" {
			return inprocess.Swallow // sends all, and does not end
		}
		return inprocess.None
	}
	value := strings.Repeat("v", 1<<20) // more than a pipe takes
	if status, _, stderr := kv(value, "put", "k", "-", s.flag(1)); status != exitOK {
		t.Fatal(stderr)
	}
	for what, test := range map[string]struct {
		then   func(*os.Process, *os.File)
		status int
		says   string
	}{
		"interrupted": {func(p *os.Process, out *os.File) {
			io.CopyN(io.Discard, out, 1<<20)
			p.Signal(os.Interrupt)
			io.Copy(io.Discard, out)
		}, exitUnreachable, "kv: interrupted\n"},
		"enough": {func(_ *os.Process, out *os.File) { out.Close() }, exitFailed, ""},
	} {
		name := filepath.Join(t.TempDir(), "session")
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		command := program(t, []string{"KV_SERVICE=gossipkv"}, "scan", s.flag(1), "--session="+name, "--timeout=1h")
		var stderr strings.Builder
		command.Stdout, command.Stderr = writer, &stderr
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		writer.Close()
		io.ReadFull(reader, make([]byte, 1))
		test.then(command.Process, reader)
		command.Wait()
		reader.Close()
		if status := command.ProcessState.ExitCode(); status != test.status || stderr.String() != test.says {
			t.Errorf("%s: %v, printed %q; want status %d and %q", what, command.ProcessState, &stderr, test.status, test.says)
		}
		if sessionOf(t, name).Len() != 1 {
			t.Errorf("%s: the session has not seen the key that was shown", what)
		}
	}
}
