package workload

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestKeys_zipf compares how often each key is chosen with the law, for skews on both sides of 1.
func TestKeys_zipf(t *testing.T) {
	for _, skew := range []float64{0.5, 0.99, 1, 2} {
		const calls, count = 200_000, 20
		keys := NewKeys("k", count, Zipf, skew)
		random, chosen := rand.New(rand.NewPCG(1, 2)), make(map[string]int)
		for range calls {
			chosen[keys.Pick(random)]++
		}
		sum := 0.0
		for rank := 1; rank <= count; rank++ {
			sum += math.Pow(float64(rank), -skew)
		}
		for i, name := range keys.names {
			want := calls * math.Pow(float64(i+1), -skew) / sum
			if math.Abs(float64(chosen[name])-want) > 6*math.Sqrt(want) { // six standard deviations
				t.Errorf("skew %v: %s was chosen %d times; want about %.0f", skew, name, chosen[name], want)
			}
		}
	}
}

// TestFilling: as many calls as there are keys reach each once, whoever makes them, and are all of the one call.
func TestFilling(t *testing.T) {
	const keys = 100
	config := Config{Keys: keys, Mix: usual, Sizes: Range{1, 15}, Distribution: Zipf, Skew: 1}
	source := config.Filling("put").Source()
	workers, seen := []*Source{source(0), source(1), source(2)}, make(map[string]bool)
	for i := range keys {
		call, key := workers[i%len(workers)].Next()
		if usual[call].Call != "put" {
			t.Errorf("call %d is %s", i, usual[call].Call)
		}
		seen[key] = true
	}
	if len(seen) != keys || usual.Percent("get") != 50 {
		t.Errorf("%d of %d keys were reached; the usual mix is %v now", len(seen), keys, usual)
	}
}

func TestKeys_names(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, count := range []int{1, maxNamed, maxNamed + 1} {
		keys := NewKeys("run7-", count, Uniform, 0)
		for range 100 {
			if key := keys.Pick(random); !strings.HasPrefix(key, "run7-") || count == 1 && key != "run7-0" {
				t.Errorf("of %d keys: %q", count, key)
			}
		}
	}
}

func TestKeys_allocations(t *testing.T) {
	source := Config{Keys: 1000, Mix: usual, Sizes: Range{1, 15}, Distribution: Zipf, Skew: 1}.Source()(0)
	if n := testing.AllocsPerRun(1000, func() { source.Next(); source.Bytes(); source.Number() }); n != 0 {
		t.Errorf("a call allocates %v times", n)
	}
}

func TestConfig_complaints(t *testing.T) {
	for says, config := range map[string]Config{
		"--keys is 0;":                    {Keys: 0, Distribution: Zipf},
		"--skew is 0; it must be above 0": {Keys: 1, Distribution: Zipf},
		"--skew is NaN;":                  {Keys: 1, Distribution: Zipf, Skew: math.NaN()},
		"--skew is 11;":                   {Keys: 1, Distribution: Zipf, Skew: 11},
		"--keys is 10000001; with --distribution zipf it must be at most 10000000": {Keys: maxZipf + 1, Distribution: Zipf, Skew: 1},
	} {
		if err := config.Check(usual); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v; want an error that says %s", config, err, says)
		}
	}
	for _, config := range []Config{{Keys: maxZipf + 1}, {Keys: 1, Distribution: Zipf, Skew: 0.1}} {
		if err := config.Check(usual); err != nil {
			t.Errorf("%+v: %v", config, err)
		}
	}
}
