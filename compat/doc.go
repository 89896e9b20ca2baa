// Package compat proves from outside that the Go services are what their contracts say, with clients in
// Python and with bytes from contracts/golden, which share no code with them. It is a test suite;
// `go test ./compat/...` runs it.
//
// Every case runs against every way to start the server: as a process of the plain binary, and as a
// container of the image that the repository's Dockerfile makes. Every Python case also runs at both
// ends of the range of gRPC and protobuf versions that the committed stubs support. What this machine
// lacks (Docker, a Python that old packages support) is skipped with the reason; with
// COMPAT_REQUIRE=all, such a skip is a failure. Random calls come from a seed; a failure prints it, and
// COMPAT_SEED repeats the run. With COMPAT_TORTURE=full the tests of raftkv that kill, damage and fill it
// go on for longer (`mage torture`).
//
// The folder clients has clients of numstore in other languages; TestLanguages makes and runs them.
package compat
