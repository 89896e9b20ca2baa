package node_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"numstore.example/services/raftkv/internal/kv"
	"numstore.example/services/raftkv/internal/node"
	"numstore.example/services/raftkv/internal/storage"
)

// The operations that may fail.
var (
	writes  = []errorfs.OpKind{errorfs.OpFileWrite, errorfs.OpFileWriteAt}
	syncs   = []errorfs.OpKind{errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo}
	creates = []errorfs.OpKind{errorfs.OpCreate, errorfs.OpReuseForWrite, errorfs.OpRename}
)

// fault is a disk that fails from an operation on files on.
type fault struct {
	kinds []errorfs.OpKind
	on    string // a part of the paths, empty for all files; or the folder
	err   error
	value int // the length of the values that are written
	armed atomic.Bool
	left  atomic.Int64 // operations that still succeed
	hit   atomic.Bool
}

func (f *fault) inject(op errorfs.Op) error {
	if !f.armed.Load() || (op.Path == dir) != (f.on == dir) || !strings.Contains(op.Path, f.on) {
		return nil
	}
	for _, kind := range f.kinds {
		if op.Kind == kind && f.left.Add(-1) < 0 {
			f.hit.Store(true)
			return f.err
		}
	}
	return nil
}

// TestDisk_fails lets each of the first writes, syncs and creations of files fail, and all after it. Nobody
// hangs, one failure is told, and what was acknowledged is there when the disk is good again.
func TestDisk_fails(t *testing.T) {
	random := rand.New(rand.NewPCG(number(t, "RAFTKV_SEED", 1), 0))
	for name, c := range map[string]struct {
		kinds []errorfs.OpKind
		on    string
		first int64
		value int
	}{
		"write":          {writes, "", 30, 100},
		"sync":           {syncs, "", 30, 100},
		"write of marks": {writes, "synced-0", 5, 100},
		// Tables are written when there are 32 MiB for them.
		"write of tables": {writes, ".sst", 2, 1 << 20},
		"sync of tables":  {syncs, ".sst", 1, 1 << 20},
		"new tables":      {creates, ".sst", 1, 1 << 20},
		// Where Pebble, were it told, would end the process.
		"new logs":           {creates, ".log", 8, 1 << 20},
		"sync of the folder": {syncs, dir, 3, 1 << 20},
	} {
		for _, errno := range []error{syscall.ENOSPC, syscall.EIO} {
			t.Run(name+", "+errno.Error(), func(t *testing.T) {
				for n := range c.first {
					f := &fault{kinds: c.kinds, on: c.on, err: errno, value: c.value}
					f.left.Store(n)
					if err := underFault(f, random); err != nil {
						t.Errorf("when operation %d fails: %v", n, err)
					}
				}
			})
		}
	}
}

// underFault writes until the disk fails, and looks at what is left.
func underFault(f *fault, random *rand.Rand) error {
	disk := vfs.NewCrashableMem()
	in, err := begin(disk, variant{inject: f.inject, writeBehind: 1 + random.IntN(5000)}, death{})
	if err != nil {
		return err
	}
	f.armed.Store(true)
	acknowledged, err := load(in, f.value)
	if err != nil {
		return err
	}
	if err := hasFailed(in); err != nil {
		return err
	}
	remains := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: random.IntN(101), RNG: random})
	return present(remains, acknowledged)
}

// waiting is a log handler that tells when writes wait for the disk.
type waiting struct {
	slog.Handler
	begun chan struct{}
	once  sync.Once
}

func (w *waiting) Enabled(context.Context, slog.Level) bool { return true }

func (w *waiting) Handle(_ context.Context, record slog.Record) error {
	if record.Message == "writes wait for the disk" {
		w.once.Do(func() { close(w.begun) })
	}
	return nil
}

// TestDisk_failsStalled: when tables cannot be written while writes wait for them already, nobody waits for ever:
// neither those writes, nor reads, nor those who want to see all that was written, nor a compaction, nor the end.
func TestDisk_failsStalled(t *testing.T) {
	for _, interval := range []time.Duration{0, 20 * time.Millisecond} {
		t.Run(fmt.Sprint("interval ", interval), func(t *testing.T) { failStalled(t, interval) })
	}
}

func failStalled(t *testing.T, interval time.Duration) {
	log := &waiting{Handler: slog.DiscardHandler, begun: make(chan struct{})}
	full := make(chan struct{})
	in, err := begin(vfs.NewCrashableMem(), variant{log: log, syncInterval: interval, inject: func(op errorfs.Op) error {
		if op.Kind == errorfs.OpCreate && strings.HasSuffix(op.Path, ".sst") {
			<-full
			return syscall.ENOSPC
		}
		return nil
	}}, death{})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	calls := map[string]func() error{
		"barrier": func() error { return in.replica.AwaitBarrier(ctx) },
		"scan": func() error {
			return in.state.Scan(storage.Range{}, false, func([]byte, kv.Record) (bool, error) { return true, nil })
		},
		"compaction": func() error { return in.node.Store().Compact(ctx) },
	}
	for writer := range 100 { // more than the tables in memory take
		calls[fmt.Sprint("write ", writer)] = func() error {
			_, err := node.Execute(ctx, in.node.Group(shard), numbered(writer, 1, 1<<20))
			return err
		}
	}
	ended := make(chan error)
	for name, call := range calls {
		go func() {
			if err := call(); err != nil && !errors.Is(err, storage.ErrFailed) && !errors.Is(err, node.ErrStopped) {
				ended <- fmt.Errorf("%s: %w", name, err)
				return
			}
			ended <- nil
		}()
	}
	<-log.begun
	close(full)
	if err := within(func() (err error) {
		for range calls {
			err = errors.Join(err, <-ended)
		}
		return errors.Join(err, in.node.Close())
	}); err != nil {
		t.Error(err)
	}
	if in.node.Store().Failure() == nil {
		t.Error("the store does not know of it")
	}
}

// TestDisk_failsWhileClosing: a node that is being closed while writes wait for tables ends when these cannot be written,
// and who has proposed is told.
func TestDisk_failsWhileClosing(t *testing.T) {
	log := &waiting{Handler: slog.DiscardHandler, begun: make(chan struct{})}
	full := make(chan struct{})
	in, err := begin(vfs.NewCrashableMem(), variant{log: log, inject: func(op errorfs.Op) error {
		if op.Kind == errorfs.OpCreate && strings.HasSuffix(op.Path, ".sst") {
			<-full
			return syscall.ENOSPC
		}
		return nil
	}}, death{})
	if err != nil {
		t.Fatal(err)
	}
	const proposals = 100 // more than the tables in memory take
	told := make(chan error, proposals)
	for writer := range proposals {
		in.replica.Propose(&node.Proposal{
			Commands: [][]byte{numbered(writer, 1, 1<<20)}, Done: func(_ [][]byte, err error) { told <- err },
		})
	}
	<-log.begun
	closed := make(chan error)
	go func() { closed <- in.node.Close() }()
	if err := within(func() error {
		for in.replica.AwaitBarrier(context.Background()) == nil { // until Close has stopped the replica
		}
		close(full)
		return <-closed
	}); err != nil {
		t.Error(err)
	}
	if in.node.Store().Failure() == nil {
		t.Error("the store does not know of it")
	}
	if err := within(func() error {
		for range proposals {
			if err := <-told; err != nil && !errors.Is(err, node.ErrStopped) {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestDisk_failsStuck: when the disk has failed while a goroutine waits for it for ever, who has proposed or reads is told so
// all the same, and Stop does not wait.
func TestDisk_failsStuck(t *testing.T) {
	for name, moment := range map[string]node.Moment{"appending": node.BeforeAppend, "syncing": node.AfterSync, "applying": node.BeforeApply} {
		t.Run(name, func(t *testing.T) {
			var armed atomic.Bool
			stuck, mended := make(chan struct{}, 1), make(chan struct{})
			m := launch(t, vfs.NewMem(), 0, func(_ *member, options *node.Options) {
				options.At = func(at node.Moment) {
					if armed.Load() && at == moment {
						stuck <- struct{}{}
						<-mended
					}
				}
			}).ready(t)
			armed.Store(true)
			told := make(chan error, 1)
			m.Propose(&node.Proposal{Commands: [][]byte{[]byte("x")}, Done: func(_ [][]byte, err error) { told <- err }})
			<-stuck
			m.node.Store().Fail(errors.New("the disk is gone"))
			if err := within(func() error {
				if err := <-told; !errors.Is(err, node.ErrStopped) || !errors.Is(err, storage.ErrFailed) {
					return fmt.Errorf("the write is told %v", err)
				}
				m.Barrier(func(err error) { told <- err })
				if err := <-told; !errors.Is(err, node.ErrStopped) {
					return fmt.Errorf("a read is told %v", err)
				}
				m.Stop()
				return m.node.Close()
			}); err != nil {
				t.Error(err)
			}
			close(mended)
			if len(m.failures) != 1 || errors.Is(m.failures[0], storage.ErrFailed) {
				t.Errorf("OnFailure is told %v, and not the reason alone", m.failures)
			}
		})
	}
}

const writers = 3

// load has clients write until that is refused. It returns the last write of each that was acknowledged.
func load(in *incarnation, length int) (acknowledged [writers]uint64, err error) {
	var writing sync.WaitGroup
	var wrong [writers]error
	for writer := range writers {
		writing.Go(func() {
			for sequence := uint64(1); ; sequence++ {
				if sequence > 2000 {
					wrong[writer] = errors.New("2000 writes have succeeded")
					return
				}
				_, err := node.Execute(context.Background(), in.node.Group(shard), numbered(writer, sequence, length))
				if err != nil {
					if !errors.Is(err, node.ErrStopped) && !errors.Is(err, storage.ErrFailed) {
						wrong[writer] = fmt.Errorf("a write is refused with %w", err)
					}
					return
				}
				acknowledged[writer] = sequence
			}
		})
	}
	return acknowledged, within(func() error {
		writing.Wait()
		return errors.Join(wrong[:]...)
	})
}

// numbered is a writer's write with a number, of a value that begins with it.
func numbered(writer int, sequence uint64, length int) []byte {
	value := fmt.Sprintf("%06d%s", sequence, strings.Repeat("x", length))
	write := kv.Write{Kind: kv.Put, Key: fmt.Append(nil, writer), Value: []byte(value), Expect: kv.AnyVersion}
	return (&kv.Command{
		Request: kv.RequestID{Client: kv.ClientID{byte(writer) + 1}, Sequence: sequence}, Writes: []kv.Write{write},
	}).AppendTo(nil)
}

// hasFailed checks what a replica whose disk has failed still does.
func hasFailed(in *incarnation) error {
	return within(func() error {
		if _, err := node.Execute(context.Background(), in.node.Group(shard), numbered(0, 1<<40, 0)); err == nil {
			return errors.New("a write after the failure has succeeded")
		}
		in.replica.Stop()
		if err := in.replica.AwaitBarrier(context.Background()); err == nil {
			return errors.New("a barrier after the failure has succeeded")
		}
		if n := in.failures.Load(); n != 1 {
			return fmt.Errorf("%d failures were told", n)
		}
		return in.node.Close()
	})
}

// within guards against what hangs.
func within(do func() error) error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	select {
	case err := <-done:
		return err
	case <-time.After(time.Minute):
		return errors.New("somebody hangs")
	}
}

// present opens what a failure has left, on a good disk, and looks for what was acknowledged.
func present(disk *vfs.MemFS, acknowledged [writers]uint64) error {
	in, err := begin(disk, variant{}, death{})
	if err != nil {
		return err
	}
	for writer, sequence := range acknowledged {
		record, _, err := in.state.Get(fmt.Append(nil, writer))
		if err != nil {
			return err
		}
		var got uint64
		_, _ = fmt.Sscanf(string(record.Value[:min(6, len(record.Value))]), "%d", &got)
		if got != sequence && got != sequence+1 {
			return fmt.Errorf("writer %d has write %d, but %d was acknowledged last", writer, got, sequence)
		}
	}
	return in.end()
}

// TestDisk_failsAtStart lets each operation of a start fail, and all after it: the start ends, and the next one
// finds everything. So do starts with an empty folder.
func TestDisk_failsAtStart(t *testing.T) {
	disk := vfs.NewCrashableMem()
	in, err := begin(disk, variant{}, death{})
	if err != nil {
		t.Fatal(err)
	}
	var acknowledged [writers]uint64
	for sequence := uint64(1); sequence <= 20; sequence++ {
		for writer := range writers {
			if _, err := node.Execute(context.Background(), in.node.Group(shard), numbered(writer, sequence, 100)); err != nil {
				t.Fatal(err)
			}
			acknowledged[writer] = sequence
		}
	}
	failStarts(t, disk, acknowledged)
	failStarts(t, vfs.NewCrashableMem(), [writers]uint64{})
	if err := in.end(); err != nil {
		t.Error(err)
	}
}

func failStarts(t *testing.T, disk *vfs.MemFS, acknowledged [writers]uint64) {
	random := rand.New(rand.NewPCG(1, 0))
	reads := []errorfs.OpKind{errorfs.OpList, errorfs.OpStat, errorfs.OpFileRead}
	for what, kinds := range map[string][]errorfs.OpKind{"read": reads, "write": writes, "sync": syncs, "creation": creates} {
		for n := int64(0); ; n++ {
			remains := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: random})
			f := &fault{kinds: kinds, err: syscall.EIO}
			f.left.Store(n)
			f.armed.Store(true)
			if err := within(func() error { return startUnderFault(remains, f) }); err != nil {
				t.Errorf("when %s %d fails: %v", what, n, err)
			}
			again := remains.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: random})
			if err := present(again, acknowledged); err != nil {
				t.Errorf("after %s %d failed: %v", what, n, err)
			}
			if !f.hit.Load() {
				t.Logf("%s: %d in a start", what, n)
				break
			}
		}
	}
}

// startUnderFault starts and ends a replica. That it starts all the same is all right: not every read matters.
func startUnderFault(disk *vfs.MemFS, f *fault) error {
	in, err := begin(disk, variant{inject: f.inject}, death{})
	f.armed.Store(false) // for Pebble to come to an end
	if in.node != nil {
		in.node.Stop()
	}
	if err == nil {
		return in.node.Close()
	}
	if !f.hit.Load() {
		return err
	}
	return nil
}
