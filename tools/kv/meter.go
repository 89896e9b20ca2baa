package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

// meter shows on a terminal how far an import is, in a line that it writes again and again. Elsewhere it does nothing.
type meter struct {
	out   io.Writer // nil: do nothing
	total int64     // bytes of the input; 0: not known
	bytes int64     // that were read
	start time.Time
	last  time.Time // when the line was written
	shown bool
}

// meterPause is how long the line stays as it is.
const meterPause = 200 * time.Millisecond

func newMeter(out io.Writer, input any) *meter {
	m := &meter{start: time.Now()}
	if terminal(out) {
		m.out = out
	}
	if file, ok := input.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			m.total = info.Size()
		}
	}
	return m
}

// read counts bytes of the input.
func (m *meter) read(n int) { m.bytes += int64(n) }

// show writes how many pairs have been imported, if it has not just done so.
func (m *meter) show(pairs int) {
	now := time.Now()
	if m.out == nil || now.Sub(m.last) < meterPause {
		return
	}
	m.last, m.shown = now, true
	fmt.Fprintf(m.out, "\r\x1b[K%s", m.line(pairs, now))
}

func (m *meter) line(pairs int, now time.Time) string {
	text := fmt.Sprintf("imported %d", pairs)
	if m.total > 0 {
		text += fmt.Sprintf(", %d%%", min(100, 100*m.bytes/m.total))
	}
	if seconds := now.Sub(m.start).Seconds(); seconds >= 1 {
		text += fmt.Sprintf(", %.0f a second", float64(pairs)/seconds)
	}
	return text
}

// clear takes the line away.
func (m *meter) clear() {
	if m.shown {
		fmt.Fprint(m.out, "\r\x1b[K")
		m.shown = false
	}
}
