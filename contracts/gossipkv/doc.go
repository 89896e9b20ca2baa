// Package gossipkv is the Go client of gossipkv, the store whose contract is contracts/gossipkv.proto: it takes reads and writes on any
// server, and becomes equal when messages get through. A Session does what the contract asks of a client, so that its caller
// never reads backwards, whichever servers the session goes to.
//
// What a Session promises, per key:
//
//   - Own writes: a Get shows what the session has written, or something newer, or says ErrDependencyNotMet. A server that does not
//     have it yet is never taken for one without it.
//   - No way back: what a Get or a Dump shows is never older than what an earlier one has shown.
//   - Own writes win: a write is greater than all that the session had seen, of all keys, when it was sent; also at a server
//     that knows nothing of that yet. So the second of two answered writes is what stays.
//   - All of that over changes of servers (Use), broken connections, and restarts of anything, as long as Seen is there.
//
// What it does not: wait until a dependency is met, or choose another server. Its caller does, who knows what matters more; or gives a call
// the option Anywhere. A call ends with its context. A call without a deadline may wait for ever, though not for a server
// that refuses connections.
//
// # What a session is
//
// A Client has connections. A Session is what one user has seen, and which server to ask: it is cheap, and a program that
// serves many users has one Client, and a Session for each of them or even for each of their requests. What was seen (Seen) goes with
// the user, as a text that fits into a header, a cookie or a file (Seen.String, ParseSeen):
//
//	seen, err := gossipkv.ParseSeen(request.Header.Get("X-Seen")) // of a user who is not new
//	session := client.Session(seen)
//	... session.Get(ctx, key) ...
//	response.Header().Set("X-Seen", session.Seen().String())
//
// What a caller can do wrong: lose what was seen, or keep an older text of it and so read backwards; use a Session for users who have nothing to do with each other, which
// only makes them wait for each other's writes; give out the text to who must not know the keys, for it has them, readable; take a text, which is
// not signed, from who may not be trusted: whoever makes one up waits for what does not exist, and sets the clocks of servers ahead, as far as the
// contract lets any client do that.
//
// Errors of servers are gRPC statuses: status.Code(err) is a code of the contract's table; MayHaveHappened says what it means for a
// write. When the context has ended, errors.Is(err, context.DeadlineExceeded) and errors.Is(err, context.Canceled) hold
// as well.
//
// Tests can have servers in their own process: see the package inprocess.
package gossipkv
