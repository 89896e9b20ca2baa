package links

import "fmt"

const (
	// MaxPiece is about how many bytes go into one message of a stream. Something urgent waits for no more than that, and
	// for what gRPC has taken already, some 64 KiB.
	MaxPiece = 256 << 10
	// maxJoined is how long a message of pieces may become: longer than what any limit of a server lets in.
	maxJoined = 1 << 30
)

// Cutter is a message that is sent in pieces, as it is too long to be sent as one.
type Cutter struct{ rest []byte }

// Begin begins with an encoded message; the one before must have been sent.
func (c *Cutter) Begin(encoded []byte) { c.rest = encoded }

// More says whether there are pieces to be sent.
func (c *Cutter) More() bool { return len(c.rest) > 0 }

// Next returns the next piece, which there must be, and whether it is the last.
func (c *Cutter) Next() (piece []byte, last bool) {
	n := min(len(c.rest), MaxPiece)
	piece, last = c.rest[:n:n], n == len(c.rest)
	if c.rest = c.rest[n:]; last {
		c.rest = nil
	}
	return piece, last
}

// Joiner puts pieces together.
type Joiner struct{ data []byte }

// Add adds a piece, and returns the message when that was the last.
func (j *Joiner) Add(piece []byte, last bool) (whole []byte, complete bool, err error) {
	if len(j.data)+len(piece) > maxJoined {
		return nil, false, fmt.Errorf("a message of pieces is longer than %d bytes", maxJoined)
	}
	j.data = append(j.data, piece...)
	if !last {
		return nil, false, nil
	}
	whole, j.data = j.data, nil
	return whole, true, nil
}
