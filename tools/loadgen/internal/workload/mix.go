package workload

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Mix is how often each call is made. The shares add up to 100.
type Mix []Share

// Share is how often one call is made, in per cent.
type Share struct {
	Call    string
	Percent int
}

// String returns what UnmarshalText reads: the calls that are made at all.
func (m Mix) String() string {
	var parts []string
	for _, share := range m {
		if share.Percent > 0 {
			parts = append(parts, fmt.Sprintf("%s=%d", share.Call, share.Percent))
		}
	}
	return strings.Join(parts, ",")
}

// Percent is the share of a call; 0 if it is not there.
func (m Mix) Percent(call string) int {
	i := m.place(call)
	if i < 0 {
		return 0
	}
	return m[i].Percent
}

func (m Mix) place(call string) int {
	return slices.IndexFunc(m, func(s Share) bool { return s.Call == call })
}

// UnmarshalText reads "set=50,fact=50".
func (m *Mix) UnmarshalText(text []byte) error {
	var mix Mix
	sum := 0
	for part := range strings.SplitSeq(string(text), ",") {
		name, percent, _ := strings.Cut(part, "=")
		share, err := strconv.Atoi(percent)
		if name == "" || err != nil || share < 0 || share > 100 || mix.place(name) >= 0 {
			return fmt.Errorf("%q is not a share, or there twice; a mix looks like set=50,fact=50", part)
		}
		mix = append(mix, Share{name, share})
		sum += share
	}
	if sum != 100 {
		return fmt.Errorf("the shares in %q add up to %d; they must add up to 100", text, sum)
	}
	*m = mix
	return nil
}

// within returns the mix with all calls of the usual one, in their order.
func (m Mix) within(usual Mix) (Mix, error) {
	if m == nil {
		return usual, nil
	}
	for _, share := range m {
		if usual.place(share.Call) < 0 {
			return nil, fmt.Errorf("--mix has %q; it may have %s", share.Call, strings.Join(usual.calls(), ", "))
		}
	}
	var all Mix
	for _, share := range usual {
		all = append(all, Share{share.Call, m.Percent(share.Call)})
	}
	return all, nil
}

func (m Mix) calls() (names []string) {
	for _, share := range m {
		names = append(names, share.Call)
	}
	return names
}
