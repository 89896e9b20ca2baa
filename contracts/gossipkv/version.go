package gossipkv

import (
	"cmp"
	"fmt"

	"numstore.example/contracts/gossipkvpb"
)

// Version is the version of a write: its logical time, and the server and incarnation that made it. The zero Version stands for
// none, and is smaller than all others.
type Version struct {
	Time        uint64
	Server      uint32
	Incarnation uint64
}

// VersionOf returns a version of the contract; the zero Version for nil.
func VersionOf(v *gossipkvpb.Version) Version {
	return Version{Time: v.GetTime(), Server: v.GetServer(), Incarnation: v.GetIncarnation()}
}

// Message returns the version as the contract has it; nil for the zero Version.
func (v Version) Message() *gossipkvpb.Version {
	if v.IsZero() {
		return nil
	}
	return &gossipkvpb.Version{Time: v.Time, Server: v.Server, Incarnation: v.Incarnation}
}

// Compare says which of two versions is the greater one, as cmp.Compare does: by time, then by server, then by incarnation.
func (v Version) Compare(w Version) int {
	return cmp.Or(cmp.Compare(v.Time, w.Time), cmp.Compare(v.Server, w.Server), cmp.Compare(v.Incarnation, w.Incarnation))
}

// IsZero says whether it stands for no version.
func (v Version) IsZero() bool { return v == Version{} }

// origin returns who made the write of a version, as a version without a time.
func (v Version) origin() Version { return Version{Server: v.Server, Incarnation: v.Incarnation} }

// isOne says whether it is the version of a write.
func (v Version) isOne() bool { return v.Time > 0 && v.Server > 0 }

// String returns time@server#incarnation, the incarnation in hexadecimal digits.
func (v Version) String() string { return fmt.Sprintf("%d@%d#%016x", v.Time, v.Server, v.Incarnation) }
