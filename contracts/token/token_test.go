package token

import (
	"os"
	"path/filepath"
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
	if got, err := ReadFile(write("good", "secret\n")); got != "secret" || err != nil {
		t.Errorf("%q, %v; want the token", got, err)
	}
	for _, file := range []string{write("empty", ""), write("binary", "secret\x00"), "/dev/zero", folder, filepath.Join(folder, "none")} {
		if got, err := ReadFile(file); got != "" || err == nil || !strings.Contains(err.Error(), file) || strings.Contains(err.Error(), "secret") {
			t.Errorf("ReadFile(%s) = %q, %v; want an error that names the file, and nothing that is in it", file, got, err)
		}
	}
}
