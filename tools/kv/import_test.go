package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"numstore.example/contracts/raftkv/inprocess"
	"numstore.example/contracts/raftkvpb"
)

// TestImport_roundTrip: what scan prints, import takes, and then scan prints it again, whatever the bytes.
func TestImport_roundTrip(t *testing.T) {
	from, to := newService(), newService()
	flagFrom, flagTo := serve(t, from), serve(t, to)
	for i, text := range odd {
		if text == "" {
			continue // is no key
		}
		from.Set([]byte(text), []byte(odd[len(odd)-1-i]))
	}
	from.Set([]byte("long"), []byte(strings.Repeat("\x00\n\xff", 700_000)))
	for i := range 3000 { // more than what is on its way at the same time
		from.Set(fmt.Appendf(nil, "many%d", i), fmt.Append(nil, i))
	}
	_, pairs, _ := kv("", "scan", "--output=json", flagFrom)
	summary := fmt.Sprintf("imported %d, failed 0\n", len(from.Keys()))
	if status, stdout, stderr := kv(pairs, "import", flagTo); status != exitOK || stdout != summary || stderr != "" {
		t.Fatalf("status %d, printed %q and %q; want %q", status, stdout, stderr, summary)
	}
	if got, want := to.Keys(), from.Keys(); !slices.Equal(got, want) {
		t.Fatalf("%d keys; want %d", len(got), len(want))
	}
	for _, pair := range from.Pairs() {
		if got := string(to.Lookup(string(pair.GetKey())).GetValue()); got != string(pair.GetValue()) {
			t.Errorf("%q has %.80q; want %.80q", pair.GetKey(), got, pair.GetValue())
		}
	}
	file := filepath.Join(t.TempDir(), "pairs")
	if err := os.WriteFile(file, []byte(pairs), 0o600); err != nil {
		t.Fatal(err)
	}
	check(t, flagTo, []step{{args: "import " + file, stdout: summary}, {args: "import -", input: pairs, stdout: summary}})
}

// TestImport_order: of the lines with the same key the last one wins, also with a server that does what is on its way at
// the same time in another order.
func TestImport_order(t *testing.T) {
	f := newService()
	f.Reverse = true
	flag := serve(t, f)
	var input strings.Builder
	const keys, rounds = 5, 400
	for i := range keys * rounds {
		fmt.Fprintf(&input, `{"key":"k%d","value":"%d"}`+"\n", i%keys, i/keys)
	}
	check(t, flag, []step{{args: "import", input: input.String(), stdout: fmt.Sprintf("imported %d, failed 0\n", keys*rounds)}})
	for _, pair := range f.Pairs() {
		if string(pair.GetValue()) != fmt.Sprint(rounds-1) {
			t.Errorf("%s has %s; want %d", pair.GetKey(), pair.GetValue(), rounds-1)
		}
	}
}

// TestImport_lines: a line that is none is named, and keeps no other from being written.
func TestImport_lines(t *testing.T) {
	for line, want := range map[string]string{
		"nonsense":                          "no object of kv scan --output json",
		`{"key":"a","value":"1"`:            "no object of kv scan --output json",
		`{"key":"a","value":"1"} {}`:        "something follows",
		`{"key":"a","val":"1"}`:             `unknown field "val"`,
		`{"key":"a"}`:                       "neither value nor value_base64",
		`{"value":"1"}`:                     "neither key nor key_base64",
		`[]`:                                "no object of kv scan --output json",
		`{"key":"a","key_base64":"YQ=="}`:   "both key and key_base64",
		`{"key_base64":"a","value":""}`:     "illegal base64",
		"{\"key\":\"\xff\",\"value\":\"\"}": "no UTF-8",
		`{"key":"\ud800","value":""}`:       "half a character",
		`{"key":"\\\udc00","value":""}`:     "half a character",
		`{"key":"\ud800\u0041","value":""}`: "half a character",
		`{"key":"refused","value":"1"}`:     "not this key",
		"a,b":                               "line 3",
	} {
		f := newService()
		input := `{"key":"b","value":"1"}` + "\n\n" + line + "\n \r\n" + `{"key":"c","value":"😀\ud83d\ude00\\ud800\ufffd","version":5}`
		status, stdout, stderr := kv(input, "import", serve(t, f))
		if status != exitFailed || stdout != "imported 2, failed 1\n" || !strings.Contains(stderr, "kv: line 3: ") || !strings.Contains(stderr, want) || !strings.HasSuffix(stderr, "kv: lines that could not be written: 1\n") {
			t.Errorf("%s: status %d, printed %q and %q; want %d, and %q", line, status, stdout, stderr, exitFailed, want)
		}
		if got := f.Keys(); !slices.Equal(got, []string{"b", "c"}) || string(f.Lookup("c").GetValue()) != "😀😀\\ud800\ufffd" {
			t.Errorf("%s: there are %q, and c has %q", line, got, f.Lookup("c").GetValue())
		}
	}
	check(t, serve(t, newService()), []step{
		{args: "import --output json", input: "x\n{\"key\":\"a\",\"value\":\"\"}\n", status: 1, stdout: `{"imported":1,"failed":1}` + "\n", stderr: `"status":1,"line":1}`},
		{args: "import", stdout: "imported 0, failed 0\n"},
		{args: "import /nonexistent", status: 2, stderr: "/nonexistent"},
		{args: "import --quote", status: 2, stderr: "--quote"},
	})
}

// TestImport_unreachable: without a server nothing further is tried.
func TestImport_unreachable(t *testing.T) {
	check(t, nobody, []step{{args: "import --timeout 100ms", input: "x\n", status: 3, stderr: "refused"}})
	f := newService()
	f.Faults = func(o *raftkvpb.Operation) inprocess.Fault {
		if string(o.GetPut().GetKey()) == "end" {
			return inprocess.Lose
		}
		return inprocess.None
	}
	check(t, serve(t, f), []step{{
		args: "import --timeout 1s", input: `{"key":"end","value":"1"}` + "\n" + `{"key":"end","value":"2"}` + "\n" + `{"key":"z","value":""}` + "\n",
		status: 3, stdout: "imported 0, failed 1\n", stderr: "kv: line 1: ",
	}})
	if f.Lookup("z") != nil {
		t.Error("a line after the one without an answer was written")
	}
}

// TestImport_input: an input that cannot be read any further is an error of its line.
func TestImport_input(t *testing.T) {
	var stdout, stderr strings.Builder
	input := io.MultiReader(strings.NewReader(`{"key":"a","value":""}`+"\n"), iotest.ErrReader(errors.New("torn")))
	if status := run([]string{"import", serve(t, newService())}, input, &stdout, &stderr); status != exitFailed || !strings.Contains(stderr.String(), "line 2: torn") || stdout.String() != "imported 1, failed 1\n" {
		t.Errorf("status %d, printed %q and %q", status, &stdout, &stderr)
	}
}

func TestReadLine(t *testing.T) {
	long := strings.Repeat("x", maxImportLine+1)
	input := bufio.NewReader(strings.NewReader("a\n\n" + long + "\n" + long[:100_000] + "\n" + long))
	for i, want := range []struct {
		length int
		err    error
	}{{1, nil}, {0, nil}, {0, errLongLine}, {100_000, nil}, {0, errLongLine}, {0, io.EOF}} {
		if line, err := readLine(input); len(line) != want.length || err != want.err {
			t.Errorf("line %d has %d bytes, %v; want %d, %v", i+1, len(line), err, want.length, want.err)
		}
	}
}

// TestImport_terminal: a terminal sees the errors, and in the end the summary alone.
func TestImport_terminal(t *testing.T) {
	keyboard, screen := terminals(t)
	command := program(t, nil, "import", serve(t, newService()))
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(`{"key":"a","value":""}`+"\nx\n"), screen, screen
	shown := show(t, command, keyboard, screen)
	if !strings.Contains(shown, "\r\x1b[Kimported 1, failed 1\n") || !strings.Contains(shown, "kv: line 2: ") || !strings.Contains(shown, "\r\x1b[Kimported 1\r\x1b[K") {
		t.Errorf("shown is %q", shown)
	}
}

func TestMeter(t *testing.T) {
	start := time.Unix(1000, 0)
	m := &meter{total: 400, bytes: 100, start: start}
	if got, want := m.line(30, start.Add(2*time.Second)), "imported 30, 25%, 15 a second"; got != want {
		t.Errorf("%q; want %q", got, want)
	}
	m.total = 0
	if got, want := m.line(30, start), "imported 30"; got != want {
		t.Errorf("%q; want %q", got, want)
	}
}

// TestEncode: what is printed is ASCII where a terminal would not print it, and means the same.
func TestEncode(t *testing.T) {
	for _, text := range append([]string{"\x00", "\U000e0001", "\u2028", "<&>"}, odd...) {
		line := object{}.bytes("key", []byte(text)).line()
		if !printable(line, "\n") {
			t.Errorf("%q is written as %q", text, line)
		}
		var p pairLine
		if err := json.Unmarshal(line, &p); err != nil {
			t.Fatalf("%q is written as %s: %v", text, line, err)
		}
		got := string(p.KeyBase64)
		if p.Key != nil {
			got = *p.Key
		}
		if got != text {
			t.Errorf("%q is written as %s, which is read as %q", text, line, got)
		}
	}
}
