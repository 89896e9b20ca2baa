package placement

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
)

// PointsPerShard is how many points each shard has on the ring. With so many, the share of a shard is rarely more than a
// fifth above or below the mean.
const PointsPerShard = 256

// ring is the points of all shards: in the upper 32 bits the position, in the lower ones the shard. They are in
// ascending order, so of several points at one position that of the lowest shard comes first. The points of a shard do
// not depend on how many others there are; this is why a new shard takes keys from the others, and nothing else moves.
type ring []uint64

func newRing(shards int) ring {
	points := make(ring, 0, shards*PointsPerShard)
	for shard := range shards {
		for i := range PointsPerShard {
			name := fmt.Appendf(nil, "shard-%d/point-%d", shard, i)
			points = append(points, uint64(position(name))<<32|uint64(shard))
		}
	}
	slices.Sort(points)
	return points
}

// shard returns the shard of the first point at the position of a tag or above it; above the last point the first one
// follows.
func (r ring) shard(tag []byte) Shard {
	i, _ := slices.BinarySearch(r, uint64(position(tag))<<32)
	if i == len(r) {
		i = 0
	}
	return Shard(uint32(r[i]))
}

// position returns where on the ring a point or a tag is. CRC-32 would not do: for names that are so much alike its values
// gather, and some shards would have twice their share.
func position(name []byte) uint32 {
	sum := sha256.Sum256(name)
	return binary.BigEndian.Uint32(sum[:])
}
