package placement

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// mustNew returns the function of a rule.
func mustNew(t interface{ Fatal(...any) }, rule Rule, shards int) Func {
	find, err := New(rule, shards)
	if err != nil {
		t.Fatal(err)
	}
	return find
}

func TestNew_refused(t *testing.T) {
	for _, test := range []struct {
		rule   Rule
		shards int
		named  []string // what the error tells
	}{
		{Hash, 0, []string{"0 shards", "from 1 to 4096"}},
		{Ring, -1, []string{"-1 shards", "from 1 to 4096"}},
		{Numeric, MaxShards + 1, []string{"4097 shards", "from 1 to 4096"}},
		{Hash, math.MaxInt, []string{"shards", "from 1 to 4096"}},
		{0, 3, []string{"number 0", "hash (1), numeric (2) and ring (3)"}},
		{0, 1, []string{"number 0"}},
		{4, 3, []string{"number 4", "as new as the cluster's"}},
	} {
		find, err := New(test.rule, test.shards)
		if find != nil || err == nil {
			t.Errorf("New(%d, %d) was not refused", test.rule, test.shards)
			continue
		}
		for _, named := range test.named {
			if !strings.Contains(err.Error(), named) {
				t.Errorf("New(%d, %d) says %q; want it to tell %q", test.rule, test.shards, err, named)
			}
		}
	}
}

func TestParse(t *testing.T) {
	for _, rule := range []Rule{Hash, Numeric, Ring} {
		if got, err := Parse(rule.String()); err != nil || got != rule {
			t.Errorf("Parse(%q) = %d, %v; want %d", rule, got, err, rule)
		}
	}
	for _, text := range []string{"", "HASH", " ring", "crc", "Rule(0)"} {
		if got, err := Parse(text); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", text)) || !strings.Contains(err.Error(), "hash, numeric or ring") {
			t.Errorf("Parse(%q) = %d, %v; want an error that names it, and what there is", text, got, err)
		}
	}
	if got := Rule(9).String(); got != "Rule(9)" {
		t.Errorf("an unknown rule is called %q", got)
	}
}

// TestNumeric_refused: whoever chose the key learns which one, and what to do, in a line.
func TestNumeric_refused(t *testing.T) {
	find := mustNew(t, Numeric, 3)
	for key, named := range map[string]string{
		"":                         `key ""`,
		"seven":                    `key "seven"`,
		"{seven}7":                 `key "{seven}7"`,
		"7\n":                      `key "7\n"`,
		"7\xff":                    `key "7\xff"`,
		strings.Repeat("x", 1024):  `xxx" (the beginning of 1024 bytes)`,
		strings.Repeat("{7", 1024): `(the beginning of 2048 bytes)`,
	} {
		_, err := find([]byte(key))
		if err == nil || !strings.Contains(err.Error(), named) || !strings.Contains(err.Error(), "as in 17, -4 or user:{17}") || len(err.Error()) > 250 {
			t.Errorf("%.40q: %v; want %s, and what a key must be", key, err, named)
		}
	}
	for _, key := range []string{"17", "-4", "user:{17}"} { // what the error recommends
		if _, err := find([]byte(key)); err != nil {
			t.Error(err)
		}
	}
}

// TestPosition: the contract gives this figure.
func TestPosition(t *testing.T) {
	if got := position([]byte("shard-0/point-0")); got != 2630221818 {
		t.Errorf("shard-0/point-0 is at %d; want 2630221818", got)
	}
}

// TestFunc_allocations: a key is placed at each call, and by many goroutines; it leaves nothing to collect.
func TestFunc_allocations(t *testing.T) {
	for rule := range names {
		find, key := mustNew(t, rule, 5), []byte("user:{17}:name")
		if allocations := testing.AllocsPerRun(100, func() { _, _ = find(key) }); allocations != 0 {
			t.Errorf("%s allocates %v times for a key; want never", rule, allocations)
		}
	}
}

func BenchmarkFunc(b *testing.B) {
	for _, rule := range []Rule{Hash, Numeric, Ring} {
		b.Run(rule.String(), func(b *testing.B) {
			find, key := mustNew(b, rule, 64), []byte("user:{1234567}:name")
			for b.Loop() {
				if _, err := find(key); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkNew_ring(b *testing.B) {
	for b.Loop() {
		mustNew(b, Ring, MaxShards)
	}
}
