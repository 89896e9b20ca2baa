package kvserver

import "numstore.example/services/internal/rpcserver"

// How the files that the process may have open are shared out. What is not used by one is not kept from the others,
// but none may take what another needs.
const (
	leastTables = 64   // Pebble keeps so many open whatever it is told
	mostTables  = 1000 // more would save little: a table is opened again when it is read again
	otherFiles  = 24   // write-ahead logs, the manifest, marks, tables that are being written
	filesOfScan = 12   // tables, one of each level, that a long scan may hold beyond those that Pebble keeps open
	leastScans  = 4
	mostScans   = 256
)

// Files is what the service needs of the files that the process may have open, as rpcserver.Program.Files.
var Files = rpcserver.Files{
	Least: leastTables + otherFiles + leastScans*filesOfScan,
	Most:  mostTables + otherFiles + mostScans*2*filesOfScan,
}

// ShareFiles returns how many tables Pebble may keep open and how many scans may run at a time.
func ShareFiles(files int) (tables, scans int) {
	free := files - otherFiles - leastTables
	scans = min(max(free/(2*filesOfScan), leastScans), mostScans)
	return min(max(files-otherFiles-scans*filesOfScan, leastTables), mostTables), scans
}
