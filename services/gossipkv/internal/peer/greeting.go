package peer

import (
	"errors"
	"fmt"

	"numstore.example/services/gossipkv/internal/merge"
	"numstore.example/services/gossipkv/internal/node"
	"numstore.example/services/gossipkv/internal/peerpb"
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
