package experiment

import (
	"testing"

	"pgregory.net/rapid"
)

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{"512": 512, "512B": 512, "1 B": 1, "4K": 4096, "4KB": 4096, "4 KiB": 4096, "3MiB": 3 << 20, "1M": 1 << 20, "2GiB": 2 << 30, "1024G": 1 << 40} {
		var got Size
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%s: %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0", "-1", "x", "4X", "KiB", "1.5M", "1025G", "99999999999999999999", "4KBi", "9223372036854775807"} {
		got := Size(7)
		if err := got.UnmarshalText([]byte(text)); err == nil || got != 7 {
			t.Errorf("%s: %d, %v; want an error", text, got, err)
		}
	}
}

// TestSize_roundTrip: what is printed is read again as the same.
func TestSize_roundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Size(rapid.Int64Range(1, int64(greatest)).Draw(t, "size")) << rapid.SampledFrom([]int{0, 10, 20}).Draw(t, "shift")
		want = min(want, greatest)
		var got Size
		if err := got.UnmarshalText([]byte(want.String())); err != nil || got != want {
			t.Fatalf("%v: %v, %v", want, got, err)
		}
	})
}
