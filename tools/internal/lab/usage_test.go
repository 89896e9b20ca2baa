package lab

import (
	"bufio"
	"strings"
	"testing"
)

func TestUsage_since(t *testing.T) {
	got := Usage{CPU: 5, Written: 7, Syncs: 9, Loopback: 20}.Since(Usage{CPU: 1, Written: 2, Syncs: 3, Loopback: 8})
	if want := (Usage{CPU: 4, Written: 5, Syncs: 6, Loopback: 12}); got != want {
		t.Errorf("got %+v; want %+v", got, want)
	}
	if got := (Usage{Syncs: -1}).Since(Usage{Syncs: -1}); got.Syncs != -1 {
		t.Errorf("got %v syncs of a server that does not count them", got.Syncs)
	}
}

// TestFind reads counters as Prometheus writes them.
func TestFind(t *testing.T) {
	const text = "# HELP syncs_total Syncs.\nsyncs_total_other 5\nsyncs_total 1.25e+06\nlabelled{a=\"b\"} 7\n"
	if got, found := find(bufio.NewScanner(strings.NewReader(text)), "syncs_total"); got != 1.25e6 || !found {
		t.Errorf("found %v, %v; want 1.25e6", got, found)
	}
	if got, found := find(bufio.NewScanner(strings.NewReader(text)), "labelled"); found {
		t.Errorf("found %v; want nothing", got)
	}
}

func TestSum(t *testing.T) {
	const text = "# TYPE syncs_total counter\nsyncs_total{shard=\"0\"} 3\nsyncs_total{shard=\"1\"} 4e1\nsyncs_total_other 5\n"
	if got, found := sum(bufio.NewScanner(strings.NewReader(text)), "syncs_total"); got != 43 || !found {
		t.Errorf("got %v, %v; want 43", got, found)
	}
	if _, found := sum(bufio.NewScanner(strings.NewReader(text)), "syncs"); found {
		t.Error("found one that is not there")
	}
}

// TestReceived reads the table of interfaces, whose columns may touch.
func TestReceived(t *testing.T) {
	const devices = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 98765432101  200    0    0    0     0          0         0 98765432101     200    0    0    0     0       0          0
  eth0:1234       7    0    0    0     0          0         0        5       6    0    0    0     0       0          0
`
	for device, want := range map[string]float64{"lo": 98765432101, "eth0": 1234} {
		if got, err := received(devices, device); got != want || err != nil {
			t.Errorf("%s has received %v, %v; want %v", device, got, err, want)
		}
	}
	if got, err := received(devices, "eth"); err == nil {
		t.Errorf("an interface that is not there has received %v", got)
	}
}
