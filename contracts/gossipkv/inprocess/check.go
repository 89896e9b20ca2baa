package inprocess

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/gossipkvpb"
)

// The limits are those of a server with no other ones.
const (
	maxKey     = 1024
	maxValue   = 16 << 20
	maxMessage = 17 << 20
	maxLead    = 1 << 40 // of a session's time over all that a server has seen
)

func checkPair(key, value []byte) error {
	switch {
	case len(key) == 0:
		return status.Error(codes.InvalidArgument, "the key is empty; it must have at least 1 byte")
	case len(key) > maxKey:
		return status.Errorf(codes.InvalidArgument, "the key is %d bytes long; the longest has %d", len(key), maxKey)
	case len(value) > maxValue:
		return status.Errorf(codes.InvalidArgument, "the value is %d bytes long; the longest has %d", len(value), maxValue)
	}
	return nil
}

// checkTime refuses a session's time that is none of the system's.
func checkTime(now, seen uint64) error {
	if seen > now && seen-now > maxLead {
		return status.Errorf(codes.InvalidArgument, "the session's time is %d; this server has seen %d, and no session can have seen more than 2^40 more", seen, now)
	}
	return nil
}

func checkGet(r *gossipkvpb.GetRequest, now uint64) error {
	if err := checkPair(r.GetKey(), nil); err != nil || r.Seen == nil {
		return err
	}
	if r.GetSeen().GetTime() == 0 || r.GetSeen().GetServer() == 0 {
		return status.Errorf(codes.InvalidArgument, "the version that was seen is {%v}; its time and its server are 1 or greater", r.GetSeen())
	}
	return checkTime(now, r.GetSeen().GetTime())
}

func checkDump(r *gossipkvpb.DumpRequest) error {
	for _, bound := range [][]byte{r.GetPrefix(), r.GetAfter()} {
		if len(bound) > maxKey {
			return status.Errorf(codes.InvalidArgument, "a bound of the dump is %d bytes long; the longest key has %d", len(bound), maxKey)
		}
	}
	return nil
}
