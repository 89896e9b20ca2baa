package history

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Version is a version of gossipkv, as histories write it: `12@3#00000000000000a5` is the time 12, of the incarnation a5 (in
// hexadecimal) of server 3. The zero Version stands for none, and is written `-`.
type Version struct {
	Time        uint64
	Server      uint32
	Incarnation uint64
}

// Compare orders versions as the contract does. None is smaller than all others.
func (v Version) Compare(w Version) int {
	return cmp.Or(cmp.Compare(v.Time, w.Time), cmp.Compare(v.Server, w.Server), cmp.Compare(v.Incarnation, w.Incarnation))
}

// IsZero says whether there is none.
func (v Version) IsZero() bool { return v == Version{} }

// String returns what ParseVersion reads.
func (v Version) String() string {
	if v.IsZero() {
		return "-"
	}
	return fmt.Sprintf("%d@%d#%016x", v.Time, v.Server, v.Incarnation)
}

// ParseVersion reads what String returns.
func ParseVersion(text string) (v Version, err error) {
	if text == "-" {
		return Version{}, nil
	}
	time, origin, _ := strings.Cut(text, "@")
	server, incarnation, _ := strings.Cut(origin, "#")
	v.Time, err = strconv.ParseUint(time, 10, 64)
	if err == nil {
		var number uint64
		number, err = strconv.ParseUint(server, 10, 32)
		v.Server = uint32(number)
	}
	if err == nil {
		v.Incarnation, err = strconv.ParseUint(incarnation, 16, 64)
	}
	if err != nil || v.Time == 0 || v.Server == 0 {
		return Version{}, fmt.Errorf("%q is not a version; they look like 12@3#00000000000000a5, or - for none", text)
	}
	return v, nil
}

// Stamped is a key's value and version, as histories of gossipkv write them: `12@3#00000000000000a5 "text"`, or `none` in place
// of the value for a key that has none, whose version is that of its tombstone, or `-`.
type Stamped struct {
	Version Version
	Exists  bool
	Value   string // any bytes
}

// String returns what ParseStamped reads.
func (s Stamped) String() string {
	value := "none"
	if s.Exists {
		value = strconv.Quote(s.Value)
	}
	return s.Version.String() + " " + value
}

// ParseStamped reads what String returns.
func ParseStamped(text string) (s Stamped, err error) {
	version, value, _ := strings.Cut(text, " ")
	if s.Version, err = ParseVersion(version); err != nil {
		return Stamped{}, err
	}
	if value == "none" {
		return s, nil
	}
	s.Exists = true
	if s.Value, err = strconv.Unquote(value); err != nil || s.Version.IsZero() {
		return Stamped{}, fmt.Errorf(`%q is not a version and a value; they look like 12@3#00000000000000a5 "text", or - none`, text)
	}
	return s, nil
}
