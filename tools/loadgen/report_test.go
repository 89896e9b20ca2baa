package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	_, port := serve(t, nil)
	dir := t.TempDir()
	one, two, page := filepath.Join(dir, "1.json"), filepath.Join(dir, "2.json"), filepath.Join(dir, "page.html")
	for _, args := range []string{"--clients 2 --label same --out " + one, "--rate 200 --label same --out " + two} {
		if code, stdout, stderr := loadgen(t, "run "+port+" --duration 300ms --warmup 0s "+args); code != exitOK {
			t.Fatalf("%s: status %d, printed\n%s\nand %q", args, code, stdout, stderr)
		}
	}
	code, stdout, stderr := loadgen(t, "report "+one+" "+two+" --html "+page)
	if lines := strings.Split(stdout, "\n"); code != exitOK || stderr != "" || len(lines) < 4 || !strings.HasPrefix(lines[1], "  same      2 clients ") || !strings.HasPrefix(lines[2], "  same (2)  200 calls/s ") {
		t.Errorf("status %d, printed\n%s\nand %q", code, stdout, stderr)
	}
	if html, err := os.ReadFile(page); err != nil || strings.Count(string(html), "<svg") != 4 || !strings.Contains(string(html), "same (2)") {
		t.Errorf("the page has %d bytes (%v), and not four plots", len(html), err)
	}
}

// TestReport_markdown prints for documents.
func TestReport_markdown(t *testing.T) {
	_, port := serve(t, nil)
	out := filepath.Join(t.TempDir(), "run.jsonl")
	loadgen(t, "run "+port+" --clients 2 --duration 300ms --warmup 0s --label tried --out "+out)
	code, stdout, stderr := loadgen(t, "report --format markdown "+out)
	if code != exitOK || stderr != "" || !strings.HasPrefix(stdout, "# tried\n") || !strings.Contains(stdout, "\n| load      | calls/s |") || !strings.Contains(stdout, "\n| duration ") {
		t.Errorf("status %d, printed\n%s\nand %q", code, stdout, stderr)
	}
}

// TestReport_nothing: a run that was killed, or ended before a call did, is told from one that measured something.
func TestReport_nothing(t *testing.T) {
	_, port := serve(t, nil)
	dir := t.TempDir()
	good, killed, page := filepath.Join(dir, "good.json"), filepath.Join(dir, "killed.json"), filepath.Join(dir, "page.html")
	loadgen(t, "run "+port+" --clients 1 --requests 1 --label good --out "+good)
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	header, _, _ := strings.Cut(string(text), "\n")
	atOnce := filepath.Join(dir, "at-once.json")
	for name, content := range map[string]string{killed: header + "\n", atOnce: ""} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for args, shown := range map[string]bool{killed: false, atOnce: false, killed + " " + good: true} {
		os.Remove(page)
		code, stdout, stderr := loadgen(t, "report --html "+page+" "+args)
		_, err := os.Stat(page)
		name, _, _ := strings.Cut(args, " ")
		if code != exitFailed || stderr != "loadgen: "+name+" holds no call: the run ended before one did\n" || strings.Contains(stdout, "1 client") != shown || (err == nil) != shown {
			t.Errorf("loadgen report %s: status %d, printed %q and %q, page %v; want status %d", args, code, stdout, stderr, err, exitFailed)
		}
	}
}

func TestReport_misuse(t *testing.T) {
	_, port := serve(t, nil)
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "good.json"), filepath.Join(dir, "bad.json")
	loadgen(t, "run "+port+" --clients 1 --requests 1 --out "+good)
	if err := os.WriteFile(bad, []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, says := range map[string]string{
		"":                       "file",
		"/does/not/exist":        "/does/not/exist: no such file",
		bad:                      "bad.json is not a result file of loadgen: line 1: it must be a header of the format loadgen-result/1",
		good + " --format xml":   "--format must be one of",
		good + " --html /none/x": "--html: open /none/x: no such file",
	} {
		code, stdout, stderr := loadgen(t, "report "+args)
		if code != exitMisuse || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "loadgen: ") || !strings.Contains(stderr, says) {
			t.Errorf("loadgen report %s: status %d, printed %q and %q; want status 2 and one line that says %s", args, code, stdout, stderr, says)
		}
	}
}
