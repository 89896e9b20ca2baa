package page

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// browse has a browser open an address, with light or dark pages, and returns what it has made of it. Where there is no browser, that is skipped
// aloud.
func browse(t *testing.T, address string, dark bool) (dom string) {
	t.Helper()
	browser := ""
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
	scheme := map[bool]string{true: "0", false: "1"}[dark]
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
		"--user-data-dir="+t.TempDir(), "--blink-settings=preferredColorScheme="+scheme, "--virtual-time-budget=20000", "--window-size=1500,1000", "--dump-dom", address)
	command.WaitDelay = 10 * time.Second
	var stderr strings.Builder
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("the browser: %v\n%s", err, &stderr)
	}
	return string(output)
}

// looked is what a browser has made of a page, on a screen of some width, or on paper.
type looked struct {
	Page  string
	Width int
	Print bool

	Inner, Scroll int      // widths of the window, and of all that is in it
	Plots         int      // that are really there
	Tables        int      // that can be seen
	Background    []int    // red, green and blue of the page
	Beyond        []string // what is not within its card, or the window, unless it scrolls there; of words, not within their plot
	Covered       []string // words of plots that lie on others
}

//go:embed testdata/look.html
var lookSource string

// look opens pages, by name, on a phone, on a small screen, on a large one and on paper.
func look(t *testing.T, dark bool, pages map[string]string) (all []looked) {
	t.Helper()
	var frames strings.Builder
	mux := http.NewServeMux()
	for name, page := range pages {
		mux.HandleFunc("/"+name, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			io.WriteString(w, page)
		})
		for _, width := range []int{360, 800, 1400} {
			fmt.Fprintf(&frames, `<iframe data-page="%s" src="/%[1]s" style="width:%dpx;height:900px"></iframe>`, name, width)
		}
		fmt.Fprintf(&frames, `<iframe data-page="%s" data-print="yes" src="/%[1]s" style="width:700px;height:990px"></iframe>`, name)
	}
	mux.HandleFunc("/look", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, strings.Replace(lookSource, "FRAMES", frames.String(), 1))
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	dom := browse(t, server.URL+"/look", dark)
	_, found, _ := strings.Cut(dom, `<pre id="found">`)
	found, _, _ = strings.Cut(found, "</pre>")
	if err := json.Unmarshal([]byte(html.UnescapeString(found)), &all); err != nil || len(all) != 4*len(pages) {
		t.Fatalf("the browser found of %d pages %q (%v)", len(pages), found, err)
	}
	return all
}

// problems says what is wrong with how a page looks that has so many plots and tables.
func (l looked) problems(dark bool, plots, tables int) (all []string) {
	say := func(bad bool, format string, args ...any) {
		if bad {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	say(l.Scroll > l.Inner, "it is %d wide, and its window %d", l.Scroll, l.Inner)
	say(l.Plots != plots, "it has %d plots; want %d", l.Plots, plots)
	say(l.Print && l.Tables != tables, "%d tables can be seen on paper; want %d", l.Tables, tables)
	say(len(l.Beyond) > 0, "beyond its place is %q", l.Beyond)
	say(len(l.Covered) > 0, "on others lie the words %q", l.Covered)
	sum := 0
	for _, part := range l.Background {
		sum += part
	}
	say((dark && !l.Print) != (sum < 3*0x60) || len(l.Background) != 3, "its background is %v", l.Background)
	return all
}

// TestLook looks at the pages as people do, and at some that are broken on purpose: what is wrong with them must be seen.
func TestLook(t *testing.T) {
	s, panels := sampleStudy()
	study := writeStudy(t, s, panels)
	var runs []string
	for i := range 7 {
		runs = append(runs, fmt.Sprintf("run %d of %s", i, map[bool]string{true: longWord, false: "a store"}[i == 6]))
	}
	sevenRuns := writeRuns(t, runs)
	pages := map[string]string{
		"study": study, "runs": sevenRuns,
		"no-scrolling":  strings.ReplaceAll(study, `class="wide"`, `class=""`),
		"large-words":   strings.NewReplacer("textLength", "data-length", "font-size:10.5px", "font-size:40px").Replace(study),
		"longWord-word": strings.Replace(study, "overflow-wrap: anywhere", "overflow-wrap: normal", -1),
		"folded":        strings.Replace(study, "@media print", "@media speech", 1),
		"no-plots":      strings.ReplaceAll(study, `role="img"`, `style="display:none" role="img"`),
	}
	for _, dark := range []bool{false, true} {
		seen := make(map[string][]string)
		for _, l := range look(t, dark, pages) {
			plots, tables := len(panels)-1, len(panels)-1 // one has nothing to show
			if l.Page == "runs" {
				plots, tables = 4, 2
			}
			for _, problem := range l.problems(dark, plots, tables) {
				seen[l.Page] = append(seen[l.Page], fmt.Sprintf("%d wide, print %v: %s", l.Width, l.Print, problem))
			}
		}
		for page := range pages {
			if good := slices.Contains([]string{"study", "runs"}, page); good != (len(seen[page]) == 0) {
				t.Errorf("dark %v: of the page %q a browser sees these problems:\n%s", dark, page, strings.Join(seen[page], "\n"))
			}
		}
	}
}
