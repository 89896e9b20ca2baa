package token

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	longest := strings.Repeat("x", maxLength)
	for text, want := range map[string]string{
		"s": "s", "secret\n": "secret", "secret\r\n": "secret", "secret\n\n": "secret", "a b~!": "a b~!", longest + "\r\n": longest,
	} {
		if got, err := Parse(text); got != want || err != nil {
			t.Errorf("Parse(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	for text, says := range map[string]string{
		"": "is empty", "\n": "is empty", " secret": "blank", "secret ": "blank", "secret \n": "blank",
		"sec\nret": "byte 4 of the token is 0x0a", "sec\tret": "0x09", "secret\x00": "byte 7 of the token is 0x00",
		"secr\xc3\xa9t": "0xc3", "secret\x7f": "0x7f", longest + "x": "more than 4096 bytes",
	} {
		if got, err := Parse(text); got != "" || err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "sec") {
			t.Errorf("Parse(%q) = %q, %v; want an error that says %q, and nothing of the token", text, got, err, says)
		}
	}
}

func TestReadFile(t *testing.T) {
	folder := t.TempDir()
	write := func(name, content string) string {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for content, want := range map[string][]string{"secret\n": {"secret"}, "secret": {"secret"}, "a\r\n\n\nb\n": {"a", "b"}} {
		if got, err := ReadFile(write("good", content)); !slices.Equal(got, want) || err != nil {
			t.Errorf("a file with %q: %q, %v; want %q", content, got, err, want)
		}
	}
	for content, says := range map[string]string{
		"": "has no token", "\r\n\n": "has no token", "s3cret\n x\n": "line 2: the token begins or ends with a blank", "s3cret\x00": "line 1: byte 7 of the token is 0x00",
		strings.Repeat("s3cret\n", maxFile/7+1): "is longer than",
	} {
		file := write("bad", content)
		if got, err := ReadFile(file); got != nil || err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("a file with %.20q: %q, %v; want an error that names the file, says %q, and nothing of a token", content, got, err, says)
		}
	}
	for _, file := range []string{"/dev/zero", folder, filepath.Join(folder, "none")} {
		if got, err := ReadFile(file); got != nil || err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("ReadFile(%s) = %q, %v; want an error that names the file", file, got, err)
		}
	}
}
