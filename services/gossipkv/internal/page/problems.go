package page

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"numstore.example/services/internal/statuspage"
)

const (
	// farBehind is by how many entries another server is to be behind until somebody should know. A busy server has taken some
	// thousands between two exchanges.
	farBehind = 10_000
	// manyTombstones is how many are to wait until somebody should know for whom.
	manyTombstones = 10_000
)

// problems returns what people should look at, the worst first.
func problems(s *Status) []statuspage.Problem {
	var found statuspage.Problems
	if s.Error != "" && s.Error != statuspage.ErrPending.Error() {
		found.Report(statuspage.Bad, "This server does not answer: %s", s.Error)
	}
	if s.Told != nil {
		own(s.Told, &found)
		waiting(s, &found)
	}
	for _, link := range s.Links {
		linkProblems(link, &found)
	}
	for _, member := range s.Members {
		if member.State == "duplicate" {
			found.Report(statuspage.Bad, "A second server %d (incarnation %s) was started, with a number that was taken: it is refused; give it another --id and an empty folder", member.Server, member.Incarnation)
		}
	}
	return found.Sorted()
}

func own(told *Told, found *statuspage.Problems) {
	if told.Forgotten {
		found.Report(statuspage.Bad, "This server was forgotten, and takes no writes: start it with an empty folder to have it join as a new one")
	}
	if told.Disk.Full != "" {
		found.Report(statuspage.Bad, "This server takes no writes but deletions: %s", told.Disk.Full)
	}
	if stalled := told.Disk.Stalled; stalled > 0 {
		found.Report(statuspage.Bad, "The disk has not answered for %v", (time.Duration(stalled * float64(time.Second))).Round(time.Second))
	}
}

// waiting names the members for whom tombstones are kept.
func waiting(s *Status, found *statuspage.Problems) {
	if s.Told.Tombstones < manyTombstones {
		return
	}
	var behind []string
	for _, member := range s.Members {
		if len(member.Lacks) > 0 {
			behind = append(behind, fmt.Sprint(member.Server))
		}
	}
	if behind = slices.Compact(behind); len(behind) > 0 {
		found.Report(statuspage.Warning, "%d tombstones are kept for servers that may not know of them; if one never comes back, kv forget takes it off: %s", s.Told.Tombstones, strings.Join(behind, ", "))
	}
}

func linkProblems(link Link, found *statuspage.Problems) {
	name := fmt.Sprintf("server %d", link.Server)
	if link.Server == 0 {
		name = link.Address
	}
	if !link.Up {
		found.Report(statuspage.Warning, "There is no link to %s: %s", name, link.Reason)
	}
	if link.BehindEntries >= farBehind {
		found.Report(statuspage.Warning, "%s lacks %d or more entries", strings.ToUpper(name[:1])+name[1:], farBehind)
	}
}
