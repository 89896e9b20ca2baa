package kvserver

import "testing"

// TestShareFiles: whatever the service gets is enough for what it hands out.
func TestShareFiles(t *testing.T) {
	for n := Files.Least; n <= 2*Files.Most; n++ {
		tables, scans := ShareFiles(n)
		if used := tables + otherFiles + scans*filesOfScan; used > n || tables < leastTables || scans < leastScans {
			t.Fatalf("of %d files: %d tables and %d scans, which are %d files", n, tables, scans, used)
		}
	}
	if tables, scans := ShareFiles(Files.Most); tables != mostTables || scans != mostScans {
		t.Errorf("of as many as it wants: %d tables and %d scans", tables, scans)
	}
}
