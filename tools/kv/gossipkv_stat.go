package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"numstore.example/contracts/gossipkvpb"
	"numstore.example/tools/internal/cli"
)

// statGossipkv prints what the first server that answers says of itself, or every server.
func statGossipkv(a *app, all bool) error {
	if all {
		return a.printEveryone()
	}
	ctx, cancel := context.WithTimeout(a.ctx, a.within(callTimeout))
	defer cancel()
	server, err := a.firstAnswering(ctx)
	if err != nil {
		return err
	}
	t := told{address: server}
	a.ask(ctx, &t)
	switch {
	case t.err != nil:
		return t.err
	case a.json():
		return a.printMessage(t.status)
	}
	return printStatus(a.out, t.status)
}

// printStatus prints a server's status for people: itself, its links, and the members.
func printStatus(out io.Writer, s *gossipkvpb.StatusResponse) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "server\t%d\nincarnation\t%016x\n", s.GetServer(), s.GetIncarnation())
	fmt.Fprintf(w, "started\t%s\n", moment(s.GetStartTime()))
	if s.GetVersion() != "" {
		fmt.Fprintf(w, "version\t%s\n", cli.OneLine(s.GetVersion()))
	}
	for _, row := range []struct {
		label string
		count uint64
	}{
		{"time", s.GetTime()}, {"keys", s.GetKeys()}, {"bytes", s.GetBytes()}, {"tombstones", s.GetTombstones()},
		{"puts", s.GetPuts()}, {"gets", s.GetGets()}, {"deletes", s.GetDeletes()}, {"dumps", s.GetDumps()},
		{"dependency not met", s.GetUnmet()},
		{"longest key", uint64(s.GetLimits().GetMaxKey())}, {"longest value", s.GetLimits().GetMaxValue()},
	} {
		fmt.Fprintf(w, "%s\t%d\n", row.label, row.count)
	}
	for _, line := range diskOfServer(s).lines() {
		fmt.Fprintf(w, "disk\t%s\n", cli.OneLine(line))
	}
	if s.GetForgotten() {
		fmt.Fprint(w, "forgotten\tit takes no writes; with an empty folder it is taken in again, as a new server\n")
	}
	printLinks(w, s.GetLinks())
	printMembers(w, s)
	return flush(w)
}

func printLinks(w io.Writer, links []*gossipkvpb.Link) {
	if len(links) > 0 {
		fmt.Fprint(w, "\nlinked to\taddress\tstate\tbehind by\tlast exchange\tsent\treceived\n")
	}
	for _, l := range links {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%d\n", number(l.GetServer()), orUnknown(l.GetAddress()), linkState(l), behind(l), moment(l.GetLastExchange()),
			l.GetSentBytes(), l.GetReceivedBytes())
	}
}

func printMembers(w io.Writer, s *gossipkvpb.StatusResponse) {
	fmt.Fprint(w, "\nmember\tincarnation\tstate\tknown here up to\tknows all of this\n")
	for _, m := range s.GetMembers() {
		fmt.Fprintf(w, "%d\t%016x\t%s\t%d\t%s\n", m.GetServer(), m.GetIncarnation(), memberState(m), timeOf(s.GetVector(), m.GetServer(), m.GetIncarnation()), covers(m, s.GetVector()))
	}
}

// diskOfServer returns what a server says of its disk.
func diskOfServer(s *gossipkvpb.StatusResponse) disk {
	return disk{s.GetDiskFull(), s.GetDiskStalled(), s.GetDiskFree()}
}

// moment writes a time, which is by the clock of the server that has told it.
func moment(at *timestamppb.Timestamp) string {
	if at == nil {
		return "never"
	}
	return at.AsTime().Format(time.RFC3339)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func number(server uint32) string {
	if server == 0 {
		return "?"
	}
	return fmt.Sprint(server)
}

func orUnknown(address string) string {
	if address == "" {
		return "?"
	}
	return cli.OneLine(address)
}

func linkState(l *gossipkvpb.Link) string {
	if l.GetUp() {
		return "up"
	}
	return cli.OneLine("down: " + l.GetReason())
}

// behind says what the other side of a link lacks.
func behind(l *gossipkvpb.Link) string {
	switch {
	case l.GetServer() == 0:
		return "?" // it was never reached
	case l.GetBehindEntries() == 0 && l.GetBehindExact():
		return "nothing"
	}
	text := fmt.Sprintf("%d entries, %d bytes", l.GetBehindEntries(), l.GetBehindBytes())
	if !l.GetBehindExact() {
		text += " or more"
	}
	return text
}

func memberState(m *gossipkvpb.Member) string {
	return strings.ToLower(strings.TrimPrefix(m.GetState().String(), "MEMBER_STATE_"))
}

// timeOf returns up to which time a vector knows an origin; 0 if nothing.
func timeOf(vector []*gossipkvpb.VectorEntry, server uint32, incarnation uint64) uint64 {
	for _, e := range vector {
		if e.GetServer() == server && e.GetIncarnation() == incarnation {
			return e.GetTime()
		}
	}
	return 0
}

// covers says whether a member is known to know all that a vector has, or of which servers it may lack writes.
func covers(m *gossipkvpb.Member, vector []*gossipkvpb.VectorEntry) string {
	var lacks []string
	for _, e := range vector {
		if timeOf(m.GetVector(), e.GetServer(), e.GetIncarnation()) < e.GetTime() && !slices.Contains(lacks, fmt.Sprint(e.GetServer())) {
			lacks = append(lacks, fmt.Sprint(e.GetServer()))
		}
	}
	if len(lacks) == 0 {
		return "yes"
	}
	return "not yet of server " + strings.Join(lacks, ", ")
}

// printEveryone asks all servers, and prints a line for each.
func (a *app) printEveryone() error {
	servers := a.everyone()
	var err error
	if a.json() {
		err = a.printToldObjects(servers)
	} else {
		err = printTold(a.out, servers)
	}
	if err != nil {
		return err
	}
	return verdictOfAll("servers", fatesOf(servers))
}

func (a *app) printToldObjects(servers []told) error {
	for _, t := range servers {
		o := object{}.with("server", t.server).with("address", t.address)
		if t.status != nil {
			o = o.with("stat", messageFields(t.status))
		}
		if t.err != nil {
			o = o.with("error", cli.OneLine(message(t.err))).with("status", exitStatus(t.err))
		}
		if err := a.write(o.line()); err != nil {
			return err
		}
	}
	return nil
}

// printTold prints the servers that answer, and of the others that they do not.
func printTold(out io.Writer, servers []told) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "server\taddress\tversion\tstarted\ttime\tkeys\tbytes\ttombstones\tputs\tgets\tdeletes\tdumps\tlinks up\tothers behind by\tforgotten\tdisk\n")
	for _, t := range servers {
		fmt.Fprintf(w, "%s\t%s", number(t.server), t.where())
		switch s := t.status; {
		case t.err != nil:
			fmt.Fprintf(w, "\t%s\n", words(t.err))
		case s == nil:
			fmt.Fprint(w, "\n")
		default:
			fmt.Fprintf(w, "\t%s\t%s", cli.OneLine(s.GetVersion()), moment(s.GetStartTime()))
			for _, count := range []uint64{s.GetTime(), s.GetKeys(), s.GetBytes(), s.GetTombstones(), s.GetPuts(), s.GetGets(), s.GetDeletes(), s.GetDumps()} {
				fmt.Fprintf(w, "\t%d", count)
			}
			up, sum := linksOf(s)
			fmt.Fprintf(w, "\t%d of %d\t%s\t%s\t%s\n", up, len(s.GetLinks()), behind(sum), yesNo(s.GetForgotten()), cli.OneLine(strings.Join(diskOfServer(s).lines(), "; ")))
		}
	}
	return flush(w)
}

// linksOf counts the links that are up, and adds up what the others lack.
func linksOf(s *gossipkvpb.StatusResponse) (up int, sum *gossipkvpb.Link) {
	sum = &gossipkvpb.Link{Server: s.GetServer(), BehindExact: true}
	for _, l := range s.GetLinks() {
		if l.GetUp() {
			up++
		}
		sum.BehindEntries += l.GetBehindEntries()
		sum.BehindBytes += l.GetBehindBytes()
		sum.BehindExact = sum.BehindExact && l.GetBehindExact()
	}
	return up, sum
}
