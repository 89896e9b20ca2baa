package kvserver

import (
	"fmt"
	"strconv"
)

// maxShown is how many bytes of a key or value a line of the log shows.
const maxShown = 64

// Shown is a key or value as the log shows it: bytes that cannot be printed are escaped, as in Go. The log puts
// quotes around it where it needs them.
func Shown(b []byte) string {
	quoted := strconv.Quote(string(b[:min(len(b), maxShown)]))
	text := quoted[1 : len(quoted)-1]
	if len(b) > maxShown {
		text += fmt.Sprintf("… (%d bytes)", len(b))
	}
	return text
}
