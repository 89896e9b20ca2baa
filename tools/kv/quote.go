package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// printable reports whether bytes are text that a terminal shows as it is. Some control characters may be allowed.
func printable(b []byte, allowed string) bool {
	return utf8.Valid(b) && !bytes.ContainsFunc(b, func(r rune) bool {
		return !unicode.IsPrint(r) && !strings.ContainsRune(allowed, r)
	})
}

// legible returns bytes for a terminal: text as it is, and anything else quoted. Text that looks as if it were quoted is
// quoted as well, so that nobody takes one for the other.
func legible(b []byte, allowed string) []byte {
	if !printable(b, allowed) || bytes.HasPrefix(b, []byte("'")) || bytes.HasPrefix(b, []byte("$'")) || bytes.HasPrefix(b, []byte("--hex ")) {
		return []byte(shellWord(b))
	}
	return b
}

// shellWord returns bytes as a word of a command line, for the shell: as they are if that is safe, in quotes, or, when
// they are no text, as $'\xff'. No shell can pass a byte 0: such bytes are written as the flag --hex and its digits.
func shellWord(b []byte) string {
	switch {
	case bytes.IndexByte(b, 0) >= 0:
		return "--hex " + hex.EncodeToString(b)
	case !printable(b, ""):
		return dollarQuoted(b)
	case len(b) > 0 && !bytes.ContainsFunc(b, special):
		return string(b)
	}
	return quotedKey(string(b))
}

// special reports whether a character may mean something to a shell.
func special(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-./:,@%+", r)
}

// quotedKey returns a key for a message: as shellWord does, but always with something around it.
func quotedKey(key string) string {
	if !printable([]byte(key), "") {
		return shellWord([]byte(key))
	}
	return "'" + strings.ReplaceAll(key, "'", `'\''`) + "'"
}

var escapes = map[byte]string{'\n': `\n`, '\t': `\t`, '\r': `\r`, '\'': `\'`, '\\': `\\`}

// dollarQuoted writes bytes that are not 0 in the quotes that take escapes.
func dollarQuoted(b []byte) string {
	var out strings.Builder
	out.WriteString("$'")
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		escape, known := escapes[b[0]]
		switch {
		case known:
			out.WriteString(escape)
		case unicode.IsPrint(r) && (r != utf8.RuneError || size > 1):
			out.Write(b[:size])
		default:
			for i := range size {
				out.WriteString(escaped(b[i], b[i+1:]))
			}
		}
		b = b[size:]
	}
	return out.String() + "'"
}

// escaped writes a byte. Some shells take more than two hexadecimal digits, but none more than three octal ones.
func escaped(c byte, rest []byte) string {
	if len(rest) > 0 && strings.IndexByte("0123456789abcdefABCDEF", rest[0]) >= 0 {
		return fmt.Sprintf(`\%03o`, c)
	}
	return fmt.Sprintf(`\x%02x`, c)
}
