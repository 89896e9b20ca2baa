// Package workload decides what a load generator sends: which call, on which key, with which value. It
// is pure: the same seed gives the same calls.
package workload

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// Config describes a workload. Its tags make flags of it.
type Config struct {
	Keys   int    `default:"100" placeholder:"N" help:"Number of keys (default ${default})."`
	Mix    Mix    `placeholder:"MIX" help:"Share of each call in per cent, in all 100 (default: ${mixes})."`
	Values Range  `default:"1..15" placeholder:"A..B" help:"Values that SetNum sends, all equally likely (default ${default})."`
	Seed   uint64 `placeholder:"N" help:"Makes the choices of each worker repeatable (default: another seed each time)."`

	// Not flags of every command.
	Sizes        Range        `kong:"-"` // of values that are bytes, not negative
	Distribution Distribution `kong:"-"` // of keys
	Skew         float64      `kong:"-"` // of Zipf
	Prefix       string       `kong:"-"` // of the keys' names; "key" if empty

	inTurn bool // see Filling
}

// Check says what is wrong with the first setting that cannot be used. The usual mix names every call that
// there may be; it is taken if there is no other, and otherwise puts the calls of the mix into its order.
func (c *Config) Check(usual Mix) error {
	mix, err := c.Mix.within(usual)
	if err != nil {
		return err
	}
	c.Mix = mix
	return c.checkKeys()
}

// Filling is the workload that makes keys be there: one call alone, on each key in turn. As many calls as there are keys, whoever makes
// them, reach every key once.
func (c Config) Filling(call string) Config {
	c.Mix, c.inTurn = slices.Clone(c.Mix), true
	for i := range c.Mix {
		c.Mix[i].Percent = 0
		if c.Mix[i].Call == call {
			c.Mix[i].Percent = 100
		}
	}
	return c
}

// Source is the sequence of calls of one worker. It is not for concurrent use.
type Source struct {
	config *Config
	keys   *Keys
	noise  []byte
	random *rand.Rand
}

// offsets is how many different values of one size there are.
const offsets = 1 << 16

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
	keys.inTurn = c.inTurn
	noise := make([]byte, c.Sizes.Last+offsets)
	rand.NewChaCha8([32]byte{}).Read(noise)
	return func(worker int) *Source {
		return &Source{config: &c, keys: keys, noise: noise, random: rand.New(rand.NewPCG(seed, uint64(worker)))}
	}
}

// Next returns the next call, by its place in the mix, and its key.
func (s *Source) Next() (call int, key string) {
	percent := s.random.IntN(100)
	for percent >= s.config.Mix[call].Percent {
		percent -= s.config.Mix[call].Percent
		call++
	}
	return call, s.keys.Pick(s.random)
}

// Number returns a value that is a number.
func (s *Source) Number() int64 {
	return s.config.Values.pick(s.random)
}

// Bytes returns a value that is bytes: noise that no store can make smaller. It must not be changed.
func (s *Source) Bytes() []byte {
	size := s.config.Sizes.pick(s.random)
	return s.noise[s.random.IntN(offsets):][:size]
}

// Range is the values from First to Last, both included.
type Range struct{ First, Last int64 }

// String returns what UnmarshalText reads.
func (r Range) String() string {
	if r.First == r.Last {
		return strconv.FormatInt(r.First, 10)
	}
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
