package script

import (
	"bytes"
	"fmt"
)

// ID is the name of a server or a client: an integer of any size, in its one spelling. +7 and 007 are 7, and -0 is 0.
type ID string

// ParseID reads an integer.
func ParseID(text []byte) (ID, error) {
	digits, negative := bytes.CutPrefix(text, []byte("-"))
	if !negative {
		digits = bytes.TrimPrefix(digits, []byte("+"))
	}
	if len(digits) == 0 || len(bytes.Trim(digits, "0123456789")) > 0 {
		return "", fmt.Errorf("%s is no id; ids are integers", quote(text))
	}
	digits = bytes.TrimLeft(digits, "0")
	switch {
	case len(digits) == 0:
		return "0", nil
	case negative:
		return ID("-" + string(digits)), nil
	}
	return ID(digits), nil
}

// String shows an id to people, who do not read more than its first digits.
func (i ID) String() string {
	const most = 40
	if len(i) > most {
		return string(i[:most]) + "…"
	}
	return string(i)
}
