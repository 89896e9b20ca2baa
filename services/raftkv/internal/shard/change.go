package shard

import (
	"cmp"
	"fmt"
	"slices"
)

// How the members of a shard change: one change at a time, in steps, each of which is an entry of the shard's log. A new
// member begins as a learner, which has no vote; when it has caught up, it becomes a voter in the same step in which the one
// that it replaces, if any, begins to leave. From that step to the next one, the last, decisions take a majority of the voters
// before and one of those after (joint consensus: Ongaro, "Consensus: Bridging Theory and Practice", section 4.3). Until the
// learner votes, the change can be taken back.

// Learner is a member that has no vote yet.
type Learner struct {
	Member
	// Replaces is the voter whose place it takes; 0 if it takes nobody's.
	Replaces MemberID `json:"replaces,omitempty"`
}

// Step is a step of a change.
type Step struct {
	// Version is that of the members that the step is for.
	Version uint64   `json:"version"`
	Kind    StepKind `json:"kind"`
	Learner *Learner `json:"learner,omitempty"` // with Begin
	Member  MemberID `json:"member,omitempty"`  // with Remove
}

// StepKind is what a step does.
type StepKind string

// The kinds of steps.
const (
	Begin   StepKind = "begin"   // a learner is added
	Promote StepKind = "promote" // the learner becomes a voter; whom it replaces begins to leave
	Leave   StepKind = "leave"   // who began to leave has left
	Remove  StepKind = "remove"  // a voter leaves, and nobody takes its place
	Cancel  StepKind = "cancel"  // the learner goes
)

// Check says why a step cannot be taken, or nil.
func (m Members) Check(step Step) error {
	switch {
	case step.Version != m.Version:
		return fmt.Errorf("the members are of version %d now, and the step is for version %d", m.Version, step.Version)
	case (step.Kind == Leave) != m.Joint():
		return fmt.Errorf("the last change of the members is about to end; try again after that")
	case (step.Kind == Promote || step.Kind == Cancel) && m.Learner == nil:
		return fmt.Errorf("no change of the members is under way")
	case (step.Kind == Begin || step.Kind == Remove) && m.Learner != nil:
		return fmt.Errorf("another change is under way: node %d is to get a replica; await its end, or take it back", m.Learner.ID.Node())
	case step.Kind == Begin:
		return m.checkLearner(step.Learner)
	case step.Kind == Remove && !m.Votes(step.Member):
		return fmt.Errorf("member %v does not vote", step.Member)
	case step.Kind == Remove && len(m.Members) == 1:
		return fmt.Errorf("node %d has the only replica", step.Member.Node())
	}
	return nil
}

func (m Members) checkLearner(learner *Learner) error {
	switch {
	case learner == nil:
		return fmt.Errorf("a change without a new member")
	case learner.ID != m.Next(learner.ID.Node()):
		return fmt.Errorf("the next member of node %d is %v, not %v", learner.ID.Node(), m.Next(learner.ID.Node()), learner.ID)
	case learner.Replaces != 0 && !m.Votes(learner.Replaces):
		return fmt.Errorf("member %v, which is to be replaced, does not vote", learner.Replaces)
	}
	for _, member := range m.Members {
		if member.ID.Node() == learner.ID.Node() && member.ID != learner.Replaces {
			return fmt.Errorf("node %d has a replica already", member.ID.Node())
		}
	}
	return nil
}

// After returns the members after a step that Check allows. Each makes a new version.
func (m Members) After(step Step) Members {
	m.Version++
	switch step.Kind {
	case Begin:
		m.Learner = new(*step.Learner)
	case Cancel:
		m.Retired = retire(m.Retired, m.Learner.Member)
		m.Learner = nil
	case Promote:
		m.Before = m.Members
		m.Members = m.promoted()
		m.Learner = nil
		if len(m.Members) > len(m.Before) { // nobody leaves
			m.Before = nil
		}
	case Remove:
		m.Members, m.Retired = m.without(step.Member)
	case Leave:
		for _, member := range m.Before {
			if !m.Votes(member.ID) {
				m.Retired = retire(m.Retired, member)
			}
		}
		m.Before = nil
	}
	return m
}

// promoted returns the voters when the learner has become one, in the place of whom it replaces.
func (m Members) promoted() []Member {
	for i, member := range m.Members {
		if member.ID == m.Learner.Replaces {
			voters := slices.Clone(m.Members)
			voters[i] = m.Learner.Member
			return voters
		}
	}
	return append(slices.Clone(m.Members), m.Learner.Member)
}

// without returns the voters without one, and who is retired then.
func (m Members) without(id MemberID) (voters, retired []Member) {
	for _, member := range m.Members {
		if member.ID == id {
			m.Retired = retire(m.Retired, member)
		} else {
			voters = append(voters, member)
		}
	}
	return voters, m.Retired
}

// retire adds a member to those that are none any more. The last one of each node is remembered.
func retire(retired []Member, member Member) []Member {
	retired = slices.DeleteFunc(slices.Clone(retired), func(r Member) bool { return r.ID.Node() == member.ID.Node() && r.ID < member.ID })
	if slices.ContainsFunc(retired, func(r Member) bool { return r.ID.Node() == member.ID.Node() }) {
		return retired
	}
	return append(retired, member)
}

// Joint says whether a change is between its last two steps: decisions take a majority of Members and one of Before.
func (m Members) Joint() bool { return len(m.Before) > 0 }

// Votes says whether a member is a voter, of those after a change that is under way.
func (m Members) Votes(id MemberID) bool {
	return slices.ContainsFunc(m.Members, func(member Member) bool { return member.ID == id })
}

// Forsaken says whether a voter's store has let go of what it held, as it was to have another member, in a change that may
// have been taken back. It will not answer any more.
func (m Members) Forsaken(id MemberID) bool {
	for _, member := range m.Members {
		if member.ID == id {
			last, is := m.On(member.Store)
			return !is || last != id
		}
	}
	return false
}

// Next returns the number that a new member on a node gets.
func (m Members) Next(node NodeID) MemberID {
	next := MemberOf(node, 0)
	for _, member := range slices.Concat(m.All(), m.Retired) {
		if member.ID.Node() == node {
			next = max(next, MemberOf(node, member.ID.Incarnation()+1))
		}
	}
	return next
}

// All returns all members: the voters, then those that are about to leave, then the learner.
func (m Members) All() []Member {
	all := slices.Clone(m.Members)
	for _, member := range m.Before {
		if !m.Votes(member.ID) {
			all = append(all, member)
		}
	}
	if m.Learner != nil {
		all = append(all, m.Learner.Member)
	}
	return all
}

// On returns a store's member, or false if the store has none. Of several it is the last one: the store has let go of what
// those before it held. So there is none when the last one is retired.
func (m Members) On(store StoreID) (MemberID, bool) {
	last := func(members []Member) (id MemberID) {
		for _, member := range members {
			if member.Store == store {
				id = max(id, member.ID)
			}
		}
		return id
	}
	id := last(m.All())
	return id, id != 0 && cmp.Compare(id, last(m.Retired)) > 0
}
