package main

import (
	"bytes"
	"testing"
)

func TestParse(t *testing.T) {
	for line, want := range map[string]string{
		"PUT k v":           "PUT|k|v",
		"PUT k ":            "PUT|k|",
		"PUT k a b  c ":     "PUT|k|a b  c ",
		"PUT k  v":          "PUT|k|v",
		"PUT  k   ":         "PUT|k|",
		"SWAP   k  v w  ":   "SWAP|k|v w  ",
		"GET   a":           "GET|a|",
		"GET k ":            "GET|k|",
		"DELETE  k  ":       "DELETE|k|",
		"SCAN   a  b  ":     "SCAN|a|b",
		"STOP ":             "STOP||",
		"GET \u00a0k\u00a0": "GET|\u00a0k\u00a0|",
		"SWAP k v":          "SWAP|k|v",
		"GET k":             "GET|k|",
		"DELETE \x00\xff":   "DELETE|\x00\xff|",
		"SCAN a b":          "SCAN|a|b",
		"STOP":              "STOP||",
		"PUT k \rv":         "PUT|k|\rv",
	} {
		r, err := parse([]byte(line))
		if got := r.verb + "|" + string(r.key) + "|" + string(r.value); got != want || err != nil {
			t.Errorf("parse(%q) = %s, %v; want %s", line, got, err, want)
		}
	}
	for _, line := range []string{
		"", " ", "PUT", "PUT ", "PUT k", "PUT  v", "SWAP k", "GET", "GET ", "GET   ", "GET a b", " GET k", "DELETE", "DELETE a b",
		"SCAN", "SCAN a", "SCAN a ", "SCAN  b", "SCAN a b c", "STOP now", "STOP  now", "get k", "stop", "HELLO", "\x00", "GET\tk",
	} {
		if r, err := parse([]byte(line)); err == nil {
			t.Errorf("parse(%q) = %+v; want an error", line, r)
		}
	}
}

func TestAnswers(t *testing.T) {
	put := request{verb: "PUT", key: []byte("k"), value: []byte("v")}
	for _, test := range []struct {
		outcome []byte
		want    string
	}{
		{existence(true), "PUT k found"}, {existence(false), "PUT k not_found"},
		{orNull(true, []byte("a b")), "PUT k a b"}, {orNull(true, nil), "PUT k "}, {orNull(false, []byte("x")), "PUT k null"},
	} {
		if got, err := answered(put, test.outcome); string(got) != test.want || err != nil {
			t.Errorf("answered(%q) = %q, %v; want %q", test.outcome, got, err, test.want)
		}
	}
	if got, err := answered(put, []byte("two\nlines")); err == nil {
		t.Errorf("an answer with a line break: %q", got)
	}
	if got, err := listed([]byte("k"), []byte("a b")); string(got) != "  k a b" || err != nil {
		t.Errorf("listed = %q, %v", got, err)
	}
	for _, pair := range [][2]string{{"a b", "v"}, {"a\nb", "v"}, {"k", "v\n"}, {"k", "v\r"}} {
		if got, err := listed([]byte(pair[0]), []byte(pair[1])); err == nil {
			t.Errorf("listed(%q) = %q; want an error", pair, got)
		}
	}
}

// FuzzParse: what is parsed is the whole line, and keys have no blanks.
func FuzzParse(f *testing.F) {
	for _, line := range []string{"PUT k v", "SWAP k ", "GET k", "DELETE k", "SCAN a b", "STOP", "GET  ", "PUT"} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := parse(line)
		if err != nil {
			return
		}
		again := []byte(r.verb)
		if r.verb != "STOP" {
			again = append(append(again, ' '), r.key...)
		}
		if r.verb == "PUT" || r.verb == "SWAP" || r.verb == "SCAN" {
			again = append(append(again, ' '), r.value...)
		}
		if !bytes.Equal(again, line) || bytes.ContainsRune(r.key, ' ') || r.verb != "STOP" && len(r.key) == 0 {
			t.Errorf("parse(%q) = %+v", line, r)
		}
	})
}
