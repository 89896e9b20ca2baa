package engine

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"regexp"
	"strconv"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// storeID tells a store from all others: it is random, and made with the folder.
type storeID [storeIDSize]byte

const storeIDSize = 16

func (id storeID) String() string { return hex.EncodeToString(id[:]) }

// owns refuses a file that begins with the id of another store.
func (id storeID) owns(path string, content []byte) error {
	if other := storeID(content); other != id {
		return &damage{what: fmt.Sprintf("%s is of the store %v, but %s says that this is %v", path, other, identityName, id)}
	}
	return nil
}

// identity is what a file of its own says of a store, before anything else is read. It is written once.
type identity struct {
	id storeID

	// since is the number of the first of Pebble's files that is bound to the store (see boundFS). It is 0, but for a
	// store that was made before there was an identity: its older files carry none.
	since uint64
}

// tag is what each batch in a write-ahead log begins with.
func (i *identity) tag() []byte { return i.id[:tagSize] }

const tagSize = 8

const identityName = "IDENTITY"

// An identity is text, for people. Later layouts begin and end with the same lines.
const (
	identityFormat = "layout %d\nstore %v\nsince %d\n"
	identityEnd    = "crc %08x\n"
)

func (i identity) encode(layout int) []byte {
	text := fmt.Appendf(nil, identityFormat, layout, i.id, i.since)
	return fmt.Appendf(text, identityEnd, crc32.Checksum(text, castagnoli))
}

// readIdentity returns the identity of a folder, or false when it has none.
func readIdentity(fsys vfs.FS, dir string, layout int) (i identity, exists bool, err error) {
	path := fsys.PathJoin(dir, identityName)
	content, err := readFile(fsys, path)
	if errors.Is(err, fs.ErrNotExist) {
		return i, false, nil
	}
	if err != nil {
		return i, false, err
	}
	text := content[:max(len(content)-len(fmt.Sprintf(identityEnd, 0)), 0)]
	if !bytes.Equal(content[len(text):], fmt.Appendf(nil, identityEnd, crc32.Checksum(text, castagnoli))) {
		return i, false, &damage{what: path + " is damaged"}
	}
	var number int
	if _, err := fmt.Fscanf(bytes.NewReader(text), "layout %d\n", &number); err != nil {
		return i, false, &damage{what: path + " is damaged", cause: err}
	}
	if number > layout {
		return i, false, newerLayout(number, layout)
	}
	var id []byte
	if _, err := fmt.Fscanf(bytes.NewReader(text), "layout %d\nstore %x\nsince %d\n", &number, &id, &i.since); err != nil || len(id) != storeIDSize {
		return i, false, &damage{what: path + " is damaged", cause: err}
	}
	i.id = storeID(id)
	return i, true, nil
}

func newerLayout(number any, layout int) error {
	return fmt.Errorf("its layout is version %v, and this program knows versions up to %d; use a newer program", number, layout)
}

// writeIdentity makes the identity of a folder: a random id, for the files that are made from now on.
func writeIdentity(fsys vfs.FS, dir string, layout int) (i identity, err error) {
	if err := writeGuard(fsys, dir); err != nil {
		return i, err
	}
	if i.since, err = nextNumber(fsys, dir); err != nil {
		return i, err
	}
	if _, err := rand.Read(i.id[:]); err != nil {
		return i, err
	}
	path := fsys.PathJoin(dir, identityName)
	file, err := fsys.Create(path+unfinishedFile, vfs.WriteCategoryUnspecified)
	if err != nil {
		return i, err
	}
	_, err = file.Write(i.encode(layout))
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return i, err
	}
	if err := fsys.Rename(path+unfinishedFile, path); err != nil {
		return i, err
	}
	return i, syncDir(fsys, dir)
}

// numbered are the files of Pebble's that have a number. It never gives a new file a number that it finds in the folder.
var numbered = regexp.MustCompile(`^(?:MANIFEST-|OPTIONS-)?([0-9]{6,19})(?:\.[a-z]+)?$`)

// fileNumber returns the number of a file of Pebble's, or 0.
func fileNumber(name string) uint64 {
	match := numbered.FindStringSubmatch(name)
	if match == nil {
		return 0
	}
	number, _ := strconv.ParseUint(match[1], 10, 64)
	return number
}

// nextNumber returns a number that is greater than those of all files of Pebble's in a folder.
func nextNumber(fsys vfs.FS, dir string) (next uint64, err error) {
	names, err := fsys.List(dir)
	for _, name := range names {
		if number := fileNumber(name); number > 0 {
			next = max(next, number+1)
		}
	}
	return next, err
}
