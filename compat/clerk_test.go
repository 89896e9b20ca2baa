package compat

import (
	"strings"
	"testing"
)

// TestClerk_rules runs the tests of the Python Clerks that need no server, with every Python.
func TestClerk_rules(t *testing.T) {
	for _, name := range pythons {
		t.Run("python-"+name, func(t *testing.T) {
			output, err := python(t, name).Command(t.Context(), "-m", "unittest", "clerk_rules").CombinedOutput()
			if err != nil || !strings.Contains(string(output), "\nOK\n") {
				t.Errorf("%v\n%s", err, output)
			}
		})
	}
}
