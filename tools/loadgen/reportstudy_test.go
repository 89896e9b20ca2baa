package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"numstore.example/tools/internal/study"
)

// writeStudy writes the file of an experiment on clients, with a measurement for each number of them.
func writeStudy(t *testing.T, name string, clients []string, end *study.End) {
	t.Helper()
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w, err := study.NewWriter(file, study.Header{Experiment: "clients", Title: "How many clients?", Command: []string{"loadgen", "experiment", "clients"}})
	for i, n := range clients {
		m := study.Measurement{Series: "raftkv", At: map[string]string{"clients": n}, Figures: map[string]float64{"calls/s": float64(1000 * (i + 1)), "p50 ms": 0.25, "p99 ms": 1.5}}
		err = errors.Join(err, w.Add(m))
	}
	if end != nil {
		err = errors.Join(err, w.End(*end))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestReport_study shows an experiment again from its file, also what one left that was killed while it wrote.
func TestReport_study(t *testing.T) {
	dir := t.TempDir()
	file, page := filepath.Join(dir, "clients.jsonl"), filepath.Join(dir, "page.html")
	for _, test := range []struct {
		name string
		end  *study.End
		torn string
		cut  string // in what is said above all; empty: nothing was
	}{
		{"whole", &study.End{}, "", ""},
		{"interrupted", &study.End{Cut: "interrupted"}, "", "interrupted"},
		{"killed", nil, `{"measurement":{"ser`, "killed"},
	} {
		writeStudy(t, file, []string{"1", "2"}, test.end)
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(whole, test.torn...), 0o600); err != nil {
			t.Fatal(err)
		}
		for format, says := range map[string][]string{
			"table":    {"How many clients?\n", "  clients  raftkv, calls/s\n", "\n  2                   2000\n"},
			"markdown": {"# How many clients?\n", "\n| clients | raftkv, calls/s |\n", "\n| 2       | 2000 "},
		} {
			code, stdout, stderr := loadgen(t, "report "+file+" --html "+page+" --format "+format)
			for _, say := range append(says, test.cut) {
				if code != exitOK || stderr != "" || !strings.Contains(stdout, say) {
					t.Errorf("%s: status %d, printed\n%s\nand %q; want %q", test.name, code, stdout, stderr, say)
				}
			}
			html, err := os.ReadFile(page)
			if err != nil || strings.Count(string(html), `role="img"`) != 2 || !strings.Contains(string(html), "How many clients?") {
				t.Errorf("%s: the page has %d bytes (%v), and not two plots", test.name, len(html), err)
			}
			for _, text := range []string{stdout, string(html)} {
				if strings.Contains(text, "Not everything was measured") != (test.cut != "") || !strings.Contains(text, test.cut) {
					t.Errorf("%s: it was cut: %v; want %q", test.name, test.cut == "", test.cut)
				}
			}
		}
	}
}

func TestReport_studyMisuse(t *testing.T) {
	dir := t.TempDir()
	good, empty := filepath.Join(dir, "good.jsonl"), filepath.Join(dir, "empty.jsonl")
	writeStudy(t, good, []string{"1"}, &study.End{})
	writeStudy(t, empty, nil, nil)
	text := map[string]string{
		"newer":   `{"header":{"format":"loadgen-study/2","experiment":"clients"}}` + "\n",
		"unknown": `{"header":{"format":"loadgen-study/1","experiment":"tides"}}` + "\n" + `{"measurement":{"series":"raftkv"}}` + "\n",
		"damaged": `{"header":{"format":"loadgen-study/1","experiment":"clients"}}` + "\nnot JSON\n{}\n",
	}
	for name, content := range text {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for args, test := range map[string]struct {
		code int
		says string
	}{
		good + " " + good:             {exitMisuse, "good.jsonl is the file of an experiment, which has a page of its own: report it without other files"},
		good + " --html /none/x":      {exitMisuse, "--html: open /none/x: no such file"},
		empty:                         {exitFailed, "empty.jsonl holds no measurement: the experiment ended before one was made"},
		filepath.Join(dir, "newer"):   {exitMisuse, "newer is not a file of an experiment of loadgen: line 1: it must be a header of the format loadgen-study/1"},
		filepath.Join(dir, "unknown"): {exitMisuse, `unknown: there is no experiment "tides"; there are `},
		filepath.Join(dir, "damaged"): {exitMisuse, "damaged is not a file of an experiment of loadgen: line 2: "},
	} {
		code, stdout, stderr := loadgen(t, "report "+args)
		if code != test.code || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "loadgen: ") || !strings.Contains(stderr, test.says) {
			t.Errorf("loadgen report %s: status %d, printed %q and %q; want status %d and one line that says %s", args, code, stdout, stderr, test.code, test.says)
		}
	}
}
