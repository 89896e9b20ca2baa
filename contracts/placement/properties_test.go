package placement

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// maxRing is the number of shards up to which the properties look at rings.
const maxRing = 64

// rings are made once for all that is drawn.
var rings [maxRing + 2]struct {
	sync.Once
	find Func
}

func ringOf(t interface{ Fatal(...any) }, shards int) Func {
	ring := &rings[shards]
	ring.Do(func() { ring.find = mustNew(t, Ring, shards) })
	return ring.find
}

// anyKey draws keys in which tags, and what is nearly one, are frequent.
var anyKey = rapid.Custom(func(t *rapid.T) []byte {
	pieces := rapid.SliceOfN(rapid.OneOf(
		rapid.SampledFrom([][]byte{[]byte("{"), []byte("}"), []byte("{}"), []byte("-"), []byte("17"), []byte("0")}),
		rapid.SliceOfN(rapid.Byte(), 0, 6),
	), 0, 8).Draw(t, "pieces")
	return bytes.Join(pieces, nil)
})

// TestTag_related: keys with one tag are on one shard, whatever stands around it, under each rule.
func TestTag_related(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shards := rapid.IntRange(1, maxRing).Draw(t, "shards")
		without := func(cut, label string) []byte {
			return bytes.ReplaceAll(anyKey.Draw(t, label), []byte(cut), nil)
		}
		tag := append(without("}", "tag"), rapid.SampledFrom([]byte("0123456789ab{")).Draw(t, "last")) // so never empty
		one := fmt.Appendf(nil, "%s{%s}%s", without("{", "before"), tag, anyKey.Draw(t, "after"))
		other := fmt.Appendf(nil, "%s{%s}%s", without("{", "before the other"), tag, anyKey.Draw(t, "after the other"))
		if got := Tag(one); !bytes.Equal(got, tag) {
			t.Fatalf("the tag of %q is %q; want %q", one, got, tag)
		}
		for _, find := range []Func{mustNew(t, Hash, shards), mustNew(t, Numeric, shards), ringOf(t, shards)} {
			want, wantErr := find(tag) // it has no } and so no tag but itself
			for _, key := range [][]byte{one, other} {
				if got, err := find(key); got != want || (err == nil) != (wantErr == nil) {
					t.Errorf("%q is on %d, %v, and its tag %q on %d, %v", key, got, err, tag, want, wantErr)
				}
			}
		}
	})
}

// TestNumeric_modulo: it is what arithmetic with integers of any length says.
func TestNumeric_modulo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shards := rapid.IntRange(2, MaxShards).Draw(t, "shards")
		key := rapid.StringMatching(`[+-]?0{0,3}[0-9]{1,60}`).Draw(t, "key")
		integer, ok := new(big.Int).SetString(key, 10)
		if !ok {
			t.Fatalf("%s is no integer", key)
		}
		want := new(big.Int).Mod(integer, big.NewInt(int64(shards))) // Euclid's: never negative
		if got, err := mustNew(t, Numeric, shards)([]byte(key)); err != nil || uint64(got) != want.Uint64() {
			t.Errorf("%s modulo %d is %d, %v; want %v", key, shards, got, err, want)
		}
	})
}

// TestRing_growth: a key that has another shard in a cluster of one shard more is on the new one.
func TestRing_growth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shards, key := rapid.IntRange(1, maxRing).Draw(t, "shards"), anyKey.Draw(t, "key")
		before, _ := ringOf(t, shards)(key)
		after, _ := ringOf(t, shards+1)(key)
		if after != before && int(after) != shards {
			t.Errorf("%q moved from %d to %d when shard %d was added", key, before, after, shards)
		}
	})
}

// TestRing_naive: the ring finds what a look at all its points finds, with keys that lie on points among others.
func TestRing_naive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shards := rapid.IntRange(2, maxRing).Draw(t, "shards")
		key := rapid.OneOf(anyKey, rapid.Custom(func(t *rapid.T) []byte {
			return fmt.Appendf(nil, "shard-%d/point-%d", rapid.IntRange(0, maxRing).Draw(t, "shard"), rapid.IntRange(0, PointsPerShard).Draw(t, "point"))
		})).Draw(t, "key")
		if got, err := ringOf(t, shards)(key); err != nil || got != naive(key, shards) {
			t.Errorf("%q on a ring of %d is on %d, %v; want %d", key, shards, got, err, naive(key, shards))
		}
	})
}

// naive is the contract's sentence on rings, word by word: of all points, the nearest above, and of those the lowest shard's.
func naive(key []byte, shards int) (nearest Shard) {
	least := uint64(math.MaxUint64)
	for shard := range shards {
		for i := range PointsPerShard {
			point := position(fmt.Appendf(nil, "shard-%d/point-%d", shard, i))
			if distance := uint64(point - position(Tag(key))); distance < least { // around the ring, as uint32 wraps
				nearest, least = Shard(shard), distance
			}
		}
	}
	return nearest
}

// TestSpread: keys as people choose them are spread over all shards, none of which has half as many again as it should,
// or half of them only; and a new shard on the ring takes its share, of which TestRing_growth says that nothing else moves.
func TestSpread(t *testing.T) {
	const keys = 400 // for each shard
	rapid.Check(t, func(t *rapid.T) {
		shards := rapid.IntRange(2, maxRing/2).Draw(t, "shards")
		form := rapid.SampledFrom([]string{"%d", "user:%d", "user:{%d}:name", "%08d", "%x", "session-%d/%[1]d", "\x00%04x\xff"}).Draw(t, "form")
		first := rapid.IntRange(0, 100_000).Draw(t, "first")
		for _, rule := range []struct {
			Rule
			find Func
		}{{Hash, mustNew(t, Hash, shards)}, {Ring, ringOf(t, shards)}} {
			counts, moved := make([]int, shards), 0
			for i := range keys * shards {
				key := fmt.Appendf(nil, form, first+i)
				shard, err := rule.find(key)
				if err != nil {
					t.Fatal(err)
				}
				counts[shard]++
				if grown, _ := ringOf(t, shards+1)(key); rule.Rule == Ring && grown != shard {
					moved++
				}
			}
			for shard, count := range counts {
				if count < keys/2 || count > keys*3/2 {
					t.Errorf("%s: shard %d of %d has %d of the keys %q from %d; want about %d", rule.Rule, shard, shards, count, form, first, keys)
				}
			}
			if share := keys * shards / (shards + 1); rule.Rule == Ring && (moved < share/2 || moved > share*3/2) {
				t.Errorf("the shard that came to %d took %d of the keys %q from %d; want about %d", shards, moved, form, first, share)
			}
		}
	})
}

// FuzzFunc: every key has a shard, or is refused by Numeric alone; it is a shard that there is, and the same where the
// key is another one's tag.
func FuzzFunc(f *testing.F) {
	for _, key := range []string{"", "0", "-1", "+0", "{7}", "a{-17}b", "{}", "{}{7}", "{{7}}", "}{", "18446744073709551616", "shard-3/point-17", "\xff{\x00}"} {
		f.Add([]byte(key), uint8(3))
		f.Add([]byte(key), uint8(0))
	}
	f.Fuzz(func(t *testing.T, key []byte, more uint8) {
		shards, before := 1+int(more)%maxRing, bytes.Clone(key)
		for rule, find := range map[Rule]Func{Hash: mustNew(t, Hash, shards), Numeric: mustNew(t, Numeric, shards), Ring: ringOf(t, shards)} {
			shard, err := find(key)
			if int(shard) >= shards || err != nil && (rule != Numeric || shards == 1) {
				t.Errorf("%s: %q is on %d of %d, %v", rule, key, shard, shards, err)
			}
			if len(key) == 0 || bytes.ContainsAny(key, "{}") {
				continue
			}
			if again, errAgain := find(fmt.Appendf(nil, "{%s}", key)); again != shard || (err == nil) != (errAgain == nil) {
				t.Errorf("%s: %q is on %d, %v, but as a tag on %d, %v", rule, key, shard, err, again, errAgain)
			}
		}
		if !bytes.Equal(key, before) {
			t.Errorf("%q became %q", before, key)
		}
	})
}
