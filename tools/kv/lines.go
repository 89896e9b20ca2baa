package main

import (
	"fmt"
	"io"
	"time"
)

// lines tell how something long goes on: on a terminal, the last line is written again and again; elsewhere each is a line, and
// there are not many of those that may be something else soon.
type lines struct {
	out    io.Writer
	screen bool
	last   string
	at     time.Time // when something was told last
	shown  bool      // a line is to be taken away
}

const linePause = 5 * time.Second

func (l *lines) say(format string, a ...any) {
	l.clear()
	l.at = time.Now()
	fmt.Fprintf(l.out, format+"\n", a...)
}

// show tells what may be something else soon.
func (l *lines) show(text string) {
	switch {
	case text == l.last:
	case l.screen:
		fmt.Fprintf(l.out, "\r\x1b[K%s", text)
		l.shown = true
	case time.Since(l.at) < linePause:
		return
	default:
		fmt.Fprintln(l.out, text)
		l.at = time.Now()
	}
	l.last = text
}

func (l *lines) clear() {
	if l.shown {
		fmt.Fprint(l.out, "\r\x1b[K")
		l.shown = false
	}
	l.last = ""
}
