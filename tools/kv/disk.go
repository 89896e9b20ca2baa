package main

import (
	"fmt"

	"google.golang.org/protobuf/types/known/durationpb"
)

// disk is what a server says of its disk.
type disk struct {
	full    string               // why it takes deletions alone; empty if it takes all
	stalled *durationpb.Duration // for how long it has not answered; nil if it answers
	free    uint64               // bytes; 0 if that is not known
}

// troubles tells what is wrong with the disk.
func (d disk) troubles() (lines []string) {
	if d.full != "" {
		lines = append(lines, "takes deletions alone: "+d.full)
	}
	if d.stalled != nil {
		lines = append(lines, fmt.Sprintf("hangs: it has not answered for %v", d.stalled.AsDuration()))
	}
	return lines
}

// lines tells of the disk.
func (d disk) lines() []string {
	lines := d.troubles()
	if d.free > 0 {
		lines = append(lines, fmt.Sprintf("%d bytes free", d.free))
	}
	return lines
}
