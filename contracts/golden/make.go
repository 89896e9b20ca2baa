package golden

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// Make makes a call of the file on its first path, and says in what the answer is not the golden one. The program must have the
// contract's generated code.
func (f File) Make(ctx context.Context, conn grpc.ClientConnInterface, call Call) error {
	method := f.Methods[call.Method]
	request, err := decode(method.Request, call.Request.Hex)
	if err != nil {
		return err
	}
	var golden Hex // as long as there is no reply, an empty one
	if call.Reply != nil {
		golden = call.Reply.Hex
	}
	want, err := decode(method.Reply, golden)
	if err != nil {
		return err
	}
	reply := want.ProtoReflect().New().Interface()
	err = conn.Invoke(ctx, method.Paths[0], request, reply)
	if uint32(status.Code(err)) != call.Status || !proto.Equal(reply, want) {
		return fmt.Errorf("%s: {%v}, %v; want {%v} with status %d", call.Name, reply, err, want, call.Status)
	}
	return nil
}

// decode returns bytes as a message of a type.
func decode(name string, data []byte) (proto.Message, error) {
	typ, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(name))
	if err != nil {
		return nil, err
	}
	message := typ.New().Interface()
	return message, proto.Unmarshal(data, message)
}
