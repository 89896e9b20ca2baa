package peer

import "fmt"

const (
	// maxPiece is about how many bytes go into one message of a stream. Something urgent waits for no more than that, and
	// for what gRPC has taken already, some 64 KiB.
	maxPiece = 256 << 10
	// maxJoined is how long a message of pieces may become: longer than what any limit of a server lets in.
	maxJoined = 1 << 30
)

// cut is a message that is sent in pieces, as it is too long to be sent as one.
type cut struct{ rest []byte }

// begin begins with an encoded message; the one before must have been sent.
func (c *cut) begin(encoded []byte) { c.rest = encoded }

// more says whether there are pieces to be sent.
func (c *cut) more() bool { return len(c.rest) > 0 }

// next returns the next piece, which there must be, and whether it is the last.
func (c *cut) next() (piece []byte, last bool) {
	n := min(len(c.rest), maxPiece)
	piece, last = c.rest[:n:n], n == len(c.rest)
	if c.rest = c.rest[n:]; last {
		c.rest = nil
	}
	return piece, last
}

// joined puts pieces together.
type joined struct{ data []byte }

// add adds a piece, and returns the message when that was the last.
func (j *joined) add(piece []byte, last bool) (whole []byte, complete bool, err error) {
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
