// Package token reads bearer tokens, the secrets that clients send with their calls, as both sides get them: from a
// setting, or from a file that has nothing else in it.
//
// Editors and shells end a file with a line feed, and a setting that was filled from one has it too. It is no part of
// the token: no header can have it, and so it could never match. Errors say what is wrong and where, and never repeat
// the token.
package token

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Header is the metadata that carries a token, and Prefix is what its value begins with.
const (
	Header = "authorization"
	Prefix = "Bearer "
)

// maxLength is the length of the longest token, in bytes: servers need not take headers that are much longer.
const maxLength = 4096

// Parse returns the token in a text, without the line feeds and carriage returns at its end. It is 1 to 4096 printable
// characters of ASCII, blanks among them but not at its ends.
func Parse(text string) (string, error) {
	text = strings.TrimRight(text, "\r\n")
	switch {
	case text == "":
		return "", errors.New("the token is empty")
	case len(text) > maxLength:
		return "", fmt.Errorf("the token has more than %d bytes", maxLength)
	case strings.Trim(text, " ") != text:
		return "", errors.New("the token begins or ends with a blank, which does not travel")
	}
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' {
			return "", fmt.Errorf("byte %d of the token is 0x%02x; a token has only printable characters of ASCII", i+1, c)
		}
	}
	return text, nil
}

// ReadFile returns the token that a file holds.
func ReadFile(name string) (string, error) {
	file, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxLength+3)) // the end of a line, and a byte more
	if err != nil {
		return "", err
	}
	token, err := Parse(string(text))
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return token, nil
}
