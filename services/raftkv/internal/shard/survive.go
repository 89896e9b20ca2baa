package shard

import "slices"

// When a shard has lost the majority of its voters for ever, its log can decide nothing any more, not even who votes instead.
// Then an operator decides, beside the log: one member that is left votes alone. Nothing keeps the others from deciding
// something else, if they are not lost, except that they learn of it: so what is decided here must count for more than all that
// they can have decided.

// leap is by how much the operator's decision is ahead of what the survivor knows: of the version of the members, and of the
// members of each other node. What the survivor does not know of is a few changes at most, of two or three steps each: they were
// decided while it was away, or are at the end of its log.
const leap = 1000

// Survive returns the members of a shard of which one, a member, is left, and all others are lost for ever, or taken to be: it is
// the only voter, and the others are retired. Nodes are those of the cluster. Their next members are others than those that
// they have, even if the survivor does not know of these: so a node that comes back has none of the shard, and begins with nothing
// if it gets one.
func (m Members) Survive(survivor MemberID, nodes []Node) Members {
	alone := Members{Version: m.Version + leap, Retired: m.Retired}
	others := m.All()
	for _, node := range nodes {
		others = append(others, Member{MemberOf(node.ID, 0), node.Store})
	}
	for _, other := range others {
		switch node := other.ID.Node(); {
		case other.ID == survivor:
			alone.Members = []Member{other}
		case node != survivor.Node():
			beyond := MemberOf(node, m.Next(node).Incarnation()+leap)
			alone.Retired = retire(alone.Retired, Member{beyond, other.Store})
		}
	}
	return alone
}

// Alone says whether a member is the only one that votes: it decides everything by itself.
func (m Members) Alone(id MemberID) bool {
	return len(m.Members) == 1 && !m.Joint() && m.Votes(id)
}

// Gone says whether a member is none any more: it or a later one of its node is retired.
func (m Members) Gone(id MemberID) bool {
	return slices.ContainsFunc(m.Retired, func(r Member) bool { return r.ID.Node() == id.Node() && r.ID >= id })
}
