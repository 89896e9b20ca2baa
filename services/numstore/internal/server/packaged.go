package server

import (
	"fmt"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"numstore.example/contracts/numstorepb"
)

// packageName is what some copies of the contract say in a `package` line, which the contract itself
// has not. On the wire it only changes the path of a call, to /numstore.NumStore/SetNum.
const packageName = "numstore"

// packagedServiceDesc is the contract's service under the path with a package.
var packagedServiceDesc = func() grpc.ServiceDesc {
	file := registerPackagedFile(numstorepb.File_numstore_proto)
	desc := numstorepb.NumStore_ServiceDesc
	desc.ServiceName = packageName + "." + desc.ServiceName
	desc.Metadata = file.Path()
	return desc
}()

// registerPackagedFile makes the contract known a second time, with the package, so that reflection
// can describe the second path as well as the first: grpcurl calls what reflection lists.
func registerPackagedFile(contract protoreflect.FileDescriptor) protoreflect.FileDescriptor {
	description := protodesc.ToFileDescriptorProto(contract)
	description.Name = proto.String(packageName + "/" + contract.Path())
	description.Package = proto.String(packageName)
	qualify := func(name string) *string { // ".SetNumRequest" becomes ".numstore.SetNumRequest"
		return proto.String("." + packageName + "." + strings.TrimPrefix(name, "."))
	}
	for _, service := range description.GetService() {
		for _, method := range service.GetMethod() {
			method.InputType = qualify(method.GetInputType())
			method.OutputType = qualify(method.GetOutputType())
		}
	}
	file, err := protodesc.NewFile(description, protoregistry.GlobalFiles)
	if err == nil {
		err = protoregistry.GlobalFiles.RegisterFile(file)
	}
	if err != nil { // only a change of the contract can bring this about, and every start shows it
		panic(fmt.Sprintf("describing %s.%s: %v", packageName, contract.Path(), err))
	}
	return file
}
