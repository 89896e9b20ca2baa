package workload

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
)

// usual is a mix of three calls.
var usual = Mix{{"get", 50}, {"put", 50}, {"cas", 0}}

func TestSource_followsConfig(t *testing.T) {
	config := Config{Keys: 7, Mix: Mix{{"get", 70}, {"put", 0}, {"cas", 30}}, Values: Range{First: -2, Last: 2}, Sizes: Range{First: 3, Last: 4}, Seed: 1}
	const count = 100_000
	keys, numbers, sizes, calls := make(map[string]int), make(map[int64]int), make(map[int]int), make(map[int]int)
	source := config.Source()(0)
	for range count {
		call, key := source.Next()
		calls[call]++
		keys[key]++
		numbers[source.Number()]++
		sizes[len(source.Bytes())]++
	}
	near := func(what string, got int, share float64) {
		if want := share * count; math.Abs(float64(got)-want) > 6*math.Sqrt(want) { // six standard deviations
			t.Errorf("%s: %d of %d; want about %.0f", what, got, count, want)
		}
	}
	near("get", calls[0], 0.7)
	near("put", calls[1], 0)
	near("cas", calls[2], 0.3)
	if len(keys) != 7 || len(numbers) != 5 || len(sizes) != 2 {
		t.Errorf("%d keys, %d numbers, %d sizes; want 7, 5 and 2", len(keys), len(numbers), len(sizes))
	}
	for key, n := range keys {
		near(key, n, 1.0/7)
	}
	for _, n := range numbers {
		near("a number", n, 1.0/5)
	}
	for _, n := range sizes {
		near("a size", n, 1.0/2)
	}
}

func TestSources_repeatAndDiffer(t *testing.T) {
	first := func(config Config) (sent [2][]byte) {
		source := config.Source()
		for worker := range sent {
			own := source(worker)
			for range 20 {
				call, key := own.Next()
				sent[worker] = append(sent[worker], byte(call))
				sent[worker] = append(append(sent[worker], key...), own.Bytes()...)
			}
		}
		return sent
	}
	config := Config{Keys: 1000, Mix: usual, Sizes: Range{First: 1, Last: 15}, Seed: 42}
	once, again := first(config), first(config)
	if !bytes.Equal(once[0], again[0]) || !bytes.Equal(once[1], again[1]) {
		t.Error("the same seed gave other calls")
	}
	if bytes.Equal(once[0], once[1]) {
		t.Error("two workers send the same calls")
	}
	config.Seed = 0
	if other := first(config); bytes.Equal(other[0], first(config)[0]) {
		t.Error("without a seed, two runs send the same calls")
	}
}

func TestRange_extremes(t *testing.T) {
	for _, r := range []Range{{5, 5}, {math.MaxInt64, math.MaxInt64}, {math.MinInt64, math.MinInt64}, {math.MinInt64, math.MaxInt64}} {
		config := Config{Keys: 1, Mix: usual, Values: r, Seed: 1}
		for range 100 {
			if v := config.Source()(0).Number(); v < r.First || v > r.Last {
				t.Errorf("%d is not in %+v", v, r)
			}
		}
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"get=50,put=50": "get=50,put=50", "put=100": "put=100", "cas=1,put=99": "put=99,cas=1", "get=0,put=0,cas=100": "cas=100", "": "get=50,put=50",
	} {
		config := Config{Keys: 1}
		if text != "" {
			if err := config.Mix.UnmarshalText([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		if err := config.Check(usual); err != nil || config.Mix.String() != want || !slices.Equal(config.Mix.calls(), usual.calls()) {
			t.Errorf("the mix %q is read as %+v, %v; want %s", text, config.Mix, err, want)
		}
	}
	for text, want := range map[string]Range{"1..15": {1, 15}, "-5..-3": {-5, -3}, "7": {7, 7}, "-9223372036854775808..9223372036854775807": {math.MinInt64, math.MaxInt64}} {
		var r Range
		if err := r.UnmarshalText([]byte(text)); err != nil || r != want || r.String() != text {
			t.Errorf("%s is read as %+v, %v; want %+v", text, r, err, want)
		}
	}
}

func TestParse_complaints(t *testing.T) {
	for text, says := range map[string]string{
		"set=50": "add up to 50", "set=60,fact=60": "add up to 120", "set=-1,fact=101": `"set=-1"`,
		"set=50,set=50": `"set=50"`, "set=101": `"set=101"`, "=100": `"=100"`, "set": `"set"`, "": `""`, "set=x,fact=1": `"set=x"`,
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
	if err := (&Config{Keys: 1, Mix: Mix{{"set", 100}}}).Check(usual); err == nil || err.Error() != `--mix has "set"; it may have get, put, cas` {
		t.Errorf("an unknown call: %v", err)
	}
	if err := (&Config{Keys: 0}).Check(usual); err == nil || !strings.Contains(err.Error(), "--keys is 0") {
		t.Errorf("no keys: %v", err)
	}
}
