// Package kv is the rules of raftkv as values and functions: what a write does to a key, what version it
// gets, and how each write happens once however often it is sent. It knows no clock, disk or network:
// State.Apply is a function from a state and a command to a reply and a new state, and every replica that
// applies the same commands at the same times has the same state.
//
// A caller that applies commands:
//
//   - gives each the time that was decided when it was put into the log, never its own;
//   - keeps what a command changes together: the key, the session and Totals become durable in one step
//     (see Store). A session without its effect would turn a retry into a lost write, an effect without its
//     session into one done twice.
package kv

// Millis is a time of the log, or a span of it, in milliseconds. It says how long clients have been idle, and nothing
// else. What is 0 is the log's business; the core only compares and subtracts. No two replicas ever see another time for an
// entry, because the time is in the entry.
type Millis uint64

// Kind is what a write does.
type Kind byte

// The kinds are part of the log's format: their numbers stay.
const (
	Put    Kind = 1
	Append Kind = 2
	Delete Kind = 3
)

// AnyVersion is the expectation of a write that has none. No key ever gets this version.
const AnyVersion = 1<<64 - 1

// ClientID is what a client calls itself, 16 random bytes of its own making.
type ClientID [16]byte

// RequestID names a write so that it can be sent again. The zero RequestID names none: such a write is
// executed each time that it is applied.
type RequestID struct {
	Client   ClientID
	Sequence uint64 // 1 for a client's first write, greater with each next one
}

// Write is a change of one key. What it may do was checked before it was put into the log (its lengths, for one), by
// rules that may differ from server to server; what depends on the state is checked when it is applied, and is the same
// everywhere.
type Write struct {
	Kind     Kind
	Key      []byte
	Value    []byte // what to put or append
	Expect   uint64 // the version that the key must have, 0 for a missing key; AnyVersion if it does not matter
	Previous bool   // whether the result shall have the previous value; an Append's always has
	MaxValue uint64 // Append: the greatest length in bytes that the value may get
}

// Command is what the log holds: one write, or several that are done all or none. Several of them may make an entry, one
// after the other; they have nothing to do with each other, but for the room that their replies may take (MaxPrevious).
type Command struct {
	Request RequestID
	Writes  []Write
}

// Result is what a write did.
type Result struct {
	Version  uint64 // the key's from now on; 0 for a Delete
	Existed  bool   // whether the key existed before
	Previous []byte // the value before, if asked for
}

// Outcome is how a command ended.
type Outcome byte

// The outcomes are remembered on disk with the replies: their numbers stay.
const (
	Done            Outcome = 0 // every write was done; Reply.Results has what each did
	VersionMismatch Outcome = 1 // nothing was done: a key has another version than expected, Reply.Actual
	ValueTooLong    Outcome = 2 // nothing was done: an Append would make a value of Reply.Actual bytes
	SequenceTooLow  Outcome = 3 // nothing was done now: the client's last sequence is Reply.Actual
	UnknownClient   Outcome = 4 // nothing was done now: the session was dropped, or never began
	TooMuch         Outcome = 5 // nothing was done now, nor is it remembered: the values that the entry's writes return are too long together
	BatchTooMuch    Outcome = 6 // nothing was done: the values that the batch's writes return are too long together
)

// Reply is the answer to a command. It is part of the state, if the command has a request id: a repetition gets the
// same bytes.
type Reply struct {
	Outcome Outcome
	Refused int    // which of the writes was refused, from 0 on, for VersionMismatch, ValueTooLong, TooMuch and BatchTooMuch
	Actual  uint64 // see the outcomes
	Results []Result
}

// MaxPrevious is how many bytes of previous values the writes of one entry may return, the last of them excepted.
// A small append can return, and make, a large value, and an entry or a batch can have thousands of them: what
// they do must fit into memory, or no replica could ever apply the entry. It is a rule of the state, as all
// replicas must refuse the same writes.
const MaxPrevious = 128 << 20

// Record is a key's value and the number of its last change. Versions are numbers of State.Revision, which counts all
// changes of all keys: so a key that is deleted and made again has a greater version than before, and the version alone
// tells whether anything has happened to it.
type Record struct {
	Version uint64
	Value   []byte
}
