package gossipkv

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func anyVersion(t *rapid.T) Version {
	return Version{
		Time:        rapid.OneOf(rapid.Uint64Range(1, 5), rapid.Uint64Min(1)).Draw(t, "time"),
		Server:      rapid.Uint32Range(1, 3).Draw(t, "server"),
		Incarnation: rapid.OneOf(rapid.Uint64Range(0, 2), rapid.Uint64()).Draw(t, "incarnation"),
	}
}

// anySeen is what a session has met, in any order, with keys that were forgotten among it.
var anySeen = rapid.Custom(func(t *rapid.T) *Seen {
	seen := new(Seen)
	for range rapid.IntRange(0, 8).Draw(t, "keys") {
		key := rapid.SliceOfN(rapid.Byte(), 1, 4).Draw(t, "key")
		seen.Note(key, anyVersion(t))
		if rapid.IntRange(0, 9).Draw(t, "forget") == 0 {
			seen.Forget(key)
		}
	}
	return seen
})

func (s *Seen) equal(other *Seen) bool {
	return fmt.Sprint(s.time, s.versions) == fmt.Sprint(other.time, other.versions)
}

// TestSeen_text: a text says all that was seen, is the only one for it, and has no character that would not travel.
func TestSeen_text(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seen := anySeen.Draw(t, "seen")
		text := seen.String()
		if strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") != "" {
			t.Fatalf("%q has characters that do not travel", text)
		}
		parsed, err := ParseSeen(" " + text + "\n")
		if err != nil || !parsed.equal(seen) {
			t.Fatalf("%s says %+v, %v; want %+v", text, parsed, err, seen)
		}
	})
}

// TestSeen_damage: whatever single character of a text is another one, or missing, and wherever it is cut off, it is refused.
func TestSeen_damage(t *testing.T) {
	var seen Seen
	seen.Note([]byte("color"), Version{Time: 300, Server: 2, Incarnation: 1 << 60})
	seen.Note([]byte("x"), Version{Time: 1, Server: 1})
	text := seen.String()
	for i := range len(text) {
		for _, other := range []byte("ABaz09-_. \n+=") {
			changed := text[:i] + string(other) + text[i+1:]
			if _, err := ParseSeen(changed); err == nil && strings.TrimSpace(changed) != text {
				t.Errorf("%s instead of %s was taken", changed, text)
			}
		}
		if _, err := ParseSeen(text[:i]); err == nil {
			t.Errorf("%s, which is cut off, was taken", text[:i])
		}
		if _, err := ParseSeen(text[:i] + text[i+1:]); err == nil {
			t.Errorf("%s without its character %d was taken", text, i)
		}
	}
}

// TestSeen_refused: what is no text of a session is refused for what it is.
func TestSeen_refused(t *testing.T) {
	for text, want := range map[string]string{
		"":                      `"" is no text of what a session has seen: it does not begin with "g1."`,
		"Bearer x":              "is no text of",
		strings.Repeat("x", 99): "(99 bytes) is no text of",
		"g2.AAAA":               "has the form g2, which this program does not know",
		"g1.":                   "damaged: it is too short",
		"g1.AAAA*":              "damaged: illegal base64 data at input byte 4",
		"g1.AAAAAAAAAA":         "damaged: its checksum does not fit",
		sealed(""):              "it breaks off",
		sealed("\x00\x00"):      "it breaks off",
		sealed("\x00\x00\x00x"): "1 bytes follow on its end",
		sealed("\x05\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01x\x01\x00"):         `the version of the key "x" is none`, // no such origin
		sealed("\x05\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01x\x00\x05"):         `the version of the key "x" is none`, // time 0
		sealed("\x05\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x01\xff\xff\x03x\x00\x05"): "it breaks off",                      // a key that is longer than all
		sealed("\x05\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"):                      "not in its only form",               // an origin of no key
		sealed("\x85\x00\x00\x00"):                         "not in its only form", // a number that could be shorter
		sealed("\x05\xff\xff\xff\xff\xff\xff\xff\xff\x7f"): "it breaks off",        // so many origins
	} {
		if seen, err := ParseSeen(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v; want an error that says %q", text, seen, err, want)
		}
	}
}

// TestSeen_merge: what two have seen does not depend on who is merged into whom, nor on how often.
func TestSeen_merge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anySeen.Draw(t, "a"), anySeen.Draw(t, "b")
		ab, ba := new(Seen), new(Seen)
		for _, s := range []*Seen{a, b, a} {
			ab.Merge(s)
		}
		for _, s := range []*Seen{b, a} {
			ba.Merge(s)
		}
		if !ab.equal(ba) || ab.Time() != max(a.Time(), b.Time()) {
			t.Fatalf("%+v and %+v", ab, ba)
		}
		for _, s := range []*Seen{a, b} {
			for key, version := range s.versions {
				if ab.Version([]byte(key)).Compare(version) < 0 {
					t.Fatalf("%q has %v after %v was merged in", key, ab.Version([]byte(key)), version)
				}
			}
		}
	})
}

// TestSeen_few: what is handed on of some keys has the time of all; what is forgotten leaves its time.
func TestSeen_few(t *testing.T) {
	var seen Seen
	one, two := Version{Time: 1, Server: 1}, Version{Time: 2, Server: 1}
	seen.Note([]byte("x"), one)
	seen.Note([]byte("y"), two)
	few := seen.Of([]byte("x"), []byte("nobody"))
	if few.Len() != 1 || few.Time() != 2 || few.Version([]byte("x")) != one {
		t.Errorf("of x there is %+v", few)
	}
	seen.Forget([]byte("y"))
	if seen.Len() != 1 || seen.Time() != 2 || !seen.Version([]byte("y")).IsZero() {
		t.Errorf("without y there is %+v", &seen)
	}
	seen.Note([]byte("x"), Version{})
	seen.Note([]byte("x"), Version{Time: 1})
	if seen.Version([]byte("x")) != one {
		t.Errorf("after older versions x has %v", seen.Version([]byte("x")))
	}
}

// TestSeen_length: what fits into a header is as much as String says.
func TestSeen_length(t *testing.T) {
	var seen Seen
	for i := range 300 {
		seen.Note(fmt.Appendf(nil, "key/%012d", i), Version{Time: uint64(1e6 + i), Server: 1, Incarnation: 1 << 63})
	}
	if n := len(seen.String()); n > 8<<10 {
		t.Errorf("300 keys of 16 bytes make a text of %d bytes", n)
	}
}

// TestSeen_json: it is a text wherever texts are marshalled, and what is wrong changes nothing.
func TestSeen_json(t *testing.T) {
	var seen, read Seen
	seen.Note([]byte("x"), Version{Time: 7, Server: 1})
	data, err := json.Marshal(map[string]*Seen{"seen": &seen})
	if err != nil || string(data) != fmt.Sprintf(`{"seen":%q}`, seen.String()) {
		t.Fatalf("%s, %v", data, err)
	}
	if err := json.Unmarshal([]byte(fmt.Sprintf("%q", seen.String())), &read); err != nil || !read.equal(&seen) {
		t.Errorf("%+v, %v", &read, err)
	}
	if err := json.Unmarshal([]byte(`"g1.AAAA"`), &read); err == nil || !read.equal(&seen) {
		t.Errorf("%+v, %v", &read, err)
	}
}

// TestVersion_Compare: the order is by time, then by server, then by incarnation.
func TestVersion_Compare(t *testing.T) {
	sorted := []Version{{}, {Time: 1, Server: 1}, {Time: 1, Server: 1, Incarnation: 1 << 63}, {Time: 1, Server: 2}, {Time: 2, Server: 1}, {Time: 1 << 63, Server: 1}}
	if !slices.IsSortedFunc(sorted, Version.Compare) {
		t.Errorf("%v is not in order", sorted)
	}
	rapid.Check(t, func(t *rapid.T) {
		v, w := anyVersion(t), anyVersion(t)
		if v.Compare(w) != -w.Compare(v) || (v.Compare(w) == 0) != (v == w) || VersionOf(v.Message()) != v {
			t.Fatalf("%v and %v", v, w)
		}
	})
}

// FuzzParseSeen: nothing that is taken has another form, and nothing crashes.
func FuzzParseSeen(f *testing.F) {
	var seen Seen
	f.Add(seen.String())
	seen.Note([]byte("x"), Version{Time: 7, Server: 1, Incarnation: 1})
	f.Add(seen.String())
	f.Add("g1.AAAA")
	f.Fuzz(func(t *testing.T, body string) {
		for _, text := range []string{body, sealed(body)} {
			if seen, err := ParseSeen(text); err == nil && seen.String() != strings.TrimSpace(text) {
				t.Errorf("%q was taken as %s", text, seen)
			}
		}
	})
}

// sealed returns the text of any body, with its right checksum.
func sealed(body string) string {
	data := binary.BigEndian.AppendUint32([]byte(body), crc32.ChecksumIEEE([]byte(body)))
	return textPrefix + base64.RawURLEncoding.EncodeToString(data)
}
