package compat

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// newSeed returns the seed of a random test: that of COMPAT_SEED, or a new one. A failure says how to
// repeat it.
func newSeed(t *testing.T) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("COMPAT_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("COMPAT_SEED: %v", err)
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("to repeat this run: COMPAT_SEED=%d go test ./compat -count=1 -run '^%s$'", seed, t.Name())
		}
	})
	return seed
}

// The keys of most random calls: few, so that they are overwritten often, and such that a server which
// cuts, normalizes or re-encodes keys takes one for another.
var keys = []string{
	"", "A", "a", "A ", "two words", "ключ", "鍵", "🔑",
	"\u00e9", "e\u0301", // two ways to write é, which are two keys
	"nul\x00", "nul", strings.Repeat("k", 1023), strings.Repeat("k", 1024),
}

// Values at which a total overflows, alone or together.
var extremes = []int64{
	math.MaxInt64, math.MaxInt64 - 1, math.MaxInt64 / 2, math.MinInt64, math.MinInt64 + 1, math.MinInt64 / 2,
}

// randomCalls returns n calls that the seed determines. What is interesting happens often in them: see
// TestDifferential, which counts.
func randomCalls(seed uint64, n int) []call {
	rng := rand.New(rand.NewPCG(seed, 0))
	calls := make([]call, n)
	for i := range calls {
		calls[i] = call{Call: "Fact", Key: randomKey(rng)}
		if rng.IntN(2) == 0 {
			calls[i].Call, calls[i].Value = "SetNum", randomValue(rng)
		}
	}
	return calls
}

// randomKey returns one key in eight from so many that it is missing more often than not.
func randomKey(rng *rand.Rand) string {
	if rng.IntN(8) == 0 {
		return fmt.Sprintf("key %d", rng.IntN(3000))
	}
	return keys[rng.IntN(len(keys))]
}

// randomValue returns mostly what has a factorial: 21 numbers, about twice what the cache holds.
func randomValue(rng *rand.Rand) int64 {
	switch n := rng.IntN(10); {
	case n < 7:
		return rng.Int64N(24) - 1
	case n < 8:
		return -rng.Int64N(1000)
	case n < 9:
		return extremes[rng.IntN(len(extremes))]
	default:
		return int64(rng.Uint64()) >> rng.IntN(64) // of any length on the wire
	}
}

// model is a third server, as plain as it can be, whose rules can be broken: see TestDifferential.
type model struct {
	entries        int  // of the cache
	firstInOut     bool // wrong: a hit is no use
	byKey          bool // wrong: the cache tells keys apart
	remembersError bool // wrong: what has no factorial enters the cache
	keepsRefused   bool // wrong: a refused SetNum sets the key all the same

	values map[string]int64
	cache  []string // least recently used first
}

func (m model) answer(calls []call) []answer {
	m.values = make(map[string]int64)
	answers := make([]answer, len(calls))
	for i, call := range calls {
		if call.Call == "SetNum" {
			answers[i] = m.setNum(call.Key, call.Value)
		} else {
			answers[i] = m.fact(call.Key)
		}
	}
	return answers
}

// setNum adds up all values, in exact arithmetic.
func (m *model) setNum(key string, value int64) answer {
	total := big.NewInt(value)
	for other, value := range m.values {
		if other != key {
			total.Add(total, big.NewInt(value))
		}
	}
	if total.IsInt64() || m.keepsRefused {
		m.values[key] = value
	}
	if !total.IsInt64() {
		return answer{"code": "OUT_OF_RANGE", "message": "too much"}
	}
	return answer{"total": json.Number(total.String())}
}

func (m *model) fact(key string) answer {
	n, exists := m.values[key]
	if !exists || n < 0 || n > 20 {
		if exists && m.remembersError {
			m.use(strconv.FormatInt(n, 10))
		}
		return answer{"value": json.Number("0"), "hit": false, "error": "none"}
	}
	entry := strconv.FormatInt(n, 10)
	if m.byKey {
		entry += key
	}
	factorial := new(big.Int).MulRange(1, n)
	return answer{"value": json.Number(factorial.String()), "hit": m.use(entry), "error": ""}
}

// use notes that an entry of the cache is used, and says whether it was there.
func (m *model) use(entry string) (hit bool) {
	at := slices.Index(m.cache, entry)
	if at >= 0 && m.firstInOut {
		return true
	}
	if at >= 0 {
		m.cache = slices.Delete(m.cache, at, at+1)
	}
	m.cache = append(m.cache, entry)
	if len(m.cache) > m.entries {
		m.cache = m.cache[1:]
	}
	return at >= 0
}
