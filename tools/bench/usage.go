package main

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

// usage is what a server has used, so far or between two moments.
type usage struct {
	cpu     time.Duration // in user and kernel mode
	written float64       // bytes that it made the disk write
	syncs   float64       // of its log; -1 if it does not count them
}

func (u usage) since(before usage) usage {
	u.cpu -= before.cpu
	u.written -= before.written
	if u.syncs >= 0 {
		u.syncs -= before.syncs
	}
	return u
}

// usage adds up what all nodes have used.
func (s *server) usage(ctx context.Context) (total usage, err error) {
	for _, n := range s.nodes {
		u, err := n.usage(ctx)
		if err != nil {
			return u, fmt.Errorf("what %s has used: %w", n.name, err)
		}
		total.cpu += u.cpu
		total.written += u.written
		total.syncs += u.syncs
	}
	return total, nil
}

// usage reads what Linux keeps in /proc, and what the server counts itself; elsewhere there are no such
// figures.
func (n *node) usage(ctx context.Context) (u usage, err error) {
	pid := n.running.Process.Pid
	if u.cpu, err = processorTime(pid); err == nil {
		u.written, err = value(fmt.Sprintf("/proc/%d/io", pid), "write_bytes:")
	}
	if err == nil {
		u.syncs, err = n.countSyncs(ctx)
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
func (n *node) countSyncs(ctx context.Context) (float64, error) {
	if n.syncs == "" {
		return -1, nil
	}
	address := n.metrics
	if address == "" {
		address = n.address
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
	count, found := sum(bufio.NewScanner(reply.Body), n.syncs)
	if !found {
		return 0, fmt.Errorf("http://%s/metrics has no %s", address, n.syncs)
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
