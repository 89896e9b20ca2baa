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

	"numstore.example/contracts/gossipkvpb"
	"numstore.example/contracts/numstorepb"
	"numstore.example/contracts/raftkvpb"
)

// contract is one of those that have a golden file.
type contract struct {
	descriptor protoreflect.FileDescriptor
	// paths returns how clients call a method.
	paths func(method string) []string
	// called are the methods that a call of the file is of.
	called []string
}

var contracts = map[string]contract{
	"numstore": {
		numstorepb.File_numstore_proto,
		func(method string) []string { return []string{"/" + method, "/numstore." + method} },
		[]string{"SetNum", "Fact"},
	},
	"raftkv": {
		raftkvpb.File_raftkv_proto,
		func(method string) []string { return []string{"/" + method} },
		[]string{"Get", "Put", "Append", "Delete", "Batch", "Shutdown", "Compact"},
	},
	"gossipkv": {
		gossipkvpb.File_gossipkv_proto,
		func(method string) []string { return []string{"/" + method} },
		[]string{"Get", "Put", "Delete", "Connect", "Disconnect", "Forget", "Shutdown"},
	},
}

// each runs a test for every contract.
func each(t *testing.T, test func(t *testing.T, contract contract, golden File)) {
	for _, name := range Contracts() {
		t.Run(name, func(t *testing.T) {
			contract, known := contracts[name]
			if !known {
				t.Fatalf("%s.json belongs to no contract of this test", name)
			}
			file, err := Read(name)
			if err != nil {
				t.Fatal(err)
			}
			test(t, contract, file)
		})
	}
}

// TestMessages: the generated code agrees with the bytes, both ways.
func TestMessages(t *testing.T) {
	each(t, func(t *testing.T, _ contract, golden File) {
		for _, message := range golden.All() {
			if err := check(message); err != nil {
				t.Errorf("%s: %v", message.Name, err)
			}
		}
	})
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
	each(t, func(t *testing.T, _ contract, golden File) {
		flips := 0
		for _, message := range golden.All() {
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
	})
	malformed := Message{Type: "SetNumResponse", Hex: Hex{8, 1}, Malformed: true}
	if check(malformed) == nil {
		t.Error("a message that is said to be malformed and is not was not noticed")
	}
}

// TestComplete: no method, message or field of a contract is left out.
func TestComplete(t *testing.T) {
	each(t, func(t *testing.T, contract contract, golden File) {
		for i := range contract.descriptor.Services().Len() {
			service := contract.descriptor.Services().Get(i)
			for j := range service.Methods().Len() {
				checkMethod(t, service.Methods().Get(j), contract, golden)
			}
		}
		for i := range contract.descriptor.Messages().Len() {
			checkCoverage(t, contract.descriptor.Messages().Get(i), golden.All())
		}
	})
}

// checkMethod expects the paths of a method, its types, and a call of it.
func checkMethod(t *testing.T, method protoreflect.MethodDescriptor, contract contract, golden File) {
	t.Helper()
	path := fmt.Sprintf("%s/%s", method.Parent().FullName(), method.Name())
	want := fmt.Sprint(Method{contract.paths(path), string(method.Input().FullName()), string(method.Output().FullName())})
	if got := fmt.Sprint(golden.Methods[string(method.Name())]); got != want {
		t.Errorf("%s is %s; want %s", method.FullName(), got, want)
	}
	called := slices.ContainsFunc(golden.Calls, func(call Call) bool { return call.Method == string(method.Name()) })
	if called != slices.Contains(contract.called, string(method.Name())) {
		t.Errorf("there is a call of %s: %t", method.FullName(), called)
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
	if !empty {
		t.Errorf("there is no empty %s", contract.FullName())
	}
	for i := range contract.Fields().Len() {
		if name := contract.Fields().Get(i).Name(); !seen[name] {
			t.Errorf("no %s has its field %s", contract.FullName(), name)
		}
	}
}
