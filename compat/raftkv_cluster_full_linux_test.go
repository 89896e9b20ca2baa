package compat

import (
	"os"
	"path/filepath"
	"testing"
)

// TestRaftkvCluster_fullDisk: others fill the disk of one of three nodes under load. Clients do not notice, not even when the
// node is killed and started on the full disk; when there is room again it is as good as the others.
func TestRaftkvCluster_fullDisk(t *testing.T) {
	disk := smallDisk(t, 256)
	c := prepareKVCluster(t, 3)
	full := c.nodes[0]
	full.folder = filepath.Join(disk, "data")
	c.start(t, c.nodes...)
	load := startLoad(t, newSeed(t), c.addresses...)
	load.await(t, 200)
	others := filepath.Join(disk, "others")
	fillDisk(t, others)
	load.await(t, 500)
	full.kill(t)
	load.await(t, 200)
	full.start(t)
	load.await(t, 500)
	if err := os.Remove(others); err != nil {
		t.Fatal(err)
	}
	c.nodes[1].kill(t)
	load.await(t, 500) // which takes both of the others
	c.nodes[1].start(t)
	if err := load.end(t); err != nil {
		t.Error(err)
	}
}
