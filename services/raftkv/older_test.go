package main

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"numstore.example/contracts/raftkvpb"
)

// unpackOlder makes a folder of an older layout, as a server left it that was killed. The last program that wrote it was asked to put key1 to key40 and large, to compact, to put key1 to key20 again, to delete key40, to compact, and
// to put late1 to late10, and after.
func unpackOlder(t *testing.T, layout string) (dir string) {
	t.Helper()
	archive, err := os.Open(filepath.Join("testdata", layout+".tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	unpacked, err := gzip.NewReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	parent := t.TempDir()
	for files := tar.NewReader(unpacked); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return filepath.Join(parent, layout)
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(parent, header.Name)
		if header.Typeflag == tar.TypeDir {
			err = os.Mkdir(path, 0o755)
		} else {
			var content []byte
			if content, err = io.ReadAll(files); err == nil {
				err = os.WriteFile(path, content, 0o644)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestOlder: a folder that an older program has left is used as it is, and is one of the new layout from then on.
func TestOlder(t *testing.T) {
	for _, layout := range []string{"layout1", "layout2"} {
		t.Run(layout, func(t *testing.T) { testOlder(t, layout) })
	}
}

func testOlder(t *testing.T, layout string) {
	dir := unpackOlder(t, layout)
	want := map[string]string{"large": strings.Repeat("x", 300), "after": "the backup"}
	for i := 1; i < 40; i++ {
		want[fmt.Sprint("key", i)] = fmt.Sprint("value ", i)
		if i <= 20 {
			want[fmt.Sprint("key", i)] = fmt.Sprint("newer ", i)
		}
	}
	for i := 1; i <= 10; i++ {
		want[fmt.Sprint("late", i)] = fmt.Sprint("v ", i)
	}
	for start, takenOver := range []bool{true, false, false} {
		server := startServer(t, "--data-dir="+dir)
		got := make(map[string]string)
		stream, err := server.Scan(t.Context(), &raftkvpb.ScanRequest{})
		for err == nil {
			var part *raftkvpb.ScanResponse
			part, err = stream.Recv()
			for _, pair := range part.GetPairs() {
				got[string(pair.GetKey())] = string(pair.GetValue())
			}
		}
		if !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("start %d: there is %v; want %v", start, got, want)
		}
		server.stop(t)
		if log := server.stderr.String(); strings.Contains(log, "the folder had layout") != takenOver || !strings.Contains(log, "chmod") {
			t.Errorf("start %d: it said %s", start, log)
		}
	}
}
