// Package remote keeps numbers in an engine outside of the process: a store of rows that other processes use at the same
// time, and that survives all of them. Any number of servers may share the numbers of one engine; together they are as one
// server.
//
// What it promises, of all servers on one engine together:
//
//   - Calls take effect one after the other, in an order that agrees with real time.
//   - The total that a Set returns is the one as of this update. It is kept in a row of its own, not computed.
//   - What was answered is in the engine. An error says whether the update may have happened; one that may have happened
//     takes effect at most once.
//   - Rows that this package did not write, as far as they come to light, are an error and never part of a total.
//
// # The life of a Set
//
// A Set waits until the goroutine that writes (Store.run) is free. What waits then becomes one batch, as far as the
// engine's limits allow. The batch is applied to the rows of its keys and of the total, one update after the other (apply,
// which is pure), so that each has its own total; and what has changed is written in one swap, which does nothing if one of
// these rows has another version by now. Then all is done again with what is there now. The row of the total is part of
// every swap, and so two swaps that both happen never were made of the same.
//
// The rows are those that were last seen (recent), as the last swap left them for example, and are read only if they are not
// known: as long as nobody else writes, a batch is one call to the engine. That they may be out of date does no harm, since the
// versions in the swap prove them. What no swap proves, that an update is refused, is said only of rows that were read
// anew, at one moment (Store.oneMoment).
//
// A Fact reads the one row of its key.
//
// # Several servers
//
// Servers that all swapped the row of the total would have most of their swaps refused. So one of them does the updates of all: the others, its
// guests, leave theirs in rows of their own (post), and it does them together with its own in one swap, which also writes the totals that they came
// to into these rows (host). It need not read, as nobody else writes.
//
// Nobody is chosen. A server that has swapped numbers goes on to; one that was refused, since another had been faster, is a guest from then on
// (Store.leave). If the total does not change while it waits, nobody writes: it takes back what it has left, and swaps itself. So there may be two
// that write for a moment, one of which is refused, or a post that nobody sees for a while. That costs time and nothing else: all that this
// package promises rests on the versions alone. A row of a post goes from the updates to their totals in the swap that does them, or to nothing when
// they are taken back, and only one of the two can happen.
//
// What a server has left that is gone by now is not done later: a post counts only if it came since the server that writes has last looked, a moment
// before. An hour later it might undo what was set in between.
//
// # When the engine is away
//
// A call waits for it for a while, shorter than its own deadline, and then fails with ErrAway. What has not been sent when
// its caller leaves is not sent later.
package remote

import (
	"context"
	"errors"
	"iter"
)

// Engine is a store of rows that several processes share. Its methods may be called from any number of goroutines, and
// are linearizable.
type Engine interface {
	// Read returns the rows with these names, in their order, each as it is at some moment of the call. One that does not
	// exist has the version 0. It makes one attempt, and ends with ctx at the latest.
	Read(ctx context.Context, names []string) ([]Row, error)

	// Swap gives rows new values, all or none, if each has the version that is named, 0 meaning that it does not exist.
	// The names differ. It returns the rows in their order, as they are from then on. Errors that wrap ErrUnchanged mean
	// that nothing has changed, nor will; if that is because of the versions, the rows as they were then come with it, from
	// engines that tell them in the same answer. After any other error the swap may have happened, or may happen yet; but
	// never does it happen twice.
	Swap(ctx context.Context, rows []Row) ([]Row, error)

	// All returns every row, in the order of the names. An error is the last element.
	All(ctx context.Context) iter.Seq2[Row, error]

	// Limits returns what the engine takes. It is known once there has been an answer.
	Limits() Limits

	// String says what it is and where, for messages.
	String() string
}

// Row is a row of an engine.
type Row struct {
	Name    string
	Value   string
	Version uint64 // greater with each change, of all rows of the engine; 0 if the row does not exist
}

// Limits are what an engine takes. All are at least 2.
type Limits struct {
	Rows  int // in one swap
	Bytes int // of the names of one swap together
	Name  int // bytes of one name
}

var (
	// ErrUnchanged says of a swap that it did not happen: somebody else has changed one of its rows, or the engine has
	// refused it.
	ErrUnchanged = errors.New("nothing has changed")

	// ErrAway says that the engine did not answer in time. Errors that wrap it say whether an update may have happened.
	ErrAway = errors.New("the engine that keeps the numbers does not answer")

	// ErrDamaged says that the engine holds rows that numstore did not write, or lacks some that it did.
	ErrDamaged = errors.New("the rows in the engine are damaged, or not numstore's")
)
