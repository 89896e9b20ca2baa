package compat

import (
	"path/filepath"
	"strings"
	"testing"

	"numstore.example/compat/internal/pyenv"
)

// TestForeign makes stubs of the contracts in testdata/foreign, each a copy that differs where copies
// do, and expects that a client with them is served like any other.
func TestForeign(t *testing.T) {
	folder := makeStubs(t, foreignContracts(t)...)
	eachPython(t, func(t *testing.T, column column, python pyenv.Python) {
		performForeigners(t, column, python, folder)
	})
}

// foreignContracts returns the paths of the contracts.
func foreignContracts(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/foreign/*.proto")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no contracts: %v", err)
	}
	return paths
}

// performForeigners performs the script on servers of their own, through the stubs of each contract.
func performForeigners(t *testing.T, column column, python pyenv.Python, folder string) {
	for _, path := range foreignContracts(t) {
		name := strings.TrimSuffix(filepath.Base(path), ".proto")
		t.Run(name, func(t *testing.T) {
			for _, err := range performForeign(t, python, column.start(t), folder, name) {
				t.Error(err)
			}
		})
	}
}

// TestForeign_controls shows that it is the stubs that speak, and that clients which are not understood
// are noticed.
func TestForeign_controls(t *testing.T) {
	python := python(t, "newest")
	for name, test := range map[string]struct{ contract, port, says string }{
		"sint64 sends 2 for 1":                    {"incompatible/zigzag", startProcess(t), "total:2"},
		"a server that answers without a package": {"packaged", startReference(t, python), "UNIMPLEMENTED"},
	} {
		path := "testdata/foreign/" + test.contract + ".proto"
		errs := performForeign(t, python, test.port, makeStubs(t, path), filepath.Base(test.contract))
		if len(errs) == 0 || !strings.HasPrefix(errs[0].Error(), "SetNum A 1 ") || !strings.Contains(errs[0].Error(), test.says) {
			t.Errorf("%s: the client was judged by %v", name, errs)
		}
	}
}

// makeStubs generates the stubs of contracts, as the hand-out does, and returns their folder.
func makeStubs(t *testing.T, contracts ...string) (folder string) {
	t.Helper()
	python, folder := generator(t), t.TempDir()
	for _, contract := range contracts { // each alone: protoc takes no two files that define NumStore
		protoc := python.Command(t.Context(), "-m", "grpc_tools.protoc",
			"-I="+filepath.Dir(contract), "--python_out="+folder, "--grpc_python_out="+folder, contract)
		if output, err := protoc.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", protoc, err, output)
		}
	}
	return folder
}

// performForeign performs the script through the stubs NAME in a folder, and says what was wrong.
func performForeign(t *testing.T, python pyenv.Python, port, folder, name string) (errs []error) {
	t.Helper()
	steps := readScript(t, "testdata/foreign/manual.txt")
	client := python.Command(t.Context(), "foreign.py", port, folder, name)
	for i, answer := range feed(t, client, callsOf(steps)) {
		if err := steps[i].check(answer); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}
