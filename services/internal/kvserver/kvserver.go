// Package kvserver is what the servers of key/value stores share beside what every server does (package rpcserver): the flags of a
// store on a disk, and what it takes of clients; how the files that a process may have open are shared out; how the pairs of a scan, which
// may be more than memory holds, are sent to a client that takes its time; how keys and values are shown in a log; and the
// figures of a disk. It knows no contract.
package kvserver
