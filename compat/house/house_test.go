package house

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"numstore.example/compat/internal/repo"
)

// goPackage is what `go list -json` says of a package.
type goPackage struct {
	ImportPath, Doc                    string
	Imports, TestImports, XTestImports []string
	GoFiles                            []string
}

func listPackages(t *testing.T) (packages []goPackage) {
	t.Helper()
	output, err := repo.Go(t.Context(), root(t), "list", "-json", "work").Output()
	if err != nil {
		t.Fatal(err)
	}
	for decoder := json.NewDecoder(strings.NewReader(string(output))); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func root(t *testing.T) string {
	t.Helper()
	root, err := repo.Root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func TestArrows(t *testing.T) {
	packages := listPackages(t)
	if len(packages) < 10 {
		t.Fatalf("go list found %d packages only", len(packages))
	}
	for _, p := range packages {
		for _, imported := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			inTest := !slices.Contains(p.Imports, imported)
			if reason := forbidden(p.ImportPath, imported); reason != "" && !(inTest && allowedInTests(imported)) {
				t.Errorf("%s imports %s: %s", p.ImportPath, imported, reason)
			}
		}
	}
}

// allowedInTests are imports that a package may need to be tested: whatever is not of this house.
func allowedInTests(imported string) bool {
	return !strings.HasPrefix(imported, module)
}

// TestForbidden shows that the arrows can be broken, and which of them are fine.
func TestForbidden(t *testing.T) {
	for _, test := range []struct {
		importer, imported string
		fine               bool
	}{
		{"contracts/numstorepb", "google.golang.org/grpc/codes", true},
		{"contracts/numstorepb", "sync", true},
		{"contracts/raftkv", module + "contracts/raftkvpb", true},
		{"contracts/raftkv", "github.com/alecthomas/kong", false},
		{"contracts/raftkv", module + "services/internal/rpcserver", false},
		{"contracts/gossipkv", module + "contracts/gossipkvpb", true},
		{"tools/internal/lab", module + "tools/internal/result", true},
		{"tools/internal/lab", module + "tools/internal/cli", false},
		{"tools/internal/lab", module + "tools/loadgen/internal/experiment", false},
		{"contracts/gossipkv", module + "services/gossipkv/internal/merge", false},
		{"contracts/gossipkv/inprocess", module + "services/gossipkv/internal/merge", false},
		{"contracts/gossipkv", "pgregory.net/rapid", false},
		{"tools/loadgen", module + "contracts/numstorepb", true},
		{"tools/loadgen", module + "services/numstore/internal/numbers", false},
		{"compat", module + "services/internal/rpcserver", false},
		{"services/numstore", module + "services/internal/rpcserver", true},
		{"services/numstore", module + "services/numstore/internal/server", true},
		{"services/numstore", module + "services/raftkv/internal/kv", false},
		{"services/internal/rpcserver", module + "services/numstore/internal/server", false},
		{"services/numstore/internal/server", module + "tools/internal/dial", false},
		{"services/numstore/internal/numbers", "sync", true},
		{"services/numstore/internal/numbers", "github.com/hashicorp/golang-lru/v2/simplelru", true},
		{"services/numstore/internal/numbers", "time", false},
		{"services/numstore/internal/numbers", "net/http", false},
		{"services/numstore/internal/numbers", module + "contracts/numstorepb", false},
		{"services/numstore/internal/remote", module + "services/numstore/internal/numbers", true},
		{"services/numstore/internal/remote", "go.etcd.io/etcd/client/v3", false},
		{"services/numstore/internal/remote", module + "services/numstore/internal/etcd", false},
		{"services/numstore/internal/etcd", module + "services/numstore/internal/remote", true},
		{"services/numstore/internal/etcd", module + "services/numstore/internal/numbers", false},
		{"services/numstore/internal/raftkv", module + "contracts/raftkv", true},
		{"services/numstore/internal/raftkv", module + "services/raftkv/internal/kv", false},
		{"services/raftkv/internal/kv", "google.golang.org/grpc", false},
		{"services/raftkv/internal/shard", module + "contracts/placement", false}, // it is told shards, not keys
		{"services/raftkv/internal/server", module + "contracts/placement", true},
		{"contracts/raftkv", module + "contracts/placement", true},
		{"contracts/placement", "crypto/sha256", true},
		{"contracts/placement", "os", false},
		{"contracts/placement", "google.golang.org/protobuf/proto", false},
		{"contracts/placement", module + "contracts/raftkvpb", false},
		{"services/internal/engine", "github.com/cockroachdb/pebble/v2", true},
		{"services/internal/engine", "go.etcd.io/raft/v3/raftpb", false},
		{"services/internal/engine", "google.golang.org/grpc/codes", false},
		{"services/internal/engine", module + "services/internal/rpcserver", false},
		{"services/internal/engine", module + "services/raftkv/internal/storage", false},
		{"services/internal/links", "google.golang.org/grpc/keepalive", true},
		{"services/internal/links", "google.golang.org/protobuf/proto", false},
		{"services/internal/links", module + "services/raftkv/internal/peerpb", false},
		{"services/internal/links", module + "services/internal/rpcserver", false},
		{"services/raftkv/internal/peer", module + "services/internal/links", true},
		{"services/raftkv/internal/storage", module + "services/internal/engine", true},
		{"services/raftkv/internal/storage", "github.com/cockroachdb/pebble/v2", true},
		{"services/raftkv/internal/storage", "google.golang.org/grpc/codes", false},
		{"services/raftkv/internal/node", module + "services/raftkv/internal/storage", true},
		{"services/raftkv/internal/node", module + "services/raftkv/internal/peer", false},
		{"services/raftkv/internal/server/wire", module + "services/raftkv/internal/storage", false},
		{"services/raftkv/internal/server", module + "services/internal/engine", false},
		{"services/raftkv/internal/server", "go.etcd.io/raft/v3", false},
		{"services/raftkv/internal/server", module + "services/raftkv/internal/node", true},
		{"services/raftkv/internal/peer", module + "services/raftkv/internal/node", true},
		{"services/raftkv/internal/peer", module + "contracts/raftkvpb", false},
		{"services/raftkv/internal/peer", module + "contracts/reason", true},
		{"services/raftkv/internal/page", module + "contracts/raftkvpb", true},
		{"services/raftkv/internal/page", module + "services/raftkv/internal/node", false},
		{"services/raftkv/internal/page", module + "services/internal/rpcserver", false},
		{"services/raftkv/internal/page", module + "services/internal/statuspage", true},
		{"services/gossipkv/internal/merge", "math/rand", true},
		{"services/gossipkv/internal/merge", "time", false},
		{"services/gossipkv/internal/storage", module + "services/internal/engine", true},
		{"services/gossipkv/internal/node", module + "services/gossipkv/internal/peer", false},
		{"services/gossipkv/internal/node", module + "contracts/gossipkvpb", false},
		{"services/gossipkv/internal/peer", module + "contracts/gossipkvpb", false},
		{"services/gossipkv/internal/server", module + "services/gossipkv/internal/node", true},
		{"services/gossipkv/internal/server", module + "services/gossipkv/internal/storage", false},
		{"services/gossipkv/internal/page", module + "services/internal/statuspage", true},
		{"services/gossipkv/internal/page", module + "services/gossipkv/internal/node", false},
		{"services/gossipkv", module + "services/raftkv/internal/page", false},
		{"services/internal/statuspage", module + "contracts/raftkvpb", false},
		{"services/internal/kvserver", module + "services/internal/rpcserver", true},
		{"services/internal/kvserver", module + "contracts/raftkvpb", false},
	} {
		if reason := forbidden(module+test.importer, test.imported); (reason == "") != test.fine {
			t.Errorf("%s imports %s: the reason against it is %q", test.importer, test.imported, reason)
		}
	}
}

func TestPackageDocs(t *testing.T) {
	for _, p := range listPackages(t) {
		generated := strings.HasSuffix(p.ImportPath, "pb")
		if p.Doc == "" && len(p.GoFiles) > 0 && !generated {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

// topLevel is all that may stand at the top.
var topLevel = []string{
	"contracts", "services", "tools", "compat",
	"README.md", "CONTRIBUTING.md", "LICENSE", "Dockerfile", "magefile.go", "out.txt",
	"go.mod", "go.sum", "go.work", "go.work.sum",
	"bin", // made by `mage build`, ignored by git
}

func TestTopLevel(t *testing.T) {
	entries, err := os.ReadDir(root(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if name := entry.Name(); !strings.HasPrefix(name, ".") && !slices.Contains(topLevel, name) {
			t.Errorf("%s stands at the top level, which is for %v", name, topLevel)
		}
	}
}
