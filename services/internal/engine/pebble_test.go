package engine

import (
	"os"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
)

// TestPebble fails when another version of Pebble is taken, or it has a newer format. These parts of its formats are
// decoded here although it promises nothing about them. Compare each with the new version's source, and change this
// test last:
//
//   - the fields that an edit of a manifest begins with, and their order (walcheck.go; internal/manifest/version_edit.go)
//   - the chunks of a manifest (manifest.go; record/record.go), and what a log that was closed empty begins with
//     (walcheck.go; record/log_writer.go)
//   - the header of a batch, and that one begins with what LogData was given (walcheck.go; batchrepr, batch.go)
//   - that each file is synced by Sync or SyncData, and a manifest before its marker names it (manifestmark.go; version_set.go)
//   - that tables are written by Write alone, from their beginning, and read by Read and ReadAt (mask.go; objstorageprovider)
//   - that a cut flushes nothing and writes nothing ahead when no row of it is in memory, takes one number, and reads the rows
//     before and after it, whose errors it ignores; and that who reads on from a table's last row reads no further block
//     if there is one more row in its block (mend.go; excise.go, ingest.go, sstable/reader_iter_single_lvl.go)
//   - the names of files and markers, and that no new file gets the number of one that is there (identity.go,
//     damage.go; open.go, vfs/atomicfs)
func TestPebble(t *testing.T) {
	const (
		version = "github.com/cockroachdb/pebble/v2 v2.1.7"
		format  = 24
	)
	modules, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(modules), "\t"+version+"\n") {
		t.Errorf("go.mod does not have %q any more: read the comment of this test", version)
	}
	if pebbleFormat != format || pebble.FormatNewest != format {
		t.Errorf("the format is %d, and Pebble's newest is %d; want %d: read the comment of this test", pebbleFormat, pebble.FormatNewest, format)
	}
}
