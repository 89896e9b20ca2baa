package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"numstore.example/tools/internal/study"
)

// Machine looks at this machine, and at the disk that a folder is on, whose syncs it times for at most a second. What cannot be found
// out is left empty: elsewhere than on Linux that is most.
func Machine(folder string) study.Machine {
	kilobytes, _ := strconv.ParseInt(strings.TrimSuffix(field(text("/proc/meminfo"), "MemTotal"), " kB"), 10, 64)
	return study.Machine{
		Processor: field(text("/proc/cpuinfo"), "model name"),
		CPUs:      runtime.NumCPU(),
		Memory:    kilobytes << 10,
		System:    strings.TrimSpace(runtime.GOOS + " " + text("/proc/sys/kernel/osrelease")),
		Disk:      fileSystem(text("/proc/self/mountinfo"), folder),
		Sync:      syncTime(folder),
		Busy:      loadAverage(text("/proc/loadavg")),
		Generator: fmt.Sprintf("%s, %d processors", runtime.Version(), runtime.GOMAXPROCS(0)),
	}
}

// text returns what a file holds, or nothing.
func text(file string) string {
	all, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	return string(all)
}

// field returns the value behind a name and a colon, in the first line that has it.
func field(lines, name string) string {
	for line := range strings.Lines(lines) {
		if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// loadAverage says in words what /proc/loadavg has first.
func loadAverage(text string) string {
	fields := strings.Fields(text)
	if len(fields) < 3 {
		return ""
	}
	return fmt.Sprintf("load average %s in the last minute, %s in five, %s in fifteen", fields[0], fields[1], fields[2])
}

// fileSystem returns the kind of the file system that a folder is in, and the device, from the text of /proc/self/mountinfo.
func fileSystem(mounts, folder string) (kind string) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return ""
	}
	if real, err := filepath.EvalSymlinks(folder); err == nil {
		folder = real
	}
	longest := 0
	for line := range strings.Lines(mounts) {
		// Such as "36 35 98:0 /root /mount/point rw,noatime shared:1 - ext4 /dev/root rw", see proc(5).
		where, what, found := strings.Cut(line, " - ")
		place, of := strings.Fields(where), strings.Fields(what)
		if !found || len(place) < 5 || len(of) < 2 {
			continue
		}
		// A later mount hides an earlier one.
		if point := strings.ReplaceAll(place[4], `\040`, " "); within(folder, point) && len(point) >= longest {
			longest, kind = len(point), of[0]+" on "+of[1]
		}
	}
	return kind
}

func within(folder, point string) bool {
	return point == "/" || folder == point || strings.HasPrefix(folder, point+"/")
}

// syncTime appends to a file in the folder, syncs it after each time, and says how long that took. It is empty if that is not possible.
func syncTime(folder string) string {
	const most, size = 200, 4 << 10
	file, err := os.CreateTemp(folder, "sync-")
	if err != nil {
		return ""
	}
	defer os.Remove(file.Name())
	defer file.Close()
	var took []time.Duration
	for start := time.Now(); len(took) < most && time.Since(start) < time.Second; {
		if _, err := file.Write(make([]byte, size)); err != nil {
			return ""
		}
		begun := time.Now()
		if err := file.Sync(); err != nil {
			return ""
		}
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	at := func(percent int) float64 { return took[(len(took)-1)*percent/100].Seconds() * 1000 }
	return fmt.Sprintf("4 KiB appended: median %.3f ms, 99th percentile %.3f ms", at(50), at(99))
}
