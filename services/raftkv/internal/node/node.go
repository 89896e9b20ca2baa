// Package node has the goroutines that own a member of a Raft group (Replica): proposals and reads go in,
// the log and the state machine are written in the right order, replies come out. The algorithm is
// go.etcd.io/raft; the disk is package storage; what the commands mean is the machine's business.
//
// # The life of a proposal
//
// Propose leaves it in the mailbox. The replica's goroutine takes all that lie there, makes as few entries of
// them as their size allows, and gives these to Raft. It waits for nothing but mail: others do what may have to wait
// for the disk, each in the order in which it was told, and report back through the mailbox. The appender writes
// entries to the log; the syncer awaits the disk; meanwhile further proposals gather. When Raft says that an entry is
// committed, the applier has the machine apply it, and then the replica's goroutine calls Done with the replies. So
// whatever is in flight together shares one entry, one write and one sync, a lone proposal waits for nobody, and a
// replica whose disk is slow, or stands still, is not taken for a dead one.
//
// A group of one voter takes the same way: its own vote, and its own disk, are the majority.
package node
