package kv

import (
	"encoding/binary"
	"errors"
)

// errMalformed is returned for bytes that Encode has not made. They come from a log whose checksums were
// right, so it means a defect or a newer format, and nothing can be applied after them.
var errMalformed = errors.New("kv: malformed command or reply (written by another version of this program?)")

// Commands lie in the log, and replies in the sessions, in these forms. Numbers and lengths are uvarints, [] may be left
// out, as the flags before it say. A later version of the program must read all of them.
//
//	command  1 FLAGS [CLIENT SEQUENCE] COUNT WRITE…   writes
//	command  2 MILLIS                                 forget who was idle for so long
//	command  3 INDEX SUM LEADER                       compare your checksum at an entry with this one
//	write    KIND+FLAGS [EXPECT] [MAXVALUE] LENGTH KEY [LENGTH VALUE]
//	reply    0 COUNT RESULT…                          all was done
//	reply    OUTCOME REFUSED ACTUAL                   nothing was
//	result   FLAGS VERSION [LENGTH PREVIOUS]

// Flags of an encoded command, of a write, and of a result.
const (
	hasRequest = 1 << 0

	writeExpects  = 1 << 4 // beside the kind, in the low bits
	writePrevious = 1 << 5

	resultExisted  = 1 << 0
	resultPrevious = 1 << 1
)

// The first byte of a command tells what it is.
const (
	commandWrites  = 1
	commandForget  = 2
	commandCompare = 3
)

// AppendTo appends the encoded command to b. Lengths and numbers are uvarints.
func (c *Command) AppendTo(b []byte) []byte {
	b = append(b, commandWrites)
	if c.Request.Sequence != 0 {
		b = append(b, hasRequest)
		b = append(b, c.Request.Client[:]...)
		b = binary.AppendUvarint(b, c.Request.Sequence)
	} else {
		b = append(b, 0)
	}
	b = binary.AppendUvarint(b, uint64(len(c.Writes)))
	for i := range c.Writes {
		b = c.Writes[i].appendTo(b)
	}
	return b
}

func (w *Write) appendTo(b []byte) []byte {
	flags := byte(w.Kind)
	if w.Expect != AnyVersion {
		flags |= writeExpects
	}
	if w.Previous {
		flags |= writePrevious
	}
	b = append(b, flags)
	if w.Expect != AnyVersion {
		b = binary.AppendUvarint(b, w.Expect)
	}
	if w.Kind == Append {
		b = binary.AppendUvarint(b, w.MaxValue)
	}
	b = appendBytes(b, w.Key)
	if w.Kind != Delete {
		b = appendBytes(b, w.Value)
	}
	return b
}

// AppendForget appends an encoded command that drops the sessions of clients which have written nothing
// for at least idle milliseconds.
func AppendForget(b []byte, idle Millis) []byte {
	return binary.AppendUvarint(append(b, commandForget), uint64(idle))
}

// AppendCompare appends an encoded command that has each replica compare the checksum that its state had at an entry with that of
// a leader's, a node's number.
func AppendCompare(b []byte, index, sum, leader uint64) []byte {
	b = binary.AppendUvarint(append(b, commandCompare), index)
	return binary.AppendUvarint(binary.AppendUvarint(b, sum), leader)
}

// decode reads a command of writes. Keys and values alias what the decoder reads from.
func (c *Command) decode(d *decoder) {
	if d.byte()&hasRequest != 0 {
		copy(c.Request.Client[:], d.next(len(c.Request.Client)))
		c.Request.Sequence = d.uvarint()
	}
	n := d.uvarint()
	for ; n > 0 && d.err == nil; n-- {
		c.Writes = append(c.Writes, d.write())
	}
}

func (d *decoder) write() (w Write) {
	flags := d.byte()
	w.Kind = Kind(flags & 0xf)
	w.Previous = flags&writePrevious != 0
	w.Expect = AnyVersion
	if flags&writeExpects != 0 {
		w.Expect = d.uvarint()
	}
	if w.Kind == Append {
		w.MaxValue = d.uvarint()
	}
	w.Key = d.bytes()
	if w.Kind != Delete {
		w.Value = d.bytes()
	}
	if w.Kind < Put || w.Kind > Delete {
		d.err = errMalformed
	}
	return w
}

// AppendTo appends the encoded reply to b. The encoded form is what a session remembers.
func (r *Reply) AppendTo(b []byte) []byte {
	b = append(b, byte(r.Outcome))
	if r.Outcome != Done {
		b = binary.AppendUvarint(b, uint64(r.Refused))
		return binary.AppendUvarint(b, r.Actual)
	}
	b = binary.AppendUvarint(b, uint64(len(r.Results)))
	for i := range r.Results {
		b = r.Results[i].appendTo(b)
	}
	return b
}

func (r *Result) appendTo(b []byte) []byte {
	var flags byte
	if r.Existed {
		flags |= resultExisted
	}
	if len(r.Previous) > 0 {
		flags |= resultPrevious
	}
	b = append(b, flags)
	b = binary.AppendUvarint(b, r.Version)
	if len(r.Previous) > 0 {
		b = appendBytes(b, r.Previous)
	}
	return b
}

// DecodeReply reads a reply that AppendTo has encoded. Previous values alias b.
func DecodeReply(b []byte) (r Reply, err error) {
	d := decoder{rest: b}
	r.Outcome = Outcome(d.byte())
	if r.Outcome != Done {
		r.Refused = int(d.uvarint())
		r.Actual = d.uvarint()
		return r, d.end()
	}
	n := d.uvarint()
	if n > uint64(len(b)) { // each result takes some bytes
		return r, errMalformed
	}
	r.Results = make([]Result, n)
	for i := range r.Results {
		flags := d.byte()
		r.Results[i].Existed = flags&resultExisted != 0
		r.Results[i].Version = d.uvarint()
		if flags&resultPrevious != 0 {
			r.Results[i].Previous = d.bytes()
		}
	}
	return r, d.end()
}

func appendBytes(b, s []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// decoder reads what the functions above have written. After a mistake it returns zeros and keeps the
// error, so that callers check once, at the end.
type decoder struct {
	rest []byte
	err  error
}

func (d *decoder) byte() byte {
	if b := d.next(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.rest, d.err = nil, errMalformed
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) bytes() []byte {
	n := d.uvarint()
	if n > uint64(len(d.rest)) {
		d.rest, d.err = nil, errMalformed
		return nil
	}
	return d.next(int(n))
}

func (d *decoder) next(n int) []byte {
	if n > len(d.rest) {
		d.rest, d.err = nil, errMalformed
		return nil
	}
	b := d.rest[:n:n]
	d.rest = d.rest[n:]
	return b
}

// end returns the error of the whole: what was wrong, or that something is left over.
func (d *decoder) end() error {
	if d.err == nil && len(d.rest) > 0 {
		d.err = errMalformed
	}
	return d.err
}
