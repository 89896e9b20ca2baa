package main

import (
	"errors"
	"strings"
)

// withoutLineFeed returns a line without the line feed at its end, if it has one. A carriage return before that is an
// error. It may belong to the value, or to the end of the line, as files of Windows have it; to guess would sometimes
// store another value than was meant.
func withoutLineFeed(line string) (string, error) {
	line = strings.TrimSuffix(line, "\n")
	if strings.HasSuffix(line, "\r") {
		return "", errors.New("the line ends with a carriage return; lines end with a line feed alone (a value that ends so can be given in quotes or with --hex)")
	}
	return line, nil
}

// blanks are what separates words for people.
const blanks = " \t"

// trim returns a text without blanks around it. Other blanks of Unicode are a part of it.
func trim(text string) string { return strings.Trim(text, blanks) }
