package peer

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
	"numstore.example/services/gossipkv/internal/peerpb"
	"numstore.example/services/internal/links"
)

// version is what this program knows of the protocol.
const version = 1

// greeting is what a server tells of itself at the begin of a stream.
type greeting struct {
	node.Greeting
	address string // where it is reached, or ""
	asked   bool   // an operator has just said so
	run     uint64 // of this start of the server
}

func (g greeting) server() merge.ServerID { return g.Self.Server }

func (g greeting) encode() *peerpb.Greeting {
	return &peerpb.Greeting{
		Version: version, Self: encodeOrigin(g.Self), Address: g.address, Asked: g.asked, Run: g.run,
		Known: encodeVector(g.Known), Held: encodeVector(g.Held), Roster: encodeRoster(g.Roster),
	}
}

// send sends the greeting, in parts if it is long: of many servers that have lived long it may be.
func (g greeting) send(stream stream) error {
	encoded := g.encode()
	if proto.Size(encoded) <= links.MaxPiece {
		return transmit(stream, &peerpb.GossipMessage{Greeting: encoded})
	}
	whole, err := proto.Marshal(encoded)
	if err != nil {
		return err
	}
	var cutting links.Cutter
	for cutting.Begin(whole); cutting.More(); {
		data, last := cutting.Next()
		if err := transmit(stream, &peerpb.GossipMessage{Part: &peerpb.Part{Data: data, Last: last}}); err != nil {
			return err
		}
	}
	return nil
}

// receiveGreeting receives what send has sent.
func receiveGreeting(stream stream) (greeting, error) {
	var joining links.Joiner
	for {
		message, err := receive(stream)
		if err != nil {
			return greeting{}, err
		}
		encoded, complete := message.GetGreeting(), true
		if part := message.GetPart(); part != nil {
			var whole []byte
			encoded = new(peerpb.Greeting)
			if whole, complete, err = joining.Add(part.GetData(), part.GetLast()); err == nil && complete {
				err = proto.Unmarshal(whole, encoded)
			}
		}
		if err == nil && !complete {
			continue
		}
		var other greeting
		if err == nil {
			other, err = decodeGreeting(encoded)
		}
		if err != nil {
			return greeting{}, &invalid{err}
		}
		return other, nil
	}
}

func decodeGreeting(encoded *peerpb.Greeting) (g greeting, err error) {
	if encoded == nil {
		return g, errors.New("the first message is no greeting")
	}
	if encoded.GetVersion() == 0 {
		return g, errors.New("the greeting has no version")
	}
	g.address, g.asked, g.run = encoded.GetAddress(), encoded.GetAsked(), encoded.GetRun()
	if g.Self, err = decodeOrigin(encoded.GetSelf()); err == nil {
		g.Known, err = decodeVector(encoded.GetKnown())
	}
	if err == nil {
		g.Held, err = decodeVector(encoded.GetHeld())
	}
	if err == nil {
		g.Roster, err = decodeRoster(encoded.GetRoster())
	}
	if err != nil {
		return g, fmt.Errorf("the greeting: %w", err)
	}
	return g, nil
}
