package node

import (
	"context"
	"errors"
	"time"

	"numstore.example/services/gossipkv/internal/merge"
)

// Errors of Transport's Connect and Disconnect, each with what was met behind it.
var (
	// ErrUnreachable: the other server cannot be reached. It is tried again.
	ErrUnreachable = errors.New("the server cannot be reached")
	// ErrRefused: one of both refuses the other. It is not tried again.
	ErrRefused = errors.New("the link was refused")
	// ErrNoLink: there is no such link.
	ErrNoLink = errors.New("there is no such link")
)

// Transport is what connects a server with others: it makes links, greets, and carries messages. It tells the node of links by Node.LinkUp and
// Node.LinkDown, and of messages by Node.Receive.
type Transport interface {
	// Send sends a message to a server to which there is a link, for Node.Receive there. It does not wait: what it has no room for, or no
	// link, is lost, and Send says false.
	Send(to merge.ServerID, message Message) (sent bool)

	// Connect links this server to the one at an address, and Disconnect ends a link, as in contracts/gossipkv.proto. The errors of Connect are
	// ErrUnreachable, with which it goes on trying, and ErrRefused; that of Disconnect is ErrNoLink.
	Connect(ctx context.Context, address string) (merge.ServerID, error)
	Disconnect(ctx context.Context, server merge.ServerID, address string) error

	// HangUp ends the link to a server, if there is one, without waiting. Either side may make it again, if both are welcome.
	HangUp(server merge.ServerID)

	// Links tells of all links.
	Links() []Link
}

// Link is what the transport knows of a link.
type Link struct {
	Server         merge.ServerID // 0 as long as it was never reached
	Address        string         // HOST:PORT; empty if it is not known
	Up             bool
	Reason         string // why it is not up
	LastExchange   time.Time
	Sent, Received uint64 // bytes
}

// Greeting is what servers tell of themselves when a link begins. Each side checks it with Node.Welcome.
type Greeting struct {
	Self merge.Origin
	// Known is what the sender knows: a server that reads more of itself in it than it knows goes on under another incarnation.
	Known merge.Vector
	// Held is the greatest time of each origin of which the sender has an entry, known or not.
	Held merge.Vector
	// Roster is whom it knows: who is forgotten is refused, also by those who learn it only now.
	Roster merge.Roster
}
