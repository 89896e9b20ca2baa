// Package token reads bearer tokens, the secrets that clients send with their calls, and sends them. Both sides get them from a
// setting, or from a file with one on each line.
//
// Editors and shells end a file with a line feed, and a setting that was filled from one has it too. It is no part of
// the token: no header can have it, and so it could never match. Errors say what is wrong and where, and never repeat
// the token.
package token

import (
	"context"
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

// maxFile is the length of the longest file of tokens, in bytes.
const maxFile = 64 << 10

// ReadFile returns the tokens of a file, at least one: each is a line, and empty lines do not count. A server takes
// all of them, a client sends the first, so that both may have the same file.
func ReadFile(name string) (tokens []string, err error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxFile:
		return nil, fmt.Errorf("%s is longer than %d bytes; a file of tokens has one on each line, and nothing else", name, maxFile)
	}
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		if strings.Trim(line, "\r\n") == "" {
			continue
		}
		token, err := Parse(line)
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", name, number, err)
		}
		tokens = append(tokens, token)
	}
	if len(tokens) == 0 {
		return nil, fmt.Errorf("%s has no token; write one on a line", name)
	}
	return tokens, nil
}

// Bearer is a token that a client sends with each call: credentials for grpc.WithPerRPCCredentials. Without TLS it travels for all on
// the way to read, as servers take it so.
type Bearer string

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (b Bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{Header: Prefix + string(b)}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials.
func (Bearer) RequireTransportSecurity() bool { return false }
