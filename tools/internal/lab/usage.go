package lab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// Usage is what a server has used, so far or between two moments.
type Usage struct {
	CPU     time.Duration // in user and kernel mode
	Written float64       // bytes that it made the disk write
	Syncs   float64       // of its log; -1 if it does not count them

	// Loopback is bytes that went over the loopback interface, headers included: what clients and servers of this machine said to each
	// other, of all that ran then.
	Loopback float64
}

// Since is what was used behind an earlier moment.
func (u Usage) Since(before Usage) Usage {
	u.CPU -= before.CPU
	u.Written -= before.Written
	u.Loopback -= before.Loopback
	if u.Syncs >= 0 {
		u.Syncs -= before.Syncs
	}
	return u
}

// Usage adds up what all nodes have used. Nodes that were restarted begin again at nothing; of one that does not run it is an error.
func (s *Server) Usage(ctx context.Context) (total Usage, err error) {
	counted := true
	for _, n := range s.nodes {
		if n.dead() {
			return Usage{}, fmt.Errorf("%s has died", n.name)
		}
		u, err := n.usage(ctx)
		if err != nil {
			return u, fmt.Errorf("what %s has used: %w", n.name, err)
		}
		total.CPU += u.CPU
		total.Written += u.Written
		total.Syncs += u.Syncs
		counted = counted && u.Syncs >= 0
	}
	if !counted {
		total.Syncs = -1
	}
	devices, err := os.ReadFile("/proc/net/dev")
	if err == nil {
		total.Loopback, err = received(string(devices), "lo")
	}
	return total, err
}

// usage reads what Linux keeps in /proc, and what the server counts itself; elsewhere there are no such
// figures.
func (n *Node) usage(ctx context.Context) (u Usage, err error) {
	pid := n.running.Process.Pid
	if u.CPU, err = processorTime(pid); err == nil {
		u.Written, err = value(fmt.Sprintf("/proc/%d/io", pid), "write_bytes:")
	}
	if err == nil {
		u.Syncs, err = n.countSyncs(ctx)
	}
	return u, err
}

// processorTime returns the time that a process has used.
func processorTime(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The second field is the program's name in parentheses, and may hold anything.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 13 {
		return 0, errors.New("/proc/PID/stat has an unknown form")
	}
	var ticks int64
	for _, field := range fields[11:13] { // utime and stime, fields 14 and 15 of proc(5)
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	const perSecond = 100 // of USER_HZ, the same on every Linux that Go runs on
	return time.Duration(ticks) * time.Second / perSecond, nil
}

// received returns how many bytes an interface has received, from the text of /proc/net/dev.
func received(devices, device string) (float64, error) {
	for line := range strings.Lines(devices) {
		name, numbers, _ := strings.Cut(line, ":")
		if fields := strings.Fields(numbers); strings.TrimSpace(name) == device && len(fields) > 0 {
			return strconv.ParseFloat(fields[0], 64) // the first is bytes received
		}
	}
	return 0, fmt.Errorf("/proc/net/dev has no %s", device)
}

// value returns the number after a name in a file.
func value(file, name string) (float64, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	number, found := find(bufio.NewScanner(strings.NewReader(string(text))), name)
	if !found {
		return 0, fmt.Errorf("%s has no %s", file, name)
	}
	return number, nil
}

// countSyncs reads the server's counter; -1 if there is none.
func (n *Node) countSyncs(ctx context.Context) (float64, error) {
	if n.program.Syncs == "" {
		return -1, nil
	}
	address := n.program.Metrics
	if address == "" {
		address = n.Address()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer reply.Body.Close()
	count, found := sum(bufio.NewScanner(reply.Body), n.program.Syncs)
	if !found {
		return 0, fmt.Errorf("http://%s/metrics has no %s", address, n.program.Syncs)
	}
	return count, nil
}

// sum returns the sum of a metric over all its labels.
func sum(lines *bufio.Scanner, metric string) (total float64, found bool) {
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) != 2 {
			continue
		}
		name, _, _ := strings.Cut(fields[0], "{")
		if number, err := strconv.ParseFloat(fields[1], 64); err == nil && name == metric {
			total, found = total+number, true
		}
	}
	return total, found
}

// find returns the number after a name that a line begins with.
func find(lines *bufio.Scanner, name string) (float64, bool) {
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) == 2 && fields[0] == name {
			number, err := strconv.ParseFloat(fields[1], 64)
			return number, err == nil
		}
	}
	return 0, false
}
