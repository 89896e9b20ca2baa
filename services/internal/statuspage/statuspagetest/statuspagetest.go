// Package statuspagetest looks at status pages as people do: with a browser, on a large screen and on a phone. Where there is no
// browser, that is skipped aloud.
package statuspagetest

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Look returns what a page tells programs now, as /status.json.
func Look[Status any](t testing.TB, page http.Handler) (status Status) {
	t.Helper()
	recorded := httptest.NewRecorder()
	page.ServeHTTP(recorded, httptest.NewRequest("GET", "/status.json", nil))
	if recorded.Code != http.StatusOK {
		t.Fatalf("status %d: %s", recorded.Code, recorded.Body)
	}
	if err := json.Unmarshal(recorded.Body.Bytes(), &status); err != nil {
		t.Fatal(err)
	}
	return status
}

// Browse has a browser open an address, lets some seconds go by for it, of its own clock, and returns what is on the page
// then. The browser asks in real time all the same.
func Browse(t *testing.T, address string, seconds int) (dom string) {
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
	dom = string(output)
	return dom[:max(strings.LastIndex(dom, "<script>"), 0)] // which has all words that may be on the page
}

// ExpectOn complains about what is not on a page, and what must not be.
func ExpectOn(t *testing.T, dom string, parts []string, never ...string) {
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

// CheckPhone complains unless a screen 360 pixels wide shows all of a page, which has so many rows, without scrolling sideways.
func CheckPhone(t *testing.T, page http.Handler, rows int) {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/", page)
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
	dom := Browse(t, server.URL+"/phone", 3)
	_, found, _ := strings.Cut(dom, `<p id="found">`)
	found, _, _ = strings.Cut(found, "</p>")
	if want := fmt.Sprintf("inside 360, all of it 360, rows %d, beyond 0", rows); !strings.HasPrefix(found, want) {
		t.Errorf("the phone has %q; want %q", found, want)
	}
}

// CheckDocument complains unless a page is one document that needs nothing from elsewhere, may do nothing but run its own script and use its
// own style, and makes markup of nothing that it was told.
func CheckDocument(t *testing.T, page http.Handler) {
	t.Helper()
	recorded := httptest.NewRecorder()
	page.ServeHTTP(recorded, httptest.NewRequest("GET", "/", nil))
	body := recorded.Body.String()
	if recorded.Code != http.StatusOK || !strings.HasPrefix(body, "<!doctype html>") {
		t.Fatalf("status %d, %.200s", recorded.Code, body)
	}
	policy := recorded.Header().Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "connect-src 'self'", hashOf(t, body, "script"), hashOf(t, body, "style")} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy is %q; want %q in it", policy, want)
		}
	}
	for _, found := range regexp.MustCompile(`(?:https?:)?//[\w.]+`).FindAllString(body, -1) {
		if found != "http://www.w3.org" { // the name of SVG, which nobody asks for
			t.Errorf("it names %s", found)
		}
	}
	for _, never := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "onclick=", "style="} {
		if strings.Contains(body, never) {
			t.Errorf("it has %s", never)
		}
	}
}

// hashOf returns what a policy has of the content of a page's script or style.
func hashOf(t *testing.T, body, element string) string {
	t.Helper()
	_, content, found := strings.Cut(body, "<"+element+">")
	content, _, ended := strings.Cut(content, "</"+element+">")
	if !found || !ended || content == "" {
		t.Fatalf("the page has no %s", element)
	}
	sum := sha256.Sum256([]byte(content))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
