package peer

import (
	"google.golang.org/protobuf/proto"

	"numstore.example/services/raftkv/internal/peerpb"
)

// cutter sends a message in pieces that is too long to be sent as one.
type cutter struct{ cut }

// begin begins with a message; the one before must have been sent.
func (c *cutter) begin(message proto.Message) {
	encoded, err := proto.Marshal(message)
	if err != nil {
		panic(err) // its parts were encoded before
	}
	c.cut.begin(encoded)
}

// next returns the next piece, or nil when there is none.
func (c *cutter) next() *peerpb.Piece {
	if !c.more() {
		return nil
	}
	data, last := c.cut.next()
	return &peerpb.Piece{Data: data, Last: last}
}

// joiner puts pieces together.
type joiner struct{ joined }

// add adds a piece, if there is one, and decodes the message when it is whole.
func (j *joiner) add(piece *peerpb.Piece, message proto.Message) (complete bool, err error) {
	if piece == nil {
		return false, nil
	}
	whole, complete, err := j.joined.add(piece.GetData(), piece.GetLast())
	if err != nil || !complete {
		return false, err
	}
	err = proto.Unmarshal(whole, message)
	return err == nil, err
}
