package server

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/address"
	"numstore.example/contracts/gossipkvpb"
	"numstore.example/services/gossipkv/internal/merge"
)

// All checks of input are here, but for that of a write's time, which the node makes when it gives the write its own. Their messages leave keys and values
// out: they may be megabytes long.

// limits are how long keys and values may be, in bytes.
type limits struct{ key, value int }

func (l limits) checkKey(key []byte) error {
	switch {
	case len(key) == 0:
		return status.Error(codes.InvalidArgument, "the key is empty; it must have at least 1 byte")
	case len(key) > l.key:
		return status.Errorf(codes.InvalidArgument, "the key is %d bytes long; the limit is %d bytes (--max-key)", len(key), l.key)
	}
	return nil
}

func (l limits) checkPut(key, value []byte) error {
	if err := l.checkKey(key); err != nil {
		return err
	}
	if len(value) > l.value {
		return status.Errorf(codes.InvalidArgument, "the value is %d bytes long; the limit is %d bytes (--max-value)", len(value), l.value)
	}
	return nil
}

// checkDump checks the bounds of a dump, which are keys or parts of keys.
func (l limits) checkDump(request *gossipkvpb.DumpRequest) error {
	for name, bound := range map[string][]byte{"prefix": request.GetPrefix(), "after": request.GetAfter()} {
		if len(bound) > l.key {
			return status.Errorf(codes.InvalidArgument, "the dump's %s is %d bytes long; the limit is %d bytes, that of a key (--max-key)", name, len(bound), l.key)
		}
	}
	return nil
}

// checkVersion returns the version that a session has seen, the zero version if none. Now is the greatest time that the server has seen.
func checkVersion(seen *gossipkvpb.Version, now uint64) (version merge.Version, err error) {
	if seen == nil {
		return version, nil
	}
	if _, ok := merge.Next(now, seen.GetTime()); !ok {
		return version, status.Errorf(codes.InvalidArgument,
			"the version that was seen has the time %d, which is more than 2^40 ahead of all that this server has seen: it is none of this system's; begin a new session", seen.GetTime())
	}
	if seen.GetTime() == 0 || seen.GetServer() == 0 {
		return version, status.Errorf(codes.InvalidArgument,
			"the version that was seen has the time %d and the server %d; both are 1 or greater (leave it out if nothing was seen)", seen.GetTime(), seen.GetServer())
	}
	return merge.Version{Time: seen.GetTime(), Origin: merge.Origin{
		Server: merge.ServerID(seen.GetServer()), Incarnation: merge.Incarnation(seen.GetIncarnation())}}, nil
}

// checkAddress returns the address of a server in the form in which links have it.
func checkAddress(text string) (string, error) {
	at, err := address.ParseHostPort(text)
	if err != nil {
		return "", status.Error(codes.InvalidArgument, err.Error())
	}
	return at, nil
}

// checkLink returns which link is to end: that to a server, or that to an address.
func checkLink(request *gossipkvpb.DisconnectRequest) (server merge.ServerID, at string, err error) {
	switch peer := request.GetPeer().(type) {
	case *gossipkvpb.DisconnectRequest_Server:
		if peer.Server == 0 {
			return 0, "", status.Error(codes.InvalidArgument, "the server is 0; numbers of servers are 1 or greater")
		}
		return merge.ServerID(peer.Server), "", nil
	case *gossipkvpb.DisconnectRequest_Address:
		at, err = checkAddress(peer.Address)
		return 0, at, err
	}
	return 0, "", status.Error(codes.InvalidArgument, "it is not said which link is to end; name the other server's number, or its address")
}

// checkForgotten returns the server that is to be forgotten, which must be another one than this.
func checkForgotten(request *gossipkvpb.ForgetRequest, self merge.ServerID) (merge.ServerID, error) {
	switch server := merge.ServerID(request.GetServer()); server {
	case 0:
		return 0, status.Error(codes.InvalidArgument, "the server is 0; numbers of servers are 1 or greater")
	case self:
		return 0, status.Errorf(codes.InvalidArgument, "server %d is this one; tell another one to forget it, when it is to run no more", self)
	default:
		return server, nil
	}
}
