// Package version says what a program of this house was built from: what --version prints, and what belongs into
// a report of a fault.
//
// The Go command writes the facts into each program, where it is built in a repository. A build that does not see
// one, such as that of a container's image, can be told the commit:
//
//	go build -ldflags "-X numstore.example/contracts/version.commit=$(git rev-parse HEAD)" ...
package version

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// devel is what the Go command calls a version that it does not know.
const devel = "(devel)"

// commit is set by the linker, for builds that do not see the repository.
var commit string

// Text describes the program that asks: its version, the commit (and whether files were changed since), what it
// was compiled with, and the contracts that it speaks. Each is a line that ends with a line feed; the first
// begins with the program's name.
func Text(program string, contracts ...protoreflect.FileDescriptor) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = new(debug.BuildInfo)
	}
	return text(program, info, commit, contracts)
}

// Short is the version of the program that asks, in a word: v1.2.3, one made of a time and a commit, or, where the Go command
// knows no version, the first digits of the commit. It is (devel) when nothing is known.
func Short() string { return ofProgram() }

// ofProgram looks once: what a program was built from does not change.
var ofProgram = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = new(debug.BuildInfo)
	}
	return short(info, commit)
})

func short(info *debug.BuildInfo, commit string) string {
	const digits = 12 // as many as Go takes into a version
	if version := info.Main.Version; version != "" && version != devel {
		return version
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			commit = setting.Value
		}
	}
	return cmp.Or(commit[:min(len(commit), digits)], devel)
}

func text(program string, info *debug.BuildInfo, commit string, contracts []protoreflect.FileDescriptor) string {
	settings := make(map[string]string)
	for _, setting := range info.Settings {
		settings[setting.Key] = setting.Value
	}
	commit = cmp.Or(settings["vcs.revision"], commit, "unknown: it was built outside of a repository")
	if settings["vcs.modified"] == "true" {
		commit += ", and changes that are not committed"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", program, cmp.Or(info.Main.Version, devel))
	fmt.Fprintf(&b, "commit: %s\n", commit)
	fmt.Fprintf(&b, "built with: %s for %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	for _, contract := range contracts {
		fmt.Fprintf(&b, "contract: %s (package %s)\n", contract.Path(), cmp.Or(string(contract.Package()), "none"))
	}
	return b.String()
}
