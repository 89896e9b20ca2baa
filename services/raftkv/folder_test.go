package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"google.golang.org/grpc/metadata"

	"numstore.example/contracts/raftkvpb"
)

// TestFolder: folders that cannot be used are refused, as they are.
func TestFolder(t *testing.T) {
	t.Run("in use", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "data")
		first := startServer(t, "--data-dir="+dir)
		expectRefusal(t, program(t, "--data-dir="+dir), 1, dir, "in use by another process")
		first.put(t, "A")
		first.stop(t)
		startServer(t, "--data-dir="+dir).stop(t)
	})
	t.Run("a name that is no text", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "\xff")
		startServer(t, "--data-dir="+dir).stop(t)
		if _, err := os.Stat(dir); err != nil {
			t.Error(err)
		}
	})
	t.Run("a file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		expectRefusal(t, program(t, "--data-dir="+file), 1, file)
		expectRefusal(t, program(t, "--data-dir="+file+"/data"), 1, file)
	})
	t.Run("no place for a folder", func(t *testing.T) {
		refused := program(t, "--data-dir=/proc/raftkv")
		expectRefusal(t, refused, 1, "/proc/raftkv", "no such file or directory")
		if said := fmt.Sprint(refused.Stderr); strings.Contains(said, "restore a backup") {
			t.Errorf("it said %s", said)
		}
	})
	t.Run("foreign files", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
		expectRefusal(t, program(t, "--data-dir="+dir), 1, dir, "notes.txt", "empty folder")
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
			t.Errorf("now there are %v, %v", entries, err)
		}
	})
	t.Run("a store whose list of files is missing", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "data")
		server := startServer(t, "--data-dir="+dir)
		server.put(t, "A")
		server.stop(t)
		markers, err := filepath.Glob(filepath.Join(dir, "marker.manifest.*"))
		if err != nil || len(markers) != 1 {
			t.Fatalf("%v, %v", markers, err)
		}
		os.Rename(markers[0], filepath.Join(t.TempDir(), "marker"))
		expectRefusal(t, program(t, "--data-dir="+dir), 1, dir, "restore a backup")
	})
	for name, mode := range map[string]os.FileMode{"unreadable": 0o300, "not to be written": 0o500} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			dir := filepath.Join(parent, "data")
			command := program(t, "--data-dir="+dir)
			lockOut(t, command, parent, dir, mode)
			expectRefusal(t, command, 1, dir, "permission denied")
		})
	}
}

// lockOut makes a folder that a command may not use as it needs. For root, whom no mode stops, the command runs
// as nobody.
func lockOut(t *testing.T, command *exec.Cmd, parent, dir string, mode os.FileMode) {
	t.Helper()
	err := os.Mkdir(dir, 0o700)
	if os.Getuid() == 0 && err == nil {
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
		copied := filepath.Join(parent, "raftkv") // where nobody may run it
		var content []byte
		if content, err = os.ReadFile(command.Path); err == nil {
			err = os.WriteFile(copied, content, 0o755)
		}
		command.Path, command.Dir = copied, parent
		for _, folder := range []string{filepath.Dir(parent), parent} {
			err = errors.Join(err, os.Chmod(folder, 0o755))
		}
		err = errors.Join(err, os.Chown(dir, 65532, 65532))
	}
	if err = errors.Join(err, os.Chmod(dir, mode)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o700) })
}

// TestRestore goes from a running server's backup to another server, and through what is no backup.
func TestRestore(t *testing.T) {
	folder := t.TempDir()
	server := startServer(t, "--data-dir="+folder+"/old", "--admin-token=secret")
	server.put(t, "A")
	backup := server.backup(t)
	server.stop(t)
	write := func(name string, content []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, flipped := write("good", backup), bytes.Clone(backup)
	flipped[len(flipped)/2] ^= 1

	for name, file := range map[string]string{
		"missing": folder + "/nothing", "a folder": folder, "empty": write("empty", nil), "garbage": write("garbage", []byte("hello")),
		"cut off": write("cut", backup[:len(backup)-1]), "a flipped bit": write("flipped", flipped),
	} {
		t.Run(name, func(t *testing.T) {
			expectRefusal(t, program(t, "--data-dir="+t.TempDir()+"/new", "--restore="+file), 1, file)
		})
	}
	expectRefusal(t, program(t, "--data-dir="+folder+"/old", "--restore="+good), 1, folder+"/old", "restore into an empty folder")
	numeric := []string{"--data-dir=" + folder + "/numeric", "--shards=2", "--placement=numeric"}
	expectRefusal(t, program(t, append(numeric, "--restore="+good)...), 1, "--placement", "integer")
	startServer(t, numeric...).stop(t) // nothing was made

	restored := startServer(t, "--data-dir="+folder+"/new", "--restore="+good)
	if reply, err := restored.Get(t.Context(), &raftkvpb.GetRequest{Key: []byte("A")}); err != nil || !reply.GetFound() {
		t.Errorf("restored: %v, %v", reply, err)
	}
	restored.put(t, "B")
	restored.stop(t)
	expectRefusal(t, program(t, "--data-dir="+folder+"/new", "--restore="+write("other", otherBackup(t, folder))), 1,
		folder+"/new", "that was filled with backup", "restore into an empty folder")
	again := startServer(t, "--data-dir="+folder+"/new", "--restore="+good)
	if reply, err := again.Get(t.Context(), &raftkvpb.GetRequest{Key: []byte("B")}); err != nil || !reply.GetFound() {
		t.Errorf("restored and started again: %v, %v", reply, err)
	}
	again.stop(t)
	if !strings.Contains(again.stderr.String(), "going on with the store") {
		t.Errorf("started again with the same backup it said %q", again.stderr)
	}
}

// otherBackup is a backup of another server with the same content.
func otherBackup(t *testing.T, folder string) []byte {
	t.Helper()
	server := startServer(t, "--data-dir="+folder+"/another", "--admin-token=secret")
	defer server.stop(t)
	server.put(t, "A")
	return server.backup(t)
}

// TestRestore_standardInput: a backup may come through a pipe, also at each further start, but not from a terminal.
func TestRestore_standardInput(t *testing.T) {
	folder := t.TempDir()
	server := startServer(t, "--data-dir="+folder+"/old", "--admin-token=secret")
	server.put(t, "A")
	backup := server.backup(t)
	server.stop(t)
	for range 2 {
		restored := startServerFrom(t, bytes.NewReader(backup), "--data-dir="+folder+"/new", "--restore", "-")
		if reply, err := restored.Get(t.Context(), &raftkvpb.GetRequest{Key: []byte("A")}); err != nil || !reply.GetFound() {
			t.Errorf("restored: %v, %v", reply, err)
		}
		restored.stop(t)
	}
	for name, dir := range map[string]string{"empty input, new folder": "empty", "empty input, same folder": "new"} {
		t.Run(name, func(t *testing.T) {
			expectRefusal(t, program(t, "--data-dir="+folder+"/"+dir, "--restore=-"), 1, "it is empty", "leave --restore away")
		})
	}
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no terminal: ", err)
	}
	defer terminal.Close()
	command := program(t, "--data-dir="+folder+"/terminal", "--restore=-")
	command.Stdin = terminal
	expectRefusal(t, command, 2, "--restore -", "terminal")
	if _, err := os.Stat(folder + "/terminal"); err == nil {
		t.Error("a folder was made")
	}
}

// TestRestore_stopped: a server that is told to stop while it restores does so, though nobody ends the pipe, and leaves a
// folder that a later start can restore into, and none can serve.
func TestRestore_stopped(t *testing.T) {
	folder := t.TempDir()
	server := startServer(t, "--data-dir="+folder+"/old", "--admin-token=secret")
	const length = 3 << 20 // more than lies in a pipe
	if _, err := server.Put(t.Context(), &raftkvpb.PutRequest{Key: []byte("A"), Value: bytes.Repeat([]byte("v"), length)}); err != nil {
		t.Fatal(err)
	}
	backup := server.backup(t)
	server.stop(t)

	command := program(t, "--data-dir="+folder+"/new", "--restore=-")
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer command.Process.Kill()
	if _, err := stdin.Write(backup[:len(backup)-1]); err != nil { // which the server has read then, but for the last of it
		t.Fatal(err)
	}
	command.Process.Signal(syscall.SIGTERM)
	// The pipe is still open; nevertheless all was closed before the end.
	if err := command.Wait(); err != nil || stdout.Len() > 0 || strings.Contains(stderr.String(), "was left") {
		t.Errorf("it ended with %v, and said %q and %q", err, &stdout, &stderr)
	}
	stdin.Close()

	expectRefusal(t, program(t, "--data-dir="+folder+"/new"), 1, "is not complete; restore it again")
	restored := startServerFrom(t, bytes.NewReader(backup), "--data-dir="+folder+"/new", "--restore=-")
	if reply, err := restored.Get(t.Context(), &raftkvpb.GetRequest{Key: []byte("A")}); err != nil || len(reply.GetValue()) != length {
		t.Errorf("restored: %d bytes, %v", len(reply.GetValue()), err)
	}
	restored.stop(t)
}

func (s *running) backup(t *testing.T) (content []byte) {
	t.Helper()
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer secret")
	stream, err := raftkvpb.NewRaftKVAdminClient(s.conn).Backup(ctx, &raftkvpb.BackupRequest{})
	for err == nil {
		var part *raftkvpb.BackupResponse
		part, err = stream.Recv()
		content = append(content, part.GetChunk()...)
	}
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return content
}
