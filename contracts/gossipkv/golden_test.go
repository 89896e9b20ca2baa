package gossipkv

import (
	"slices"
	"testing"

	"numstore.example/contracts/golden"
)

func readGolden(t *testing.T) golden.File {
	t.Helper()
	file, err := golden.Read("gossipkv")
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestGolden_versions: the golden versions are in order.
func TestGolden_versions(t *testing.T) {
	versions := readGolden(t).Versions
	for i := range versions {
		for j := range versions {
			if Version(versions[i]).Compare(Version(versions[j])) != max(-1, min(1, i-j)) {
				t.Errorf("%v compared with %v: %d", versions[i], versions[j], Version(versions[i]).Compare(Version(versions[j])))
			}
		}
	}
	if len(versions) < 10 {
		t.Errorf("there are %d versions", len(versions))
	}
}

// TestGolden_seen: what sessions have seen has the golden texts, whatever came first, and what is refused is refused.
func TestGolden_seen(t *testing.T) {
	taken, refused := 0, 0
	for _, golden := range readGolden(t).Seen {
		parsed, err := ParseSeen(golden.Text)
		if golden.Refused {
			refused++
			if err == nil {
				t.Errorf("%s: %s was taken as %+v", golden.Name, golden.Text, parsed)
			}
			continue
		}
		taken++
		seen := &Seen{time: golden.Time}
		for _, key := range golden.Keys {
			seen.Note(key.Key, Version(key.Version))
		}
		if err != nil || !parsed.equal(seen) {
			t.Errorf("%s: %s says %+v, %v; want %+v", golden.Name, golden.Text, parsed, err, seen)
		}
		slices.Reverse(golden.Keys)
		again := &Seen{time: golden.Time}
		for _, key := range golden.Keys {
			again.Note(key.Key, Version(key.Version))
		}
		if seen.String() != golden.Text || again.String() != golden.Text {
			t.Errorf("%s: the text is %s or %s; want %s", golden.Name, seen, again, golden.Text)
		}
	}
	if taken < 5 || refused < 15 {
		t.Errorf("%d texts were taken, %d refused; the golden file has more", taken, refused)
	}
}
