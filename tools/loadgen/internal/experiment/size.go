package experiment

import (
	"fmt"
	"strconv"
	"strings"
)

// Size is a number of bytes, at least 1. On the command line it is a number, or one with a unit: 512, 4KiB, 1MiB, 2GiB.
type Size int64

// The units. K and KB are taken for KiB, and so on: a store's sizes are powers of two.
const (
	KiB Size = 1 << 10
	MiB Size = 1 << 20
	GiB Size = 1 << 30
)

var units = []struct {
	size Size
	name string
}{{GiB, "GiB"}, {MiB, "MiB"}, {KiB, "KiB"}, {1, "B"}}

// greatest is the greatest Size: beyond any disk that an experiment should fill.
const greatest = 1024 * GiB

// String is the size in the largest unit that goes into it without a rest: 4 KiB.
func (s Size) String() string {
	for _, unit := range units {
		if s%unit.size == 0 && s >= unit.size {
			return fmt.Sprintf("%d %s", s/unit.size, unit.name)
		}
	}
	return fmt.Sprintf("%d B", s)
}

// UnmarshalText reads what String returns, with or without the blank, and the shorter forms.
func (s *Size) UnmarshalText(text []byte) error {
	bad := fmt.Errorf("%q is not a size; it is 1 B to %v, such as 512, 4KiB, 1MiB or 2GiB", text, greatest)
	number := strings.TrimRight(string(text), "BKMGi ")
	unit := strings.TrimSpace(strings.TrimPrefix(string(text), number))
	factor := Size(1)
	switch unit {
	case "", "B":
	case "K", "KB", "KiB":
		factor = KiB
	case "M", "MB", "MiB":
		factor = MiB
	case "G", "GB", "GiB":
		factor = GiB
	default:
		return bad
	}
	count, err := strconv.ParseInt(number, 10, 64)
	if err != nil || count < 1 || Size(count) > greatest/factor {
		return bad
	}
	*s = Size(count) * factor
	return nil
}
