package lab

import "testing"

// TestUsage: what processes used is added up. Two that do not count their syncs count none together, and not -2.
func TestUsage(t *testing.T) {
	command := lasting()
	command.Processes = append(command.Processes, command.Processes...)
	s, err := Start(t.Context(), command)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Kill()
	used, err := s.Usage(t.Context())
	if err != nil || used.Syncs != -1 || used.Loopback < 0 || used.CPU < 0 || used.Written < 0 {
		t.Errorf("got %+v, %v; want -1 syncs, and figures", used, err)
	}
	s.nodes[1].Kill()
	<-s.nodes[1].gone
	if used, err := s.Usage(t.Context()); err == nil || err.Error() != "node 2 of it has died" {
		t.Errorf("one that does not run has used %+v, %v", used, err)
	}
}
