package lab

import (
	"strings"
	"testing"
)

// TestStartServer: a server is ready when it says so, in its own words; one that ends before is an error that tells its last
// ones.
func TestStartServer(t *testing.T) {
	const ready, known = "it is up", "localhost:7"
	for script, want := range map[string]string{
		"echo up listening on 127.0.0.1:8; cat":               "localhost:8",
		"echo warning; echo up listening on '[::1]:9'; cat":   "localhost:9",
		"echo listening on nothing; echo 12:00 it is up; cat": known,
		"echo first; echo the port is taken":                  `the last that it printed is "the port is taken\n"`,
		"true":                                                `the last that it printed is ""`,
	} {
		program := Process{Args: []string{"sh", "-c", script}}
		if want == known {
			program.Ready, program.Address = ready, known
		}
		server, err := Start(t.Context(), Alone("it", program))
		if err != nil {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v; want %s", script, err, want)
			}
			continue
		}
		server.Kill()
		if got := server.Addresses(); len(got) != 1 || got[0] != want {
			t.Errorf("%s: the addresses are %s; want %s", script, got, want)
		}
	}
}
