package lab

import (
	"os"
	"regexp"
	"testing"
)

// TestFileSystem: a folder is in the innermost mount around it, of two at one place in the later one.
func TestFileSystem(t *testing.T) {
	const mounts = `21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
22 21 0:5 / /none rw - tmpfs tmpfs rw
23 21 0:6 / /none/data rw,noatime - xfs /dev/sdb1 rw
24 21 0:7 / /none/data rw,noatime master:1 propagate_from:2 - btrfs /dev/sdc1 rw
25 21 0:8 / /with\040space rw - ext2 /dev/sdd1 rw
a line of another form
`
	for folder, want := range map[string]string{
		"/none": "tmpfs on tmpfs", "/none/data": "btrfs on /dev/sdc1", "/none/data/deep/in/it": "btrfs on /dev/sdc1",
		"/none/database": "tmpfs on tmpfs", "/nonesuch": "ext4 on /dev/sda1", "/": "ext4 on /dev/sda1", "/with space/in/it": "ext2 on /dev/sdd1",
	} {
		if got := fileSystem(mounts, folder); got != want {
			t.Errorf("%s is on %q; want %q", folder, got, want)
		}
	}
	if got := fileSystem("", "/none"); got != "" {
		t.Errorf("where nothing is known it is on %q", got)
	}
}

func TestField(t *testing.T) {
	const text = "processor\t: 0\nmodel name\t: A processor: fast\nmodel name\t: another\n"
	if got := field(text, "model name"); got != "A processor: fast" {
		t.Errorf("got %q; want the whole name of the first", got)
	}
	if got := field(text, "model"); got != "" {
		t.Errorf("got %q of what is not there", got)
	}
}

func TestLoadAverage(t *testing.T) {
	if got, want := loadAverage("3.50 2.25 1.00 2/345 6789\n"), "load average 3.50 in the last minute, 2.25 in five, 1.00 in fifteen"; got != want {
		t.Errorf("got %q; want %q", got, want)
	}
	if got := loadAverage(""); got != "" {
		t.Errorf("got %q where nothing is known", got)
	}
}

// TestMachine: on any machine there is something to say, the disk is tried, and nothing is left on it.
func TestMachine(t *testing.T) {
	folder := t.TempDir()
	m := Machine(folder)
	if m.CPUs < 1 || m.System == "" || !regexp.MustCompile(`^go.*, \d+ processors$`).MatchString(m.Generator) {
		t.Errorf("got %+v; want processors, a system, a version of Go", m)
	}
	if !regexp.MustCompile(`^4 KiB appended: median \d+\.\d{3} ms, 99th percentile \d+\.\d{3} ms$`).MatchString(m.Sync) {
		t.Errorf("a sync takes %q", m.Sync)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	if m := Machine(folder + "/none"); m.Sync != "" {
		t.Errorf("a folder that is not there syncs in %q", m.Sync)
	}
}
