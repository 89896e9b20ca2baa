package page

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/services/internal/statuspage"
	"numstore.example/services/internal/statuspage/statuspagetest"
)

// TestBrowser: somebody who opens the page sees the cluster as it is, without any markup that the nodes have sent.
func TestBrowser(t *testing.T) {
	f := newFake(4)
	const hostile = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`
	f.topology.Nodes[1].Address = hostile
	f.fails(2, status.Error(codes.Unavailable, "refused by "+hostile))
	f.answers(3, changed(f.stat(3, 4, 0), func(s *raftkvpb.StatResponse) { s.Version = hostile; s.Disk.Full = hostile }))
	f.tells(1, func(context.Context) (*raftkvpb.StatResponse, error) {
		calls := uint64(f.looked(1))
		return changed(f.stat(1, 4, calls), func(s *raftkvpb.StatResponse) {
			s.WritesTook.Counts = []uint64{9: 90 * calls, 12: 10 * calls}
		}), nil
	})
	handler := open(t, f)
	look(t, handler)
	time.Sleep(statuspage.Freshness) // the browser sees the second view, which has rates
	server := httptest.NewServer(handler)
	defer server.Close()
	escaped := strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(hostile)
	statuspagetest.ExpectOn(t, statuspagetest.Browse(t, server.URL, 1), []string{
		"cluster 00112233445566778899aabbccddeeff", "4 problems", "2 of 3", "Live, every 2 s", "★ 1 · leader", "◌ 2 · not known", "3 · in step",
		"● </span>answers", "▲ </span>silent", "a:6000", "90.0&nbsp;GiB", "p50 &lt; 512&nbsp;µs", "p99 &lt; 4.1&nbsp;ms", "■ full",
		"<small>" + escaped + "</small>", "refused by " + escaped, "on 3",
	}, "<img", "owned</title>", "<script>document")
}

// TestBrowser_live: the page follows what goes on, says what it does not know any more, and comes back.
func TestBrowser_live(t *testing.T) {
	f := newFake(1)
	var looks atomic.Int64
	down := func(int64) bool { return false }
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/status.json" {
			n := looks.Add(1)
			f.answers(2, changed(f.stat(2, 1, 0), func(s *raftkvpb.StatResponse) { s.Keys = 70_000 + uint64(n) }))
			if down(n) {
				http.Error(w, `{"error":"this node is not open: it is starting, or stopping"}`, http.StatusServiceUnavailable)
				return
			}
		}
		open(t, f).ServeHTTP(w, r) // a page of its own: the browser's seconds are shorter than those for which one keeps a view
	}))
	defer server.Close()

	if dom := statuspagetest.Browse(t, server.URL, 9); looks.Load() < 4 {
		t.Errorf("in nine seconds it looked %d times; want one every two seconds", looks.Load())
	} else {
		statuspagetest.ExpectOn(t, dom, []string{"Live, every 2 s", "70,00"}, "70,001", `class="old"`)
	}

	looks.Store(0)
	down = func(n int64) bool { return n > 1 }
	statuspagetest.ExpectOn(t, statuspagetest.Browse(t, server.URL, 9), []string{
		"Not live: this node is not open: it is starting, or stopping. This page is", `class="old"`, "<title>▲ not live", "Not known any more. The last that was heard: all is well", "70,001",
	}, "Live, every")

	looks.Store(0)
	down = func(n int64) bool { return n == 2 }
	statuspagetest.ExpectOn(t, statuspagetest.Browse(t, server.URL, 9), []string{"Live, every 2 s", "<title>raftkv</title>", "All is well"}, `class="old"`, "Not live", "Not known")
}

// TestBrowser_phone: a screen 360 pixels wide shows all of it without scrolling sideways, however long the names are.
func TestBrowser_phone(t *testing.T) {
	f := newFake(70)
	f.topology.Nodes[0].Address = strings.Repeat("long", 50) + ".example.net:6000"
	f.fails(2, status.Error(codes.Unavailable, strings.Repeat("refused", 50)))
	f.answers(3, changed(f.stat(3, 70, 1e15), func(s *raftkvpb.StatResponse) { s.Version, s.Keys, s.Bytes = strings.Repeat("v1", 50), 1e18, 1e18 }))
	statuspagetest.CheckPhone(t, open(t, f), 63)
}
