package main

import (
	"bytes"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// screen is what was printed, by whichever goroutine.
type screen struct {
	mu    sync.Mutex
	shown bytes.Buffer
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown.Write(b)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown.String()
}

// TestConsole_progress: a long script tells on a screen how far it is, and takes that away before anything else is printed there.
func TestConsole_progress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		var screen screen
		reader, writer := io.Pipe()
		var done sync.WaitGroup
		done.Go(func() {
			perform(t.Context(), s.system, false, reader, &console{out: &screen, err: &screen, screen: true})
		})
		io.WriteString(writer, lines("joinServer 1", "joinClient 2 1", "put 2 k v", "get 2 k"))
		time.Sleep(longScript - time.Millisecond)
		synctest.Wait()
		if screen.String() != "k:v\n" {
			t.Errorf("at first, the screen has %q; want the value alone", &screen)
		}
		time.Sleep(progressed)
		io.WriteString(writer, lines("echo more"))
		time.Sleep(progressed)
		writer.Close()
		done.Wait()
		const clear = "\r\x1b[K"
		want := "k:v\n" + "4 commands, 1 of them puts …" + clear + "more\n" + "5 commands, 1 of them puts …" + clear + "orchestrate: 5 commands in 1.499 s: 3.34 commands/s, 0.67 puts/s\n"
		if screen.String() != want {
			t.Errorf("the screen has %q; want %q", &screen, want)
		}
		s.system.close()
		s.cluster.Stop()
	})
}

func TestPrintable(t *testing.T) {
	if got, want := printable("a\x1b[2J\xff\n  b\r\n\n"), "a\\x1b[2J\\xff\n  b\n\n"; got != want {
		t.Errorf("printable is %q; want %q", got, want)
	}
}
