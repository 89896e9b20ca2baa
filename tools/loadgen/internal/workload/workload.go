// Package workload decides what a load generator sends: which call, on which key, with which value. It
// is pure: the same seed gives the same calls.
package workload

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Call is one request to be sent: a SetNum of Value to Key, or a Fact of Key.
type Call struct {
	SetNum bool
	Key    string
	Value  int64
}

// Config describes a workload. Its tags make flags of it.
type Config struct {
	Keys   int    `default:"100" placeholder:"N" help:"Number of keys (default ${default})."`
	Mix    Mix    `default:"set=50,fact=50" placeholder:"MIX" help:"Share of each call in per cent; the two add up to 100 (default ${default})."`
	Values Range  `default:"1..15" placeholder:"A..B" help:"Values that SetNum sends, all equally likely (default ${default})."`
	Seed   uint64 `placeholder:"N" help:"Makes the choices of each worker repeatable (default: another seed each time)."`

	// Not flags of every command.
	Distribution Distribution `kong:"-"` // of keys
	Skew         float64      `kong:"-"` // of Zipf
	Prefix       string       `kong:"-"` // of the keys' names; "key" if empty
}

// Check says what is wrong with the first setting that cannot be used.
func (c *Config) Check() error {
	return c.checkKeys()
}

// Source is the sequence of calls of one worker. It is not for concurrent use.
type Source struct {
	config *Config
	keys   *Keys
	random *rand.Rand
}

// Source returns the function that makes the Source of each worker.
func (c Config) Source() func(worker int) *Source {
	seed, prefix := c.Seed, c.Prefix
	if seed == 0 {
		seed = rand.Uint64()
	}
	if prefix == "" {
		prefix = "key"
	}
	keys := NewKeys(prefix, c.Keys, c.Distribution, c.Skew)
	return func(worker int) *Source {
		return &Source{config: &c, keys: keys, random: rand.New(rand.NewPCG(seed, uint64(worker)))}
	}
}

// Next returns the next call.
func (s *Source) Next() Call {
	call := Call{
		SetNum: s.random.IntN(100) < s.config.Mix.Set,
		Key:    s.keys.Pick(s.random),
	}
	if call.SetNum {
		call.Value = s.config.Values.pick(s.random)
	}
	return call
}

// Mix is the share of SetNum in per cent; the rest are Facts.
type Mix struct{ Set int }

// String returns what UnmarshalText reads.
func (m Mix) String() string {
	return fmt.Sprintf("set=%d,fact=%d", m.Set, 100-m.Set)
}

// UnmarshalText reads "set=50,fact=50".
func (m *Mix) UnmarshalText(text []byte) error {
	shares := map[string]int{"set": 0, "fact": 0}
	sum := 0
	for part := range strings.SplitSeq(string(text), ",") {
		name, percent, _ := strings.Cut(part, "=")
		share, err := strconv.Atoi(percent)
		if _, known := shares[name]; !known || err != nil || share < 0 {
			return fmt.Errorf("%q is not a share; a mix looks like set=50,fact=50", part)
		}
		shares[name] = share
		sum += share
	}
	if sum != 100 {
		return fmt.Errorf("the shares in %q add up to %d; they must add up to 100", text, sum)
	}
	m.Set = shares["set"]
	return nil
}

// Range is the values from First to Last, both included.
type Range struct{ First, Last int64 }

// String returns what UnmarshalText reads.
func (r Range) String() string {
	return fmt.Sprintf("%d..%d", r.First, r.Last)
}

// UnmarshalText reads "1..15", or one value alone.
func (r *Range) UnmarshalText(text []byte) error {
	first, last, isRange := strings.Cut(string(text), "..")
	if !isRange {
		last = first
	}
	var errFirst, errLast error
	r.First, errFirst = strconv.ParseInt(first, 10, 64)
	r.Last, errLast = strconv.ParseInt(last, 10, 64)
	if errFirst != nil || errLast != nil || r.First > r.Last {
		return fmt.Errorf("%q is not a range of int64; it looks like 1..15, the smaller number first", text)
	}
	return nil
}

func (r Range) pick(random *rand.Rand) int64 {
	size := uint64(r.Last) - uint64(r.First) + 1
	if size == 0 { // every int64
		return int64(random.Uint64())
	}
	return int64(uint64(r.First) + random.Uint64N(size))
}
