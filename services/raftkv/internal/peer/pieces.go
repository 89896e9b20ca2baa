package peer

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"numstore.example/services/raftkv/internal/peerpb"
)

const (
	// maxRequest is about how many bytes go into one message of a stream. Something urgent waits for no more than that, and
	// for what gRPC has taken already, some 64 KiB.
	maxRequest = 256 << 10
	// maxJoined is how long a message of pieces may become: longer than what any limit of a server lets in.
	maxJoined = 1 << 30
)

// cutter sends a message in pieces that is too long to be sent as one.
type cutter struct{ rest []byte }

// cut begins with a message; the one before must have been sent.
func (c *cutter) cut(message proto.Message) {
	encoded, err := proto.Marshal(message)
	if err != nil {
		panic(err) // its parts were encoded before
	}
	c.rest = encoded
}

// cuts says whether there are pieces to be sent.
func (c *cutter) cuts() bool { return len(c.rest) > 0 }

// next returns the next piece, or nil when there is none.
func (c *cutter) next() *peerpb.Piece {
	if !c.cuts() {
		return nil
	}
	n := min(len(c.rest), maxRequest)
	piece := &peerpb.Piece{Data: c.rest[:n:n], Last: n == len(c.rest)}
	if c.rest = c.rest[n:]; piece.Last {
		c.rest = nil
	}
	return piece
}

// joiner puts pieces together.
type joiner struct{ data []byte }

// add adds a piece, if there is one, and decodes the message when it is whole.
func (j *joiner) add(piece *peerpb.Piece, whole proto.Message) (complete bool, err error) {
	if piece == nil {
		return false, nil
	}
	if len(j.data)+len(piece.GetData()) > maxJoined {
		return false, fmt.Errorf("a message of pieces is longer than %d bytes", maxJoined)
	}
	j.data = append(j.data, piece.GetData()...)
	if !piece.GetLast() {
		return false, nil
	}
	err = proto.Unmarshal(j.data, whole)
	j.data = nil
	return err == nil, err
}
