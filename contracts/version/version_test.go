package version

import (
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"numstore.example/contracts/numstorepb"
	"numstore.example/contracts/raftkvpb"
)

func TestText(t *testing.T) {
	contracts := []protoreflect.FileDescriptor{raftkvpb.File_raftkv_proto, numstorepb.File_numstore_proto}
	compiler := "built with: " + runtime.Version() + " for " + runtime.GOOS + "/" + runtime.GOARCH + "\n"
	spoken := "contract: raftkv.proto (package raftkv.v1)\ncontract: numstore.proto (package none)\n"
	vcs := func(modified string) []debug.BuildSetting {
		return []debug.BuildSetting{{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: "0123abc"}, {Key: "vcs.modified", Value: modified}}
	}
	for _, test := range []struct {
		name, version string
		settings      []debug.BuildSetting
		linked        string
		want, short   string
	}{
		{"a repository", "v1.2.3", vcs("false"), "", "kv v1.2.3\ncommit: 0123abc\n", "v1.2.3"},
		{"a changed one", "v1.2.3+dirty", vcs("true"), "", "kv v1.2.3+dirty\ncommit: 0123abc, and changes that are not committed\n", "v1.2.3+dirty"},
		{"a workspace", "(devel)", vcs("false"), "", "kv (devel)\ncommit: 0123abc\n", "0123abc"},
		{"an image", "(devel)", nil, "4567def89012345", "kv (devel)\ncommit: 4567def89012345\n", "4567def89012"},
		{"nothing known", "", nil, "", "kv (devel)\ncommit: unknown: it was built outside of a repository\n", "(devel)"},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Version: test.version}, Settings: test.settings}
		if got, want := text("kv", info, test.linked, contracts), test.want+compiler+spoken; got != want {
			t.Errorf("%s: %q; want %q", test.name, got, want)
		}
		if got := short(info, test.linked); got != test.short {
			t.Errorf("%s is in short %q; want %q", test.name, got, test.short)
		}
	}
	if got := Text("kv"); !strings.HasPrefix(got, "kv ") || !strings.Contains(got, compiler) {
		t.Errorf("this test is %q", got)
	}
	if Short() == "" {
		t.Error("this test is nothing in short")
	}
}
