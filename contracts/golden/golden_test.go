package golden

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"numstore.example/contracts/numstorepb"
)

func read(t *testing.T) File {
	t.Helper()
	file, err := Numstore()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestMessages: the generated code agrees with the bytes, both ways.
func TestMessages(t *testing.T) {
	for _, message := range read(t).All() {
		if err := check(message); err != nil {
			t.Errorf("%s: %v", message.Name, err)
		}
	}
}

// check says in what the generated code does not agree with a golden message.
func check(golden Message) error {
	typ, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(golden.Type))
	if err != nil {
		return err
	}
	decoded, want := typ.New().Interface(), typ.New().Interface()
	err = proto.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(golden.Hex, decoded)
	if golden.Malformed {
		if err == nil {
			return fmt.Errorf("%x was decoded to {%v}", golden.Hex, decoded)
		}
		return nil
	}
	if err != nil {
		return err
	}
	if err := protojson.Unmarshal(golden.Fields, want); err != nil {
		return err
	}
	if !proto.Equal(decoded, want) {
		return fmt.Errorf("%x was decoded to {%v}; want {%v}", golden.Hex, decoded, want)
	}
	encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(want)
	if same := bytes.Equal(encoded, golden.Hex); err != nil || same == golden.DecodeOnly {
		return fmt.Errorf("{%v} was encoded to %x, %v; the golden bytes are %x (only for decoding: %t)",
			want, encoded, err, golden.Hex, golden.DecodeOnly)
	}
	return nil
}

// TestCheck shows that a single bit is noticed, wherever it is.
func TestCheck(t *testing.T) {
	flips := 0
	for _, message := range read(t).All() {
		if message.DecodeOnly || message.Malformed {
			continue
		}
		for i := range 8 * len(message.Hex) {
			changed := message
			changed.Hex = slices.Clone(message.Hex)
			changed.Hex[i/8] ^= 1 << (i % 8)
			if check(changed) == nil {
				t.Errorf("%s: %x instead of %x was not noticed", message.Name, changed.Hex, message.Hex)
			}
			flips++
		}
	}
	if flips == 0 {
		t.Error("nothing was changed")
	}
	malformed := Message{Type: "SetNumResponse", Hex: Hex{8, 1}, Malformed: true}
	if check(malformed) == nil {
		t.Error("a message that is said to be malformed and is not was not noticed")
	}
}

// TestComplete: no method, message or field of the contract is left out.
func TestComplete(t *testing.T) {
	golden := read(t)
	contract := numstorepb.File_numstore_proto
	for i := range contract.Services().Len() {
		service := contract.Services().Get(i)
		for j := range service.Methods().Len() {
			checkMethod(t, service.Methods().Get(j), golden)
		}
	}
	for i := range contract.Messages().Len() {
		checkCoverage(t, contract.Messages().Get(i), golden.All())
	}
}

// checkMethod expects both paths of a method, its types, and a call of it.
func checkMethod(t *testing.T, method protoreflect.MethodDescriptor, golden File) {
	t.Helper()
	path := fmt.Sprintf("%s/%s", method.Parent().FullName(), method.Name())
	want := fmt.Sprint(Method{[]string{"/" + path, "/numstore." + path}, string(method.Input().FullName()), string(method.Output().FullName())})
	if got := fmt.Sprint(golden.Methods[string(method.Name())]); got != want {
		t.Errorf("%s is %s; want %s", method.FullName(), got, want)
	}
	if !slices.ContainsFunc(golden.Calls, func(call Call) bool { return call.Method == string(method.Name()) }) {
		t.Errorf("no call of %s", method.FullName())
	}
}

// checkCoverage expects a message without fields, and each field in some message.
func checkCoverage(t *testing.T, contract protoreflect.MessageDescriptor, messages []Message) {
	t.Helper()
	empty, seen := false, make(map[protoreflect.Name]bool)
	for _, message := range messages {
		if message.Type != string(contract.FullName()) || message.Malformed {
			continue
		}
		typ, err := protoregistry.GlobalTypes.FindMessageByName(contract.FullName())
		if err != nil {
			t.Fatal(err)
		}
		decoded := typ.New()
		if err := proto.Unmarshal(message.Hex, decoded.Interface()); err != nil {
			t.Fatal(err)
		}
		empty = empty || len(message.Hex) == 0
		decoded.Range(func(field protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
			seen[field.Name()] = true
			return true
		})
	}
	if !empty || len(seen) != contract.Fields().Len() {
		t.Errorf("of %s there is an empty message: %t, and one with each of the fields %v", contract.FullName(), empty, seen)
	}
}
