package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"text/tabwriter"
	"time"

	"numstore.example/contracts/raftkvpb"
)

type backupCommand struct {
	File string `arg:"" help:"The file to write. It must not exist yet, and is there only when it is whole: until then it is FILE.partial. - is standard output, which must be no terminal."`
}

// Help is what kv backup --help says below the flags.
func (c *backupCommand) Help() string {
	return `A backup has all shards, each as of one moment of its own: all that was answered before the backup began, and of what came later, some. For each shard a line tells that moment (the last entry of its log, and the time by the clock of the server that has it), keys and bytes; with - they are on standard error. When a server is lost, its shard is taken again from another one; when none has it, there is no backup. raftkv --restore makes of it a new cluster of any number of nodes and shards.

Into a pipe, and back:

    set -o pipefail
    kv backup - | gzip > FILE.gz
    gunzip < FILE.gz | raftkv --restore - --data-dir NEW

Whether what went into a pipe is whole, the status says (with pipefail, that of the pipeline), and a message; raftkv --restore refuses it if not. What went into a pipe cannot be taken back: there, a server that is lost ends the backup.`
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
	from, err := a.backupSource(ctx)
	if err != nil {
		return err
	}
	defer from.close()
	partial, err := os.OpenFile(c.File+".partial", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s.partial exists: another backup is being written, or was cut off; remove it if it was cut off", c.File)
	}
	if err != nil {
		return err
	}
	defer partial.Close()
	parts, err := from.copyTo(ctx, &backupOutput{Writer: partial, file: partial})
	if err != nil {
		os.Remove(partial.Name())
		return err
	}
	if err := c.finish(partial); err != nil {
		os.Remove(partial.Name())
		return failure{fmt.Errorf("the backup was received, but not kept: %w", err)}
	}
	return a.printParts(a.out, parts)
}

// pass writes the backup to standard output.
func (c *backupCommand) pass(a *app) error {
	if a.onScreen {
		return errors.New("a backup is no text for a terminal; send standard output to a file or into a pipe: kv backup - | gzip > FILE.gz")
	}
	ctx, stop := signal.NotifyContext(a.ctx, os.Interrupt, syscall.SIGTERM)
	defer stop() // until then a signal ends the backup with a message
	from, err := a.backupSource(ctx)
	if err != nil {
		return err
	}
	defer from.close()
	out := &backupOutput{Writer: a.out}
	parts, err := from.copyTo(ctx, out)
	if err != nil && out.bytes > 0 {
		return fmt.Errorf("what was written, %d bytes, is no whole backup: %w", out.bytes, err)
	}
	if err != nil {
		return err
	}
	return a.printParts(a.err, parts)
}

// printParts tells of which moment each shard is.
func (a *app) printParts(out io.Writer, parts []*raftkvpb.BackupPart) error {
	if a.json() {
		for _, part := range parts {
			if _, err := out.Write(fields(part.ProtoReflect()).line()); err != nil {
				return failure{err}
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if len(parts) > 0 {
		fmt.Fprint(w, "shard\tindex\ttaken\tkeys\tbytes\n")
	}
	for _, part := range parts {
		fmt.Fprintf(w, "%d\t%d\t%s\t%d\t%d\n", part.GetShard(), part.GetIndex(), part.GetTaken().AsTime().Format(time.RFC3339Nano), part.GetKeys(), part.GetBytes())
	}
	return flush(w)
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
