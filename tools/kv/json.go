package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// object is a JSON object on a line, as far as it has been written.
type object []byte

// with adds a field.
func (o object) with(name string, value any) object {
	if len(o) == 0 {
		o = append(o, '{')
	} else {
		o = append(o, ',')
	}
	return append(append(append(o, '"'), name+`":`...), encode(value)...)
}

// bytes adds a field with text, or with base64 under a name that says so: JSON has no other bytes than UTF-8.
func (o object) bytes(name string, b []byte) object {
	if utf8.Valid(b) {
		return o.with(name, string(b))
	}
	return o.with(name+"_base64", b)
}

// line ends the object.
func (o object) line() []byte {
	if len(o) == 0 {
		return []byte("{}\n")
	}
	return append(o, "}\n"...)
}

// encode returns a value as JSON, in which all that a terminal would not print is escaped. It must have no text that is
// no UTF-8.
func encode(value any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) // of a type that cannot be encoded
	}
	text := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if printable(text, "") {
		return text
	}
	var out []byte
	for _, r := range string(text) {
		switch {
		case unicode.IsPrint(r):
			out = utf8.AppendRune(out, r)
		case r <= 0xffff:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		}
	}
	return out
}

// fields returns a message of the contract, with the names that its fields have there. Fields without a value are
// there as well, but for messages. Its enumerations are words in lower case.
func fields(m protoreflect.Message) object {
	var o object
	for i := range m.Descriptor().Fields().Len() {
		field := m.Descriptor().Fields().Get(i)
		if field.Message() != nil && !field.IsList() && !m.Has(field) {
			continue
		}
		o = o.with(string(field.Name()), fieldValue(field, m.Get(field)))
	}
	return o
}

func fieldValue(field protoreflect.FieldDescriptor, value protoreflect.Value) any {
	if !field.IsList() {
		return single(field, value)
	}
	all := make([]any, value.List().Len())
	for i := range all {
		all[i] = single(field, value.List().Get(i))
	}
	return all
}

func single(field protoreflect.FieldDescriptor, value protoreflect.Value) any {
	switch field.Kind() {
	case protoreflect.EnumKind:
		known := field.Enum().Values().ByNumber(value.Enum())
		if known == nil {
			return value.Enum() // of a newer contract
		}
		return word(known)
	case protoreflect.MessageKind:
		if at, ok := value.Message().Interface().(*timestamppb.Timestamp); ok {
			return at.AsTime().Format(time.RFC3339)
		}
		return messageFields(value.Message().Interface())
	}
	return value.Interface()
}

// word returns a value of an enumeration of the contract as a word: without the prefix that all of them have, which is that of the
// one that stands for none.
func word(value protoreflect.EnumValueDescriptor) string {
	none := value.Parent().(protoreflect.EnumDescriptor).Values().ByNumber(0).Name()
	return strings.ToLower(strings.TrimPrefix(string(value.Name()), strings.TrimSuffix(string(none), "UNSPECIFIED")))
}

// messageFields returns a message of the contract as the value of a field.
func messageFields(m proto.Message) json.RawMessage {
	return bytes.TrimSpace(fields(m.ProtoReflect()).line())
}

// printMessage prints a message of the contract as an object.
func (a *app) printMessage(m proto.Message) error {
	return a.write(fields(m.ProtoReflect()).line())
}
