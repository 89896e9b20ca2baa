package statuspage

import (
	"strings"
	"testing"
)

// TestText: what others say is cut short, and shows whatever is in it.
func TestText(t *testing.T) {
	for said, want := range map[string]string{
		"":                            "",
		"Größe 5 <b>":                 "Größe 5 <b>",
		"a\nb\x00\x1b[2J":             "a\ufffdb\ufffd\ufffd[2J",
		"\u202egnp.exe":               "\ufffdgnp.exe",
		"\xff\xfe":                    "\ufffd\ufffd",
		strings.Repeat("é", 300):      strings.Repeat("é", 300),
		strings.Repeat("é", 1_000_00): strings.Repeat("é", 300) + " …",
	} {
		if got := Text(said); got != want {
			t.Errorf("%.20q is shown as %.50q; want %.50q", said, got, want)
		}
	}
}
