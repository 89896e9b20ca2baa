package history

import (
	"slices"
	"testing"
)

func TestStamped(t *testing.T) {
	for text, want := range map[string]Stamped{
		`12@3#00000000000000a5 "a \"b\" \xff"`: {Version: Version{12, 3, 0xa5}, Exists: true, Value: "a \"b\" \xff"},
		`1@1#ffffffffffffffff ""`:              {Version: Version{1, 1, 1<<64 - 1}, Exists: true},
		`7@2#0000000000000000 none`:            {Version: Version{7, 2, 0}},
		`- none`:                               {},
	} {
		got, err := ParseStamped(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("%s: %+v, %v, which is written %s; want %+v", text, got, err, got, want)
		}
	}
	for _, text := range []string{
		"", "-", "- ", `- "x"`, "12 none", "12@3 none", "12@3# none", "0@3#00 none", "12@0#00 none", "12@4294967296#00 none", "-1@3#00 none", "12@3#g none",
		`12@3#00`, `12@3#00 x`, `12@3#00 "x`, "12@3#11112222333344445 none",
	} {
		if got, err := ParseStamped(text); err == nil {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}

func TestVersion_order(t *testing.T) {
	want := []Version{{}, {1, 1, 5}, {1, 1, 6}, {1, 2, 0}, {2, 1, 0}}
	got := slices.Clone(want)
	slices.Reverse(got)
	if slices.SortFunc(got, Version.Compare); !slices.Equal(got, want) {
		t.Errorf("sorted: %v; want %v", got, want)
	}
}
