package rpcserver

import (
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// maxFields is how many fields a request may have, those of the messages in it included. Two bytes of a request
// can be a field that takes a hundred bytes of memory when it is decoded: an empty message in a list. The longest
// messages that a contract of this house allows have a third of it.
const maxFields = 128 << 10

// shape is what the encoding does not tell of a message: which of its fields are messages again.
type shape struct {
	nested []*shape // by field number; nil for what is no message
	packed []bool   // by field number: whether it is a list of numbers, which may be one field on the wire
}

// shapes makes shapes of types of messages, once each.
type shapes struct {
	mu    sync.Mutex
	known sync.Map // from protoreflect.MessageDescriptor to *shape
}

func (s *shapes) of(message protoreflect.MessageDescriptor) *shape {
	if known, ok := s.known.Load(message); ok {
		return known.(*shape)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	made := map[protoreflect.MessageDescriptor]*shape{}
	result := makeShape(message, made)
	for message, shape := range made {
		s.known.Store(message, shape)
	}
	return result
}

// greatestNumber is that of the fields which are looked into; those beyond are counted as one each. No contract comes
// near it.
const greatestNumber = 1000

func makeShape(message protoreflect.MessageDescriptor, made map[protoreflect.MessageDescriptor]*shape) *shape {
	if known, ok := made[message]; ok { // a type may hold itself
		return known
	}
	result := new(shape)
	made[message] = result
	fields := message.Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		number := int(field.Number())
		if number > greatestNumber {
			continue
		}
		for len(result.nested) <= number {
			result.nested, result.packed = append(result.nested, nil), append(result.packed, false)
		}
		if field.Message() != nil {
			result.nested[number] = makeShape(field.Message(), made)
		}
		result.packed[number] = field.IsList() && field.Kind() != protoreflect.StringKind && field.Kind() != protoreflect.BytesKind
	}
	return result
}

const (
	// maxDepth is how deep messages may lie in each other; the decoder allows no more either.
	maxDepth = 10000
	// packedLength is how many bytes of packed numbers count as a field: each may become a number of eight.
	packedLength = 8
)

// count adds the fields of an encoded message to n, and stops when there are more than maxFields. It also stops at
// what is malformed, and leaves that to the decoder.
func (s *shape) count(message []byte, n, depth int) int {
	for len(message) > 0 && n <= maxFields && depth <= maxDepth {
		number, kind, length := protowire.ConsumeTag(message)
		if length < 0 {
			return n
		}
		message = message[length:]
		n++
		length = protowire.ConsumeFieldValue(number, kind, message)
		if length < 0 {
			return n
		}
		if kind == protowire.BytesType && int(number) < len(s.nested) {
			content, _ := protowire.ConsumeBytes(message)
			switch {
			case s.nested[number] != nil:
				n = s.nested[number].count(content, n, depth+1)
			case s.packed[number]:
				n += len(content) / packedLength
			}
		}
		message = message[length:]
	}
	return n
}
