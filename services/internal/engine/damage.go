package engine

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// damage is the error of a file that is not as it was written.
type damage struct {
	what   string // names the file
	cause  error  // may be nil
	remedy string // empty for a backup
}

func (d *damage) Error() string {
	remedy := d.remedy
	if remedy == "" {
		remedy = "restore a backup into an empty folder"
	}
	return d.what + "; the disk has changed what was written, or the folder was copied while the server ran, " +
		"or something of another store lies there: " + remedy
}

func (d *damage) Unwrap() error { return d.cause }

// Damage is the error of a file, or of what lies in a row, that is not as it was written; what names it.
func Damage(format string, arguments ...any) error {
	return &damage{what: fmt.Sprintf(format, arguments...)}
}

// DamageWith is Damage for what is not mended by a backup, but by a remedy: a sentence that tells what to do.
func DamageWith(remedy, what string) error { return &damage{what: what, remedy: remedy} }

// What returns what is damaged, without what to do about it.
func What(err error) string {
	if d := (*damage)(nil); errors.As(err, &d) {
		return d.what
	}
	return firstLine(err)
}

// IsDamage says whether an error comes from a file that is not as it was written.
func IsDamage(err error) bool {
	var d *damage
	return errors.As(err, &d) || pebble.IsCorruptionError(err)
}

// numberInText finds the number of a file in what Pebble says in detail of damage.
var numberInText = regexp.MustCompile(`\b(?:file|table|wal) 0*([1-9][0-9]*)\b`)

// ReadError completes an error of Pebble's that tells of damage: Pebble names a file by its number alone, or
// in the details of an error.
func (s *Store) ReadError(err error) error { return s.damageError(err, s.options.RowsRemedy) }

// damageError is ReadError with another remedy.
func (s *Store) damageError(err error, remedy string) error {
	var known *damage
	if err == nil || !pebble.IsCorruptionError(err) || errors.As(err, &known) {
		return err
	}
	what := "a file in " + s.options.Dir
	if match := numberInText.FindStringSubmatch(fmt.Sprintf("%+v", err)); match != nil {
		for _, extension := range []string{"sst", "log", "blob"} {
			path := s.fs.PathJoin(s.options.Dir, fmt.Sprintf("%06s.%s", match[1], extension))
			if _, err := s.fs.Stat(path); err == nil {
				what = path
			}
		}
	}
	return &damage{what: fmt.Sprintf("%s is damaged (%s)", what, firstLine(err)), cause: err, remedy: remedy}
}

// Advise completes an error of damage because of which the store is of no use: it says what to do, unless it says something of
// its own. Nobody else has the error yet.
func (s *Store) Advise(err error) error {
	if d := (*damage)(nil); errors.As(err, &d) && (d.remedy == "" || d.remedy == s.options.RowsRemedy) {
		d.remedy = s.options.Remedy
	}
	return err
}

// firstLine is what an error of Pebble says. Marks and stacks come in further lines, or when it is formatted.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// openError completes an error of Pebble's at its start. It has others there for files that are missing, or shorter or
// longer than they were.
func (s *Store) openError(err error) error {
	switch {
	case err == nil:
		return nil
	case s.existed && errors.Is(err, fs.ErrNotExist), errors.Is(err, pebble.ErrDBNotPristine):
		return &damage{what: fmt.Sprintf("a file in %s is missing (%v)", s.options.Dir, err), cause: err}
	case strings.Contains(err.Error(), "object size mismatch"): // there is no better way to tell
		return &damage{what: fmt.Sprintf("a file in %s has another length than was written (%s)", s.options.Dir, firstLine(err)), cause: err}
	}
	return s.ReadError(err)
}

// checkNothing refuses a folder that has had a store, but lost the file by which Pebble knows of it. Pebble
// would make a new store there and delete what is left of the old one. It refuses somebody else's files as well,
// but not what the crash of a first start leaves behind.
func checkNothing(fsys vfs.FS, dir string) error {
	names, err := fsys.List(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	ours := slices.Contains(names, identityName)
	for _, name := range names {
		if strings.HasPrefix(name, markPrefix) || ours && isTable(name) {
			return &damage{what: fmt.Sprintf("%s has %s, but the file marker.manifest.* is missing", dir, name)}
		}
	}
	for _, name := range names {
		if !unfinished.MatchString(name) {
			return fmt.Errorf("it has no store, but other files, such as %s; name an empty folder", name)
		}
	}
	return err
}

// unfinished are the files that Pebble makes before a store counts as one, and the folder that a new disk has.
var unfinished = regexp.MustCompile(`^(LOCK|IDENTITY|manifest-synced|lost\+found|marker\..*|MANIFEST-.*|OPTIONS-.*|temporary\..*|.*\.(log|dbtmp|new))$`)

// checkOptions refuses a file of options, which Pebble leaves at every start, that is damaged or of a store
// of another kind.
func checkOptions(dir string, options *pebble.Options) error {
	desc, err := pebble.Peek(dir, options.FS)
	if errors.Is(err, fs.ErrNotExist) || err == nil && desc.OptionsFilename == "" {
		return nil
	}
	if err != nil {
		return err
	}
	content, err := readFile(options.FS, desc.OptionsFilename)
	if err != nil {
		return err
	}
	complete := options.Clone()
	complete.EnsureDefaults()
	if err := complete.CheckCompatibility(dir, string(content)); err != nil {
		return &damage{what: fmt.Sprintf("%s is damaged (%v)", desc.OptionsFilename, err), cause: err,
			remedy: "this file alone is of no use to the server, remove it"}
	}
	return nil
}

// newestLog returns the path of the newest write-ahead log, the one whose end a crash may have torn off. Pebble
// deletes it once it has read it.
func newestLog(fs vfs.FS, dir string) (path string, err error) {
	names, err := fs.List(dir)
	if err != nil {
		return "", err
	}
	newest := ""
	for _, name := range names {
		if strings.HasSuffix(name, ".log") && (len(name) > len(newest) || len(name) == len(newest) && name > newest) {
			newest = name
		}
	}
	return fs.PathJoin(dir, newest), nil
}

func readFile(fs vfs.FS, path string) ([]byte, error) {
	file, err := fs.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(file)
}
