package engine

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// machineID is a file that tells a machine from all others.
const machineID = "/etc/machine-id"

// placeOf tells where a file lies. Its number is given again when it is gone, so that one that was removed and put back from a copy may well have
// the same: when it was made tells more. The number of its disk may be another one after a restart of the machine: it is used only
// where it is not known when the file was made.
func placeOf(path string) (p Place, err error) {
	var is unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, unix.AT_STATX_SYNC_AS_STAT, unix.STATX_INO|unix.STATX_BTIME, &is); err != nil {
		return p, fmt.Errorf("looking at %s: %w", path, err)
	}
	if made := is.Btime; is.Mask&unix.STATX_BTIME != 0 && made.Sec > 0 {
		p.File = fmt.Sprintf("file %d made at %d.%09d", is.Ino, made.Sec, made.Nsec)
	} else {
		p.File = fmt.Sprintf("file %d on disk %d:%d", is.Ino, is.Dev_major, is.Dev_minor)
	}
	if id, err := os.ReadFile(machineID); err == nil {
		p.Machine = strings.TrimSpace(string(id))
	}
	return p, nil
}
