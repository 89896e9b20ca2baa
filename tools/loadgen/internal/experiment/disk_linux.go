package experiment

import "golang.org/x/sys/unix"

// freeBytes returns what a process without privileges may still write to the disk of a folder.
func freeBytes(folder string) (free int64, known bool, err error) {
	var disk unix.Statfs_t
	if err := unix.Statfs(folder, &disk); err != nil {
		return 0, false, err
	}
	return int64(disk.Bavail) * disk.Bsize, true, nil
}
