package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"numstore.example/contracts/raftkvpb"
)

type backupCommand struct {
	File string `arg:"" help:"The file to write. It must not exist yet, and is there only when it is whole: until then it is FILE.partial. - is standard output, which must be no terminal."`
}

// Help is what kv backup --help says below the flags.
func (c *backupCommand) Help() string {
	return `Into a pipe, and back:

    set -o pipefail
    kv backup - | gzip > FILE.gz
    gunzip < FILE.gz | raftkv --restore - --data-dir NEW

Whether what went into a pipe is whole, the status says (with pipefail, that of the pipeline), and a message; raftkv --restore refuses it if not.`
}

// Run writes the file.
func (c *backupCommand) Run(a *app) error {
	if c.File == "-" {
		return c.pass(a)
	}
	if err := absent(c.File); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(a.ctx, os.Interrupt, syscall.SIGTERM)
	defer stop() // until then a signal ends the backup, and no half a file stays behind
	conn, err := a.admin(ctx, a.Servers[0])
	if err != nil {
		return err
	}
	defer conn.Close()
	partial, err := os.OpenFile(c.File+".partial", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s.partial exists: another backup is being written, or was cut off; remove it if it was cut off", c.File)
	}
	if err != nil {
		return err
	}
	defer partial.Close()
	if err := c.receive(ctx, a, raftkvpb.NewRaftKVAdminClient(conn), partial); err != nil {
		os.Remove(partial.Name())
		return err
	}
	if err := c.finish(partial); err != nil {
		os.Remove(partial.Name())
		return failure{fmt.Errorf("the backup was received, but not kept: %w", err)}
	}
	return nil
}

// pass writes the backup to standard output.
func (c *backupCommand) pass(a *app) error {
	if a.onScreen {
		return errors.New("a backup is no text for a terminal; send standard output to a file or into a pipe: kv backup - | gzip > FILE.gz")
	}
	ctx, stop := signal.NotifyContext(a.ctx, os.Interrupt, syscall.SIGTERM)
	defer stop() // until then a signal ends the backup with a message
	conn, err := a.admin(ctx, a.Servers[0])
	if err != nil {
		return err
	}
	defer conn.Close()
	out := counter{Writer: a.out}
	err = c.receive(ctx, a, raftkvpb.NewRaftKVAdminClient(conn), &out)
	if err != nil && out.bytes > 0 {
		return fmt.Errorf("what was written, %d bytes, is no whole backup: %w", out.bytes, err)
	}
	return err
}

// counter counts what is written.
type counter struct {
	io.Writer
	bytes int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.Writer.Write(b)
	c.bytes += int64(n)
	return n, err
}

// absent returns an error unless there is no such file.
func absent(file string) error {
	_, err := os.Lstat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("%s exists; a backup overwrites nothing, name another file", file)
}

// receive writes the parts as they come.
func (c *backupCommand) receive(ctx context.Context, a *app, client raftkvpb.RaftKVAdminClient, file io.Writer) error {
	ctx, touch, stop, explain := watch(ctx, a.within(callTimeout))
	defer stop()
	stream, err := client.Backup(ctx, &raftkvpb.BackupRequest{})
	if err != nil {
		return explain(err)
	}
	for {
		part, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return explain(err)
		}
		touch()
		if _, err := file.Write(part.GetChunk()); err != nil {
			return failure{err}
		}
	}
}

// finish brings the file to the disk, and gives it its name when it is there.
func (c *backupCommand) finish(partial *os.File) error {
	if err := partial.Sync(); err != nil {
		return err
	}
	if err := partial.Close(); err != nil {
		return err
	}
	if err := absent(c.File); err != nil {
		return err
	}
	if err := os.Rename(partial.Name(), c.File); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(c.File))
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}
