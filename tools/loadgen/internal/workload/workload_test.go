package workload

import (
	"math"
	"strings"
	"testing"
)

func TestSource_followsConfig(t *testing.T) {
	config := Config{Keys: 7, Mix: Mix{Set: 30}, Values: Range{First: -2, Last: 2}, Seed: 1}
	const calls = 100_000
	keys, values, sets := make(map[string]int), make(map[int64]int), 0
	source := config.Source()(0)
	for range calls {
		call := source.Next()
		keys[call.Key]++
		if call.SetNum {
			sets++
			values[call.Value]++
		} else if call.Value != 0 {
			t.Fatalf("a Fact carries the value %d", call.Value)
		}
	}
	near := func(what string, got int, share float64) {
		if want := share * calls; math.Abs(float64(got)-want) > 6*math.Sqrt(want) { // six standard deviations
			t.Errorf("%s: %d of %d calls; want about %.0f", what, got, calls, want)
		}
	}
	near("SetNum", sets, 0.3)
	if len(keys) != 7 || len(values) != 5 {
		t.Errorf("%d keys and %d values; want 7 and 5", len(keys), len(values))
	}
	for key, n := range keys {
		near(key, n, 1.0/7)
	}
	for _, n := range values {
		near("a value", n, 0.3/5)
	}
}

func TestSources_repeatAndDiffer(t *testing.T) {
	first := func(config Config) [2][20]Call {
		var calls [2][20]Call
		source := config.Source()
		for worker := range calls {
			own := source(worker)
			for i := range calls[worker] {
				calls[worker][i] = own.Next()
			}
		}
		return calls
	}
	config := Config{Keys: 1000, Mix: Mix{Set: 50}, Values: Range{First: 1, Last: 15}, Seed: 42}
	once := first(config)
	if once != first(config) {
		t.Error("the same seed gave other calls")
	}
	if once[0] == once[1] {
		t.Error("two workers send the same calls")
	}
	config.Seed = 0
	if other := first(config); other == first(config) {
		t.Error("without a seed, two runs send the same calls")
	}
}

func TestRange_extremes(t *testing.T) {
	for _, r := range []Range{{5, 5}, {math.MaxInt64, math.MaxInt64}, {math.MinInt64, math.MinInt64}, {math.MinInt64, math.MaxInt64}} {
		config := Config{Keys: 1, Mix: Mix{Set: 100}, Values: r, Seed: 1}
		for range 100 {
			if v := config.Source()(0).Next().Value; v < r.First || v > r.Last {
				t.Errorf("%d is not in %+v", v, r)
			}
		}
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]Mix{"set=50,fact=50": {50}, "fact=100": {0}, "set=100": {100}, "fact=1,set=99": {99}} {
		var mix Mix
		if err := mix.UnmarshalText([]byte(text)); err != nil || mix != want {
			t.Errorf("%s is read as %+v, %v; want %+v", text, mix, err, want)
		}
	}
	for text, want := range map[string]Range{"1..15": {1, 15}, "-5..-3": {-5, -3}, "7": {7, 7}, "-9223372036854775808..9223372036854775807": {math.MinInt64, math.MaxInt64}} {
		var r Range
		if err := r.UnmarshalText([]byte(text)); err != nil || r != want {
			t.Errorf("%s is read as %+v, %v; want %+v", text, r, err, want)
		}
	}
}

func TestParse_complaints(t *testing.T) {
	for text, says := range map[string]string{
		"set=50": "add up to 50", "set=60,fact=60": "add up to 120", "set=-1,fact=101": `"set=-1"`,
		"get=50,set=50": `"get=50"`, "set": `"set"`, "": `""`, "set=x,fact=1": `"set=x"`,
	} {
		if err := new(Mix).UnmarshalText([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("the mix %q: %v; want an error that says %s", text, err, says)
		}
	}
	for _, text := range []string{"", "..", "1..", "a..b", "2..1", "9223372036854775808"} {
		if err := new(Range).UnmarshalText([]byte(text)); err == nil || !strings.Contains(err.Error(), "1..15") {
			t.Errorf("the range %q: %v; want an error that shows a range", text, err)
		}
	}
	if err := (&Config{Keys: 0}).Check(); err == nil || !strings.Contains(err.Error(), "--keys is 0") {
		t.Errorf("no keys: %v", err)
	}
}
