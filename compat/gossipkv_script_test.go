package compat

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protopath"
	"google.golang.org/protobuf/reflect/protorange"
	"google.golang.org/protobuf/reflect/protoreflect"

	"numstore.example/compat/internal/pyenv"
	"numstore.example/contracts/gossipkv"
	"numstore.example/contracts/gossipkvpb"
)

// gossipVersions are the versions that a script of gossipkv has met, by name. Scripts are those of raftkv otherwise (see kvStep);
// names stand for whole versions, and may be what a session has seen as well: "seen: v1".
type gossipVersions map[string]gossipkv.Version

func (v gossipVersions) service() protoreflect.FullName { return "gossipkv.v1.GossipKV" }

func (v gossipVersions) spell(text string) string {
	return versionName.ReplaceAllStringFunc(text, func(match string) string {
		field, name, _ := strings.Cut(match, ": ")
		return fmt.Sprintf("%s { %s }", field, strings.TrimSpace(prototext.MarshalOptions{}.Format(v[name].Message())))
	})
}

func (v gossipVersions) meet(names []string, reply proto.Message) error {
	var found []gossipkv.Version
	err := protorange.Options{Stable: true}.Range(reply.ProtoReflect(), func(path protopath.Values) error {
		if last := path.Index(-1); last.Step.Kind() == protopath.FieldAccessStep && last.Step.FieldDescriptor().Name() == "version" {
			found = append(found, gossipkv.VersionOf(last.Value.Message().Interface().(*gossipkvpb.Version)))
		}
		return nil
	}, nil)
	if err != nil || len(found) != len(names) {
		return fmt.Errorf("there are the versions %v; want %v, %v", found, names, err)
	}
	for i, name := range names {
		if _, known := v[name]; known {
			continue
		}
		for other, earlier := range v {
			if found[i].Compare(earlier) <= 0 {
				return fmt.Errorf("version %s is %v, and %s was %v", name, found[i], other, earlier)
			}
		}
		v[name] = found[i]
	}
	return nil
}

// TestGossipkv_scripts performs every script of testdata/gossipkv on a server of its own, by a Python client that knows nothing but the
// contract.
func TestGossipkv_scripts(t *testing.T) {
	paths, err := filepath.Glob("testdata/gossipkv/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	eachGossipkvPython(t, func(t *testing.T, open openServer, python pyenv.Python) {
		for _, path := range paths {
			t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
				performer, known := startProgram(t, python, "foreign_gossipkv.py", open(t, "--log-level=warn").port()), make(gossipVersions)
				for _, step := range readKVScript(t, path) {
					answer := performer.perform(t, step.call, known.spell(step.request))
					if err := step.check(answer, known); err != nil {
						t.Error(err)
					}
				}
			})
		}
	})
}
