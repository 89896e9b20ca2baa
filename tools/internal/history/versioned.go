package history

import (
	"fmt"
	"strconv"
	"strings"
)

// Versioned is a key's value and version, as histories of raftkv write them: `7 "text"`, or `0 none` for a
// key that does not exist.
type Versioned struct {
	Version uint64
	Exists  bool
	Value   string // any bytes
}

// String returns what ParseVersioned reads.
func (v Versioned) String() string {
	value := "none"
	if v.Exists {
		value = strconv.Quote(v.Value)
	}
	return strconv.FormatUint(v.Version, 10) + " " + value
}

// ParseVersioned reads what String returns.
func ParseVersioned(text string) (v Versioned, err error) {
	version, value, _ := strings.Cut(text, " ")
	v.Version, err = strconv.ParseUint(version, 10, 64)
	if err == nil && value != "none" {
		v.Exists = true
		v.Value, err = strconv.Unquote(value)
	}
	if err != nil {
		return Versioned{}, fmt.Errorf("%q is not a version and a value; they look like 7 \"text\", or 0 none", text)
	}
	return v, nil
}
