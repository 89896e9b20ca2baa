package workload

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
	"strconv"
	"sync/atomic"
)

// Distribution is how often each key is chosen.
type Distribution string

// The distributions.
const (
	Uniform Distribution = "uniform" // all keys equally often; also what the empty Distribution means
	Zipf    Distribution = "zipf"    // the key of rank r, from 1, in proportion to 1/r^skew
)

const (
	maxNamed = 1_000_000  // keys whose names are kept; those of more keys are made for each call
	maxZipf  = 10_000_000 // keys that Zipf may choose from: it keeps a number for each
)

// Keys is the keys of a workload, and how often each is chosen. All workers share one.
type Keys struct {
	prefix string
	count  int
	names  []string     // empty if there are more than maxNamed
	upTo   []float64    // for Zipf: the weights of all keys up to this one; empty for Uniform
	inTurn bool         // each is chosen once before one is chosen again
	turn   atomic.Int64 // how many were chosen in turn
}

// NewKeys returns count keys, named prefix0, prefix1 and so on. Skew is for Zipf.
func NewKeys(prefix string, count int, distribution Distribution, skew float64) *Keys {
	keys := &Keys{prefix: prefix, count: count}
	if count <= maxNamed {
		keys.names = make([]string, count)
		for i := range keys.names {
			keys.names[i] = prefix + strconv.Itoa(i)
		}
	}
	if distribution == Zipf {
		keys.upTo = make([]float64, count)
		sum := 0.0
		for i := range keys.upTo {
			sum += math.Pow(float64(i+1), -skew)
			keys.upTo[i] = sum
		}
	}
	return keys
}

// Pick chooses a key.
func (k *Keys) Pick(random *rand.Rand) string {
	i := 0
	switch {
	case k.inTurn:
		i = int((k.turn.Add(1) - 1) % int64(k.count))
	case k.upTo == nil:
		i = random.IntN(k.count)
	default:
		// The last sum is the weight of all; a number below it is always found.
		i = sort.SearchFloat64s(k.upTo, random.Float64()*k.upTo[k.count-1])
	}
	if k.names == nil {
		return k.prefix + strconv.Itoa(i)
	}
	return k.names[i]
}

func (c *Config) checkKeys() error {
	switch {
	case c.Keys < 1:
		return fmt.Errorf("--keys is %d; it must be at least 1", c.Keys)
	case c.Distribution != Zipf:
		return nil
	case !(c.Skew > 0 && c.Skew <= 10):
		return fmt.Errorf("--skew is %v; it must be above 0 and at most 10", c.Skew)
	case c.Keys > maxZipf:
		return fmt.Errorf("--keys is %d; with --distribution zipf it must be at most %d", c.Keys, maxZipf)
	}
	return nil
}
