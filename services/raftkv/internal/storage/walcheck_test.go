package storage

import (
	"fmt"
	"path"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestCheckLogs_crashes: no crash leaves logs that are refused, however they came about: tables written out at odd
// moments, entries larger than a table in memory, starts that were cut off before anything was written.
func TestCheckLogs_crashes(t *testing.T) {
	random := seeded(t)
	const lives = 100
	disk, several := vfs.NewCrashableMem(), 0
	for life := range byte(lives) {
		store, err := openTest(Options{FS: disk, WriteBehind: 1 + random.IntN(2)<<20})
		if err != nil {
			t.Fatalf("life %d: %v", life, err)
		}
		writes := uint64(0)
		for n := range random.Uint64N(12) {
			switch random.IntN(10) {
			case 0, 1, 2:
				_, err = store.db.AsyncFlush()
			case 3:
				err = store.state.flush()
			default:
				value := "value"
				if random.IntN(30) == 0 {
					value = strings.Repeat("v", memTableSize)
				}
				store.must(t, put(life, writes+1, fmt.Sprint("key", n), value))
				writes++
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		crashed := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50 * random.IntN(3), RNG: random})
		store.end(t)
		disk = crashed
		if logs(t, disk) > 1 {
			several++
		}
	}
	if several == 0 {
		t.Error("there were never several logs: this test has lost its subject")
	}
	t.Logf("%d of %d crashes left several logs", several, lives)
}

func logs(t *testing.T, disk vfs.FS) (n int) {
	names, err := disk.List(testDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if path.Ext(name) == ".log" {
			n++
		}
	}
	return n
}
