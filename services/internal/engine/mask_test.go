package engine

import (
	"bytes"
	"encoding/hex"
	"io"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/internal/engine/enginetest"
)

// boundDisk is a disk that is bound to a store, whose files have numbers from 7 on.
func boundDisk(disk vfs.FS, id storeID) boundFS {
	return boundFS{disk, identity{id: id, since: 7}, nil}
}

// TestMask_everywhere: of any 32 bytes the mask changes eight, to something else for each table and place.
func TestMask_everywhere(t *testing.T) {
	seen := make(map[string]bool)
	for _, m := range []mask{newMask(storeID{1}, 7), newMask(storeID{2}, 7), newMask(storeID{1}, 8)} {
		for offset := range int64(1000) {
			b := make([]byte, maskPeriod)
			m.apply(b, offset)
			if zeros := bytes.Count(b, []byte{0}); zeros > maskPeriod-maskWord+3 { // a byte may be changed to itself
				t.Errorf("at %d the mask is %x", offset, b)
			}
			if word := string(bytes.Trim(b, "\x00")); offset%maskPeriod == 0 {
				if seen[word] {
					t.Errorf("at %d the mask is %x, as elsewhere", offset, b)
				}
				seen[word] = true
			}
		}
	}
}

// TestMask: what is written in any pieces is read in any pieces, from any offset; other stores and other names of the
// file show something else, and so do files of before the store had an id.
func TestMask(t *testing.T) {
	random := enginetest.Random(t, "./services/internal/engine")
	disk := vfs.NewMem()
	bound := boundDisk(disk, storeID{1})
	content := make([]byte, 10000)
	for i := range content {
		content[i] = byte(random.Uint32())
	}
	for _, name := range []string{"/000006.sst", "/000007.sst", "/000007.log"} {
		file, err := bound.Create(name, vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		for rest := content; len(rest) > 0; {
			n := min(1+random.IntN(100), len(rest))
			if _, err := file.Write(bytes.Clone(rest[:n])); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		plain, err := readFile(disk, name)
		if want := name != "/000007.sst"; err != nil || bytes.Equal(plain, content) != want {
			t.Errorf("%s is on the disk as it was written: %t (%v); want %t", name, !want, err, want)
		}
		if read, err := readFile(bound, name); err != nil || !bytes.Equal(read, content) {
			t.Errorf("%s is read as something else (%v)", name, err)
		}
	}

	file, err := bound.Open("/000007.sst")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for range 1000 {
		from, length := random.IntN(len(content)), random.IntN(100)
		read := make([]byte, length)
		n, err := file.ReadAt(read, int64(from))
		if err != nil && err != io.EOF || !bytes.Equal(read[:n], content[from:min(from+length, len(content))]) {
			t.Fatalf("%d bytes at %d are read as something else (%v)", length, from, err)
		}
	}

	if read, err := readFile(boundDisk(disk, storeID{2}), "/000007.sst"); err != nil || bytes.Equal(read, content) {
		t.Errorf("another store reads it (%v)", err)
	}
	if err := disk.Rename("/000007.sst", "/000008.sst"); err != nil {
		t.Fatal(err)
	}
	if read, err := readFile(bound, "/000008.sst"); err != nil || bytes.Equal(read, content) {
		t.Errorf("it is read under another name (%v)", err)
	}
}

// BenchmarkMask is what a block of a table costs to read, without the disk.
func BenchmarkMask(b *testing.B) {
	m := newMask(storeID{}, 12)
	block := make([]byte, 4<<10)
	b.SetBytes(int64(len(block)))
	b.ReportAllocs()
	for b.Loop() {
		m.apply(block, 12345)
	}
}

// TestMask_same: the mask is what it was when tables were written.
func TestMask_same(t *testing.T) {
	b := make([]byte, 2*maskPeriod)
	newMask(storeID{1, 2, 3}, 4567).apply(b, 89)
	const want = "00000000000000593f3e2a265bf77600000000000000000000000000000000000000000000000059352b8f1a6c813d0000000000000000000000000000000000"
	if got := hex.EncodeToString(b); got != want {
		t.Errorf("the mask is %s; want %s", got, want)
	}
}
