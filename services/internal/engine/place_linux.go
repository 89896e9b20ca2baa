package engine

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// machineID is a file that tells a machine from all others.
const machineID = "/etc/machine-id"

// placeOf tells a file of this machine from all copies of it. A file's number is given again when the file is gone, so that a folder that was removed
// and put back from a copy may have the same one: when the file was made tells more. The number of its disk may be
// another one after each restart of the machine: it is used only where the former is not known.
func placeOf(path string) (string, error) {
	var is unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, unix.AT_STATX_SYNC_AS_STAT, unix.STATX_INO|unix.STATX_BTIME, &is); err != nil {
		return "", fmt.Errorf("looking at %s: %w", path, err)
	}
	place := fmt.Sprintf("file %d", is.Ino)
	if is.Mask&unix.STATX_BTIME != 0 && is.Btime.Sec > 0 {
		place += fmt.Sprintf(" made %d.%09d", is.Btime.Sec, is.Btime.Nsec)
	} else {
		place += fmt.Sprintf(" disk %d:%d", is.Dev_major, is.Dev_minor)
	}
	if id, err := os.ReadFile(machineID); err == nil {
		place += " machine " + strings.TrimSpace(string(id))
	}
	return place, nil
}
