// Package statuspage is the frame of the pages on which services show operators in one look how things are: a page for people, which refreshes
// itself, and the same for programs. What is shown, and whom that is asked of, is a service's own.
//
// What it promises:
//
//   - Who looks costs little: a view is made once a second at most, whoever looks on, and none when nobody does.
//   - Who is asked and is slow, or silent, holds nothing up (Question): a view has what is known, and how old that is.
//   - What others say is text (Text), cut short and stripped of what does not print, and never becomes a part of the document.
//   - The page is one document (Document), which needs nothing from elsewhere, and its policy lets it load and send nothing elsewhere.
package statuspage

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Frame serves a document at /, and what it shows, for programs too, at /status.json. Until Open and after Close it says that the node
// is not open.
type Frame struct {
	node atomic.Pointer[views]
}

// Mount adds the page to what serves operators. It may be done before Open, so that somebody who looks meanwhile is told.
func (f *Frame) Mount(handle func(pattern string, handler http.Handler), document *Document) {
	handle("GET /{$}", document)
	handle("GET /status.json", http.HandlerFunc(f.serveStatus))
}

// Open begins to show what look returns, which is what /status.json has. It is asked once a second at most however many
// look on, not at all when nobody does, and never twice at a time; it returns soon. Its context ends with Close.
func (f *Frame) Open(look func(context.Context) any) {
	v := &views{look: look}
	v.ctx, v.stop = context.WithCancel(context.Background())
	f.node.Store(v)
}

// Close ends all that is asked, and waits for nobody: whoever ignores the end of his context is left alone.
func (f *Frame) Close() {
	if v := f.node.Swap(nil); v != nil {
		v.stop()
	}
}

func (f *Frame) serveStatus(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	v := f.node.Load()
	if v == nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		w.Write([]byte(`{"error":"this node is not open: it is starting, or stopping"}` + "\n"))
		return
	}
	w.Write(v.current())
}

// views are what is shown, one after the other.
type views struct {
	look func(context.Context) any
	ctx  context.Context
	stop context.CancelFunc

	mu   sync.Mutex // of what follows; held while a view is made, so that all who want one share it
	made time.Time
	last []byte
}

// current returns a view in JSON that is a second old at most.
func (v *views) current() []byte {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.last == nil || time.Since(v.made) >= Freshness {
		view, err := json.Marshal(v.look(v.ctx))
		if err != nil {
			panic(err) // the types can be encoded
		}
		v.made, v.last = time.Now(), append(view, '\n')
	}
	return v.last
}
