// Package address reads the addresses of servers as people write them: "host:port", or "unix:/path/of/a/socket" for
// a server on the same machine.
//
// gRPC takes almost any text for an address, and a typing mistake shows much later as a server that is away, or as
// one that a client with several servers never asks. Parse refuses at once what cannot be an address.
package address

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
)

// Address is where a server listens.
type Address struct {
	Network string // "tcp" or "unix", as net.Dial has them
	Name    string // "host:port", or the absolute path of a socket
}

// unix is what an address begins with that is the path of a socket.
const unix = "unix:"

// maxPath is the length of the longest path, in bytes, that a socket can have on Linux. Other systems have a little
// less, and say so when it is used.
const maxPath = 107

// Parse returns the address that a text names. Blanks around it do not count. The host may be missing, which is this
// machine; the port is a number from 1 to 65535. The path may be relative to the working folder, and may be written
// with two slashes before it, as in "unix:///path". An error names the text, and what it must be.
func Parse(text string) (Address, error) {
	text = strings.TrimSpace(text)
	if path, ok := strings.CutPrefix(text, unix); ok {
		return parsePath(text, path)
	}
	host, port, err := net.SplitHostPort(text)
	number, errPort := strconv.ParseUint(port, 10, 16)
	if err != nil || errPort != nil || number == 0 || !plausible(host) {
		return Address{}, fmt.Errorf("%q is no address of a server; it must be host:port, with a port from 1 to 65535, or unix:/path/of/a/socket", text)
	}
	return Address{Network: "tcp", Name: net.JoinHostPort(host, strconv.FormatUint(number, 10))}, nil
}

func parsePath(text, path string) (Address, error) {
	if strings.HasPrefix(path, "//") { // a URL, which may name a machine
		path = path[len("//"):]
		if !strings.HasPrefix(path, "/") {
			return Address{}, fmt.Errorf("%q is no address of a server: after unix:// comes an absolute path, as in unix:///path", text)
		}
	}
	if path == "" || strings.HasSuffix(path, "/") || strings.Contains(path, "\x00") {
		return Address{}, fmt.Errorf("%q is no address of a server: unix: needs the path of a socket after it", text)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return Address{}, fmt.Errorf("the address %q: %w", text, err)
	}
	if len(path) > maxPath {
		return Address{}, fmt.Errorf("%q is no address of a server: the path is %d bytes long; a socket's can have at most %d", path, len(path), maxPath)
	}
	return Address{Network: "unix", Name: path}, nil
}

// ParseHostPort is Parse for a server that others on other machines are to reach too: it is "host:port", and no file.
func ParseHostPort(text string) (string, error) {
	address, err := Parse(text)
	if err != nil || address.Network != "tcp" {
		return "", fmt.Errorf("%q is no address at which servers reach each other; it must be host:port, with a port from 1 to 65535", text)
	}
	return address.Name, nil
}

// plausible reports whether a text may be a host's name or number.
func plausible(host string) bool {
	for i := range len(host) {
		switch c := host[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte(".-_:%", c) >= 0:
		default:
			return false
		}
	}
	return true
}

// String returns what Parse reads.
func (a Address) String() string {
	if a.Network == "unix" {
		return unix + a.Name
	}
	return a.Name
}

// Target returns the address as grpc.NewClient takes it. It is not for people: characters are escaped.
func (a Address) Target() string {
	if a.Network == "unix" {
		return (&url.URL{Scheme: "unix", Path: a.Name}).String()
	}
	return "dns:///" + strings.TrimPrefix((&url.URL{Path: "/" + a.Name}).EscapedPath(), "/")
}
