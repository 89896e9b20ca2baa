package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// checkManifest refuses a manifest that is damaged. The manifest is the list of the tables that make up the
// store; Pebble reads it up to the first record that it cannot read and takes that for its end, so that one
// flipped byte makes tables disappear. A torn tail is all right: the change that it tells of had no effect.
//
// It is compared with its mark as well, unless it was written before the store had one. checkManifest returns how far
// the tables reach.
func checkManifest(fsys vfs.FS, dir string, mark *manifestMark, of identity) (tables frontier, err error) {
	desc, err := pebble.Peek(dir, fsys)
	if err != nil {
		return tables, err
	}
	content, err := readFile(fsys, desc.ManifestFilename)
	if errors.Is(err, fs.ErrNotExist) {
		return tables, &damage{what: desc.ManifestFilename + " is missing"}
	}
	if err != nil {
		return tables, err
	}
	if offset, ok := checkRecords(content); !ok {
		return tables, &damage{what: fmt.Sprintf("%s is damaged at or after byte %d", desc.ManifestFilename, offset)}
	}
	if fileNumber(fsys.PathBase(desc.ManifestFilename)) < of.since {
		mark.forget()
	} else if err := mark.check(desc.ManifestFilename, content); err != nil {
		return tables, err
	}
	return readFrontier(content), nil
}

// A manifest has the format of LevelDB's logs: blocks of 32 KiB, in each chunks of a checksum (4 bytes), a
// length (2), a type (1: whole record, 2 to 4: its first, a middle, its last part) and the payload. The
// checksum is of type and payload; the rest of a block that is too short for a header is zero.
const (
	recordBlock  = 32 << 10
	recordHeader = 7
	sector       = 512
)

// checkRecords says whether a file in the format of LevelDB's logs is whole, but for a torn tail, and if
// not where it stops being so.
func checkRecords(file []byte) (offset int, ok bool) {
	for offset < len(file) {
		block := file[offset:min(len(file), offset-offset%recordBlock+recordBlock)]
		if len(block) < recordHeader {
			if len(bytes.Trim(block, "\x00")) > 0 && offset+len(block) < len(file) {
				return offset, false
			}
			offset += len(block)
			continue
		}
		n, valid := checkChunk(block)
		if !valid {
			return offset, torn(file[offset:], block)
		}
		offset += n
	}
	return offset, true
}

// checkChunk returns the length of the chunk at the beginning of a block, and whether its checksum is right.
func checkChunk(block []byte) (length int, valid bool) {
	length = recordHeader + int(binary.LittleEndian.Uint16(block[4:6]))
	if length > len(block) {
		return 0, false
	}
	return length, block[6] != 0 && maskedCRC(block[6:length]) == binary.LittleEndian.Uint32(block[:4])
}

// torn says whether a file may end as this one does because a write at its end was cut off: nothing but
// zeros follow from a sector on, or the last chunk goes beyond the end of the file. It does not count as
// cut off if the checksum fits what is there: then the length was changed.
func torn(rest, block []byte) bool {
	zeros := len(rest) - len(bytes.TrimRight(rest, "\x00"))
	if zeros == len(rest) || zeros >= sector {
		return true
	}
	beyond := recordHeader+int(binary.LittleEndian.Uint16(block[4:6])) > len(block)
	if !beyond || len(block) < len(rest) {
		return false
	}
	for end := recordHeader; end <= len(block); end++ {
		if maskedCRC(block[6:end]) == binary.LittleEndian.Uint32(block[:4]) {
			return false
		}
	}
	return true
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// maskedCRC is the checksum of LevelDB's formats: a CRC-32C, turned and shifted so that the checksum of
// something that holds checksums is a good one too.
func maskedCRC(b []byte) uint32 {
	c := crc32.Checksum(b, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}
