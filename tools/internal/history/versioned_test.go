package history

import (
	"strings"
	"testing"
)

func TestVersioned(t *testing.T) {
	for _, v := range []Versioned{
		{}, {Version: 1<<64 - 1}, {Version: 7, Exists: true}, {Exists: true, Value: "none"}, {Version: 7, Exists: true, Value: "a \"b\"\n\x00\xff ü"},
	} {
		if got, err := ParseVersioned(v.String()); err != nil || got != v {
			t.Errorf("%s is read as %+v, %v; want %+v", v, got, err, v)
		}
	}
	for _, text := range []string{"", "7", "none", "7 x", `-1 "x"`, `"x"`, `7 "x" `, "7  none"} {
		if v, err := ParseVersioned(text); err == nil || !strings.Contains(err.Error(), "0 none") {
			t.Errorf("%q is read as %+v, %v; want an error that shows the form", text, v, err)
		}
	}
}
