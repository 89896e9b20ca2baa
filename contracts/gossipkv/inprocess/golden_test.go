package inprocess

import (
	"strings"
	"testing"

	"numstore.example/contracts/golden"
)

// TestGolden makes the calls of the golden file, which a test of compat makes to the real server: both answer alike. The
// administrative ones are allowed here.
func TestGolden(t *testing.T) {
	file, err := golden.Read("gossipkv")
	if err != nil {
		t.Fatal(err)
	}
	c, servers := chain(t)
	conn, made := connect(t, c, servers[1]), 0
	for _, call := range file.Calls {
		if strings.Contains(file.Methods[call.Method].Paths[0], "Admin/") {
			continue
		}
		made++
		if err := file.Make(t.Context(), conn, call); err != nil {
			t.Error(err)
		}
	}
	if made < 10 {
		t.Errorf("%d calls were made; the golden file has more", made)
	}
}
