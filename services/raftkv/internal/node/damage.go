package node

import (
	"cmp"
	"slices"

	"numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

// A file that is not as it was written takes out the member whose rows it has, if the shard has others: it is silent from then
// on, and votes no more; the node passes on what it is asked, and its other members do not notice. It stays so over restarts
// as long as the file is met. The rows are deleted when the node gets another member of the shard (kv member rebuild). Where
// there is nobody else, the calls that meet the damage fail.

// Damage is why a member of this node is out of service.
type Damage struct {
	Shard  storage.ShardID
	Member storage.MemberID
	Err    error
}

// Damages returns which of this node's members are out of service, by their shards.
func (n *Node) Damages() []Damage {
	if j := n.joined.Load(); j != nil {
		return j.damages
	}
	return nil
}

// memberFailed is told that a member of a shard, of those that have it, has ended by itself.
func (n *Node) memberFailed(damage Damage, members shard.Members) {
	if !n.takeOut(damage, members) {
		n.options.OnFailure(damage.Err)
	}
}

// rowsLost is told by the store that it has lost rows of a shard.
func (n *Node) rowsLost(number storage.ShardID, err error) {
	if local := n.local(number); local != nil {
		n.takeOut(Damage{number, local.member, err}, local.state.Members())
	}
}

// takeOut has a member taken out of service, if an error means that, and others have the shard, by what the member or the map
// knows of them. It does not wait; a node that is about to start takes it out when it has.
func (n *Node) takeOut(damage Damage, members shard.Members) bool {
	if cluster := n.Cluster(); cluster != nil && cluster.Shards[damage.Shard].Version > members.Version {
		members = cluster.Shards[damage.Shard]
	}
	if n.store.Failure() != nil || !outlives(damage.Err, members) {
		return false
	}
	n.ailing.Lock()
	n.ails = append(n.ails, damage)
	n.ailing.Unlock()
	n.membersChanged()
	return true
}

// outlives says whether a node goes on without a member of a shard, after an error: if others have what it had, which a learner
// may not have yet.
func outlives(err error, members shard.Members) bool {
	members.Learner = nil
	return storage.IsDamage(err) && len(members.All()) > 1
}

// endAiling ends the members that were to be taken out. The lock of the lifecycle is held.
func (n *Node) endAiling() error {
	n.ailing.Lock()
	ails := n.ails
	n.ails = nil
	n.ailing.Unlock()
	for _, damage := range ails {
		j := n.joined.Load()
		local := j.locals[damage.Shard]
		if local == nil || local.member != damage.Member {
			continue
		}
		n.joined.Store(j.with(damage.Shard, nil).damaged(damage))
		if err := n.end(local); err != nil {
			return err
		}
		n.tellOf(damage)
	}
	return nil
}

func (n *Node) tellOf(damage Damage) {
	n.options.Logger.Error("the replica of a shard is damaged, and out of service; the others serve the shard (kv member rebuild takes it from them)",
		"shard", damage.Shard, "member", damage.Member, "error", damage.Err)
}

// damaged returns the same with another damage.
func (j *joined) damaged(damage Damage) *joined {
	next := *j
	next.damages = append(j.undamaged(damage.Shard), damage)
	slices.SortFunc(next.damages, func(a, b Damage) int { return cmp.Compare(a.Shard, b.Shard) })
	return &next
}

// undamaged returns the damages of other shards.
func (j *joined) undamaged(number storage.ShardID) []Damage {
	return slices.DeleteFunc(slices.Clone(j.damages), func(d Damage) bool { return d.Shard == number })
}

// has returns the member of a shard that the store has rows of, damaged or not, or 0.
func (j *joined) has(number storage.ShardID) storage.MemberID {
	if local := j.locals[number]; local != nil {
		return local.member
	}
	for _, damage := range j.damages {
		if damage.Shard == number {
			return damage.Member
		}
	}
	return 0
}
