package page

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
)

// browse has a browser open an address, lets some seconds go by for it, of its own clock, and returns what is on the page
// then. The browser asks in real time all the same.
func browse(t *testing.T, address string, seconds int) (dom string) {
	t.Helper()
	var browser string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		if os.Getenv("COMPAT_REQUIRE") == "all" {
			t.Fatal("no chromium, and COMPAT_REQUIRE=all: apt-get install chromium")
		}
		t.Skip("NOT TESTED, no chromium: apt-get install chromium")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
		"--user-data-dir="+t.TempDir(), fmt.Sprintf("--virtual-time-budget=%d", seconds*1000), "--window-size=1280,900", "--dump-dom", address)
	command.WaitDelay = 10 * time.Second
	var stderr strings.Builder
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("the browser: %v\n%s", err, &stderr)
	}
	dom, _, _ = strings.Cut(string(output), "<script>"+frameScript[:20]) // which has all words that may be on the page
	return dom
}

// expectOn complains about what is not on a page, and what must not be.
func expectOn(t *testing.T, dom string, parts []string, never ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(dom, part) {
			t.Errorf("%q is not on the page", part)
		}
	}
	for _, part := range never {
		if strings.Contains(dom, part) {
			t.Errorf("%q is on the page", part)
		}
	}
	if t.Failed() {
		_, body, _ := strings.Cut(dom, "</style>")
		t.Logf("the page is\n%s", body)
	}
}

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
	time.Sleep(Freshness) // the browser sees the second view, which has rates
	server := httptest.NewServer(handler)
	defer server.Close()
	escaped := strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(hostile)
	expectOn(t, browse(t, server.URL, 1), []string{
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

	if dom := browse(t, server.URL, 9); looks.Load() < 4 {
		t.Errorf("in nine seconds it looked %d times; want one every two seconds", looks.Load())
	} else {
		expectOn(t, dom, []string{"Live, every 2 s", "70,00"}, "70,001", `class="old"`)
	}

	looks.Store(0)
	down = func(n int64) bool { return n > 1 }
	expectOn(t, browse(t, server.URL, 9), []string{
		"Not live: this node is not open: it is starting, or stopping. This page is", `class="old"`, "<title>▲ not live", "Not known any more. The last that was heard: all is well", "70,001",
	}, "Live, every")

	looks.Store(0)
	down = func(n int64) bool { return n == 2 }
	expectOn(t, browse(t, server.URL, 9), []string{"Live, every 2 s", "<title>raftkv</title>", "All is well"}, `class="old"`, "Not live", "Not known")
}

// TestBrowser_phone: a screen 360 pixels wide shows all of it without scrolling sideways, however long the names are.
func TestBrowser_phone(t *testing.T) {
	f := newFake(70)
	f.topology.Nodes[0].Address = strings.Repeat("long", 50) + ".example.net:6000"
	f.fails(2, status.Error(codes.Unavailable, strings.Repeat("refused", 50)))
	f.answers(3, changed(f.stat(3, 70, 1e15), func(s *raftkvpb.StatResponse) { s.Version, s.Keys, s.Bytes = strings.Repeat("v1", 50), 1e18, 1e18 }))
	mux := http.NewServeMux()
	mux.Handle("/", open(t, f))
	mux.HandleFunc("/phone", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<!doctype html><iframe id="phone" src="/" style="width:360px;height:640px"></iframe><p id="found"></p><script>
			setInterval(() => {
				const page = document.getElementById("phone").contentDocument;
				const wide = [...page.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > 360.5 && !e.closest("thead"));
				document.getElementById("found").textContent = "inside " + page.documentElement.clientWidth + ", all of it " + page.documentElement.scrollWidth +
					", rows " + page.querySelectorAll("tbody tr").length + ", beyond " + wide.length + " " + wide.slice(0, 3).map((e) => e.outerHTML.slice(0, 80));
			}, 100);</script>`)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	dom := browse(t, server.URL+"/phone", 3)
	_, found, _ := strings.Cut(dom, `<p id="found">`)
	found, _, _ = strings.Cut(found, "</p>")
	if want := "inside 360, all of it 360, rows 63, beyond 0"; !strings.HasPrefix(found, want) {
		t.Errorf("the phone has %q; want %q", found, want)
	}
}
