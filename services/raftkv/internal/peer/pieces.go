package peer

import (
	"google.golang.org/protobuf/proto"

	"numstore.example/services/internal/links"
	"numstore.example/services/raftkv/internal/peerpb"
)

// cutter sends a message in pieces that is too long to be sent as one.
type cutter struct{ links.Cutter }

// begin begins with a message; the one before must have been sent.
func (c *cutter) begin(message proto.Message) {
	encoded, err := proto.Marshal(message)
	if err != nil {
		panic(err) // its parts were encoded before
	}
	c.Begin(encoded)
}

// next returns the next piece, or nil when there is none.
func (c *cutter) next() *peerpb.Piece {
	if !c.More() {
		return nil
	}
	data, last := c.Next()
	return &peerpb.Piece{Data: data, Last: last}
}

// joiner puts pieces together.
type joiner struct{ links.Joiner }

// add adds a piece, if there is one, and decodes the message when it is whole.
func (j *joiner) add(piece *peerpb.Piece, message proto.Message) (complete bool, err error) {
	if piece == nil {
		return false, nil
	}
	whole, complete, err := j.Add(piece.GetData(), piece.GetLast())
	if err != nil || !complete {
		return false, err
	}
	err = proto.Unmarshal(whole, message)
	return err == nil, err
}
