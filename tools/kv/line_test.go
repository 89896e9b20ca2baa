package main

import "testing"

// TestUnended: a line ends with a line feed alone, or with the input.
func TestUnended(t *testing.T) {
	for _, line := range []string{"PUT k v\r\n", "STOP\r"} {
		if got, err := withoutLineFeed(line); err == nil {
			t.Errorf("withoutLineFeed(%q) = %q; want an error", line, got)
		}
	}
	for _, line := range []string{"GET k\n", "GET k"} {
		if got, err := withoutLineFeed(line); got != "GET k" || err != nil {
			t.Errorf("withoutLineFeed(%q) = %q, %v", line, got, err)
		}
	}
}
