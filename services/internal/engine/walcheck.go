package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/batchrepr"
	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/wal"
)

// frontier is how far the tables of a store reach, as its manifest has it.
type frontier struct {
	log  wal.NumWAL // the first write-ahead log that is not in tables; or a number that no log got, just below it
	next uint64     // the number of the next batch when the manifest said so; 0 if that is not known
}

// checkLogs refuses write-ahead logs that have lost something other than their common end. There are several while
// tables are being written out. Pebble does not notice that one of them is gone, and a chunk whose header was changed
// into that of another log is the end of the log to it. But batches are numbered, over all logs and without gaps.
// What is lost at the end of the newest log is the mark's business.
func checkLogs(fs vfs.FS, dir string, tables frontier, of identity) error {
	logs, err := wal.Scan(wal.Dir{FS: fs, Dirname: dir})
	if err != nil {
		return err
	}
	for len(logs) > 0 && logs[0].Num < tables.log { // not deleted yet
		logs = logs[1:]
	}
	var next uint64 // the number that the next batch must have; 0 if that is not known
	suspect := "a .log file"
	if len(logs) > 0 && logs[0].Num != tables.log {
		next = tables.next
	}
	for i, log := range logs {
		fs, path := log.SegmentLocation(0)
		first, end, err := batches(log, of)
		if foreign := (*damage)(nil); errors.As(err, &foreign) {
			return err
		}
		if err != nil && i < len(logs)-1 {
			return &damage{what: fmt.Sprintf("%s is damaged (%s)", path, firstLine(err)), cause: err}
		}
		if end == 0 {
			closed, err := closedEmpty(fs, path)
			if err != nil {
				return err
			}
			if next == 0 && !closed { // nothing came to it, or that is lost
				next = tables.next
			}
			suspect = path
			continue
		}
		if next != 0 && first != next {
			return &damage{what: fmt.Sprintf("%s begins with batch %d, not %d: %s is damaged, or a file between them is missing",
				path, first, next, suspect)}
		}
		next, suspect = end, path
	}
	return nil
}

// batches returns the number of the first batch of a log, and the number that comes after its last one, before the
// log's end or an error. Both are 0 if there is none. A batch of another store is damage.
func batches(log wal.LogicalLog, of identity) (first, end uint64, err error) {
	_, path := log.SegmentLocation(0)
	reader := log.OpenForRead()
	defer reader.Close()
	for {
		batch, _, err := reader.NextRecord()
		if errors.Is(err, io.EOF) {
			return first, end, nil
		}
		if err != nil {
			return first, end, err
		}
		head := make([]byte, batchrepr.HeaderLen)
		if _, err := io.ReadFull(batch, head); err != nil {
			return first, end, err
		}
		if err := of.checkBatch(uint64(log.Num), path, batch); err != nil {
			return first, end, err
		}
		header, _ := batchrepr.ReadHeader(head)
		number := uint64(header.SeqNum)
		switch {
		case end == 0:
			first = number
		case number != end:
			return first, end, fmt.Errorf("%s has batch %d where %d should be", path, number, end)
		}
		end = number + uint64(header.Count)
	}
}

// checkBatch refuses a batch that does not name the store, of which the header was read.
func (i *identity) checkBatch(log uint64, path string, batch io.Reader) error {
	begin, err := io.ReadAll(io.LimitReader(batch, 2+tagSize))
	if err != nil {
		return err
	}
	tagged := len(begin) == 2+tagSize && begin[0] == byte(pebble.InternalKeyKindLogData) && begin[1] == tagSize
	switch {
	case tagged && bytes.Equal(begin[2:], i.tag()), !tagged && log < i.since:
		return nil
	case tagged:
		return &damage{what: fmt.Sprintf("%s is of the store %x…, but %s says that this is %v", path, begin[2:], identityName, i.id)}
	}
	return &damage{what: fmt.Sprintf("%s has a batch that does not name its store, %v", path, i.id)}
}

// closedEmpty says whether a log was closed with nothing in it: it then begins with the header of an empty chunk.
func closedEmpty(fs vfs.FS, path string) (bool, error) {
	content, err := readFile(fs, path)
	return len(content) > 6 && bytes.Equal(content[:6], make([]byte, 6)) && content[6] != 0, err
}

// The fields that an edit of a manifest begins with. Each is a tag and one uvarint, unless it says otherwise.
const (
	tagComparer  = 1 // a string
	tagLog       = 2
	tagNextFile  = 3
	tagNextBatch = 4
	tagPrevLog   = 9
	tagBacking   = 105 // two uvarints
	tagNoBacking = 106
)

// readFrontier returns the last frontier that a manifest tells of.
func readFrontier(manifest []byte) (last frontier) {
	edits := record.NewReader(bytes.NewReader(manifest), 0)
	for {
		var edit []byte
		next, err := edits.Next()
		if err == nil {
			edit, err = io.ReadAll(next)
		}
		if err != nil {
			return last // the end, or a torn tail
		}
		if f := decodeFrontier(edit); f.log != 0 {
			last = f
		}
	}
}

func decodeFrontier(edit []byte) (f frontier) {
	number := func() (v uint64) {
		v, n := binary.Uvarint(edit)
		edit = edit[max(n, 0):]
		return v
	}
	for len(edit) > 0 {
		switch number() {
		case tagComparer:
			length := number()
			edit = edit[min(length, uint64(len(edit))):]
		case tagLog:
			f.log = wal.NumWAL(number())
		case tagNextBatch:
			if last := number(); last > 0 {
				f.next = last + 1
			}
			return f
		case tagBacking:
			number()
			number()
		case tagNextFile, tagPrevLog, tagNoBacking:
			number()
		default:
			return f
		}
	}
	return f
}
