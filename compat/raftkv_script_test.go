package compat

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protopath"
	"google.golang.org/protobuf/reflect/protorange"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"numstore.example/compat/internal/pyenv"
	"numstore.example/contracts/raftkvpb"
)

// A script of raftkv lies in testdata/raftkv. A step is a line with a call and its request, in protobuf's text
// format, and an indented line with what it is answered with:
//
//	Put key: "A" value: "one"
//		version: v1
//	Get key: ""
//		INVALID_ARGUMENT "the key is empty"
//
// That is the reply with all its fields, those of a stream joined and a pipeline's answers in the order of
// their tags, or a status with parts of its message; of the message of an error on a pipeline a part is enough
// as well. A string may be repeated ("k"*1024). Versions have names: v1, v2 and so on. One that is met for the
// first time must be greater than all before.
type kvStep struct {
	line          string
	call, request string
	reply         string   // or else:
	code          string   // of the status
	parts         []string // of its message
}

var (
	repeated    = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"\*(\d+)`)
	versionName = regexp.MustCompile(`(version|seen): (v\d+)\b`)
	statusLine  = regexp.MustCompile(`^([A-Z_]+)((?: "[^"]*")+)$`)
)

// readKVScript reads a script.
func readKVScript(t *testing.T, path string) (steps []kvStep) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n, line := range strings.Split(string(text), "\n") {
		switch {
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "\t") && len(steps) > 0:
			steps[len(steps)-1].expect(strings.TrimSpace(line))
		default:
			call, request, _ := strings.Cut(line, " ")
			steps = append(steps, kvStep{line: fmt.Sprintf("%s:%d: %s", path, n+1, line), call: call, request: spell(request)})
		}
	}
	return steps
}

// expect takes a line of what is expected. Several of a reply belong together.
func (s *kvStep) expect(line string) {
	if parts := statusLine.FindStringSubmatch(line); parts != nil {
		s.code = parts[1]
		s.parts = strings.Split(strings.Trim(parts[2], ` "`), `" "`)
		return
	}
	s.reply += " " + spell(line)
}

// spell writes out what is to be repeated.
func spell(text string) string {
	return repeated.ReplaceAllStringFunc(text, func(match string) string {
		parts := repeated.FindStringSubmatch(match)
		n, _ := strconv.Atoi(parts[2])
		return `"` + strings.Repeat(parts[1], n) + `"`
	})
}

// kvAnswer is what perform_raftkv.py prints for a call.
type kvAnswer struct {
	Replies       []string
	Code, Message string
}

// metVersions are the versions that a script has met.
type metVersions interface {
	// service is whose calls the script has, as the contract names it.
	service() protoreflect.FullName
	// spell replaces the names of versions in a text by what they stand for.
	spell(text string) string
	// meet takes up the versions of a reply under the names that are expected there, in their order.
	meet(names []string, reply proto.Message) error
}

// versions are those of raftkv, by name.
type versions map[string]uint64

func (v versions) service() protoreflect.FullName { return "raftkv.v1.RaftKV" }

func (v versions) spell(text string) string {
	return versionName.ReplaceAllStringFunc(text, func(match string) string {
		_, name, _ := strings.Cut(match, ": ")
		return "version: " + strconv.FormatUint(v[name], 10)
	})
}

// check says in what an answer differs from what the step expects.
func (s kvStep) check(answer kvAnswer, known metVersions) error {
	if s.code != "" || answer.Code != "" {
		for _, part := range s.parts {
			if !strings.Contains(answer.Message, part) {
				return fmt.Errorf("%s\nthe message is %q; want %q in it", s.line, answer.Message, part)
			}
		}
		if answer.Code != s.code {
			return fmt.Errorf("%s\nthe status is %s (%s); want %q", s.line, answer.Code, answer.Message, s.code)
		}
		return nil
	}
	got := s.newReply(known.service())
	for _, text := range answer.Replies {
		part := s.newReply(known.service())
		if err := prototext.Unmarshal([]byte(text), part); err != nil {
			return err
		}
		proto.Merge(got, part)
	}
	sortAnswers(got)
	var names []string
	for _, match := range versionName.FindAllStringSubmatch(s.reply, -1) {
		names = append(names, match[2])
	}
	if err := known.meet(names, got); err != nil {
		return fmt.Errorf("%s\n%w, in %v", s.line, err, prototext.Format(got))
	}
	want := s.newReply(known.service())
	if err := prototext.Unmarshal([]byte(known.spell(s.reply)), want); err != nil {
		return fmt.Errorf("%s: %w", s.line, err)
	}
	takeParts(want, got)
	if !proto.Equal(want, got) {
		return fmt.Errorf("%s\nthe reply is %v; want %v", s.line, prototext.Format(got), prototext.Format(want))
	}
	return nil
}

func (s kvStep) newReply(service protoreflect.FullName) proto.Message {
	method, err := protoregistry.GlobalFiles.FindDescriptorByName(service.Append(protoreflect.Name(s.call)))
	if err != nil {
		panic(err)
	}
	typ, err := protoregistry.GlobalTypes.FindMessageByName(method.(protoreflect.MethodDescriptor).Output().FullName())
	if err != nil {
		panic(err)
	}
	return typ.New().Interface()
}

// sortAnswers puts the answers of a pipeline in the order of their tags.
func sortAnswers(reply proto.Message) {
	if pipeline, ok := reply.(*raftkvpb.PipelineResponse); ok {
		slices.SortFunc(pipeline.Answers, func(a, b *raftkvpb.Answer) int { return int(a.GetTag()) - int(b.GetTag()) })
	}
}

// takeParts takes the words of a pipeline's errors for those that are wanted if these are a part of them.
func takeParts(want, got proto.Message) {
	wanted, ok := want.(*raftkvpb.PipelineResponse)
	if !ok {
		return
	}
	answers := got.(*raftkvpb.PipelineResponse).GetAnswers()
	for i := range min(len(answers), len(wanted.GetAnswers())) {
		part := wanted.Answers[i].GetError().GetMessage()
		if e := answers[i].GetError(); part != "" && strings.Contains(e.GetMessage(), part) {
			e.Message = part
		}
	}
}

func (v versions) meet(names []string, reply proto.Message) error {
	var found []uint64
	err := protorange.Options{Stable: true}.Range(reply.ProtoReflect(), func(path protopath.Values) error {
		last := path.Index(-1)
		if last.Step.Kind() == protopath.FieldAccessStep && last.Step.FieldDescriptor().Name() == "version" {
			found = append(found, last.Value.Uint())
		}
		return nil
	}, nil)
	if err != nil || len(found) != len(names) {
		return fmt.Errorf("there are the versions %d; want %v, %v", found, names, err)
	}
	for i, name := range names {
		if _, known := v[name]; known {
			continue
		}
		for other, earlier := range v {
			if found[i] <= earlier {
				return fmt.Errorf("version %s is %d, and %s was %d", name, found[i], other, earlier)
			}
		}
		v[name] = found[i]
	}
	return nil
}

// kvClients are the ways in which a Python client makes its calls: through the generated stubs, or a Clerk.
var kvClients = []string{"stub", "clerk", "asyncio"}

// kvPerformer is a Python client that performs one call after the other.
type kvPerformer struct {
	input   *json.Encoder
	answers *json.Decoder
}

// startPerformer starts a client of a server's port, or of several ports with commas between them.
func startPerformer(t *testing.T, python pyenv.Python, port, client string) *kvPerformer {
	t.Helper()
	return startProgram(t, python, "perform_raftkv.py", port, client)
}

// startProgram starts a program of this folder that performs calls.
func startProgram(t *testing.T, python pyenv.Python, program string, args ...string) *kvPerformer {
	t.Helper()
	command := python.Command(t.Context(), append([]string{root() + "/compat/" + program}, args...)...)
	command.Stderr = t.Output()
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		input.Close()
		command.Wait()
	})
	return &kvPerformer{json.NewEncoder(input), json.NewDecoder(output)}
}

func (p *kvPerformer) perform(t *testing.T, call, request string) kvAnswer {
	t.Helper()
	return p.performWithin(t, call, request, 0)
}

// performWithin performs a call with a deadline of its own, unless that is 0.
func (p *kvPerformer) performWithin(t *testing.T, call, request string, timeout time.Duration) (answer kvAnswer) {
	t.Helper()
	err := p.input.Encode(map[string]any{"call": call, "request": request, "timeout": timeout.Seconds()})
	if err == nil {
		err = p.answers.Decode(&answer)
	}
	if err != nil {
		t.Fatalf("%s %.100s: %v", call, request, err)
	}
	return answer
}

// TestRaftkv_scripts performs every script of testdata/raftkv on a server of its own.
func TestRaftkv_scripts(t *testing.T) {
	eachRaftkvPython(t, func(t *testing.T, open func(t *testing.T, flags ...string) restartable, python pyenv.Python) {
		performScripts(t, open, python, "stub")
	})
}

// TestClerk_scripts performs the same scripts through the Clerks, to which a container would be as any other process.
func TestClerk_scripts(t *testing.T) {
	eachClerk(t, func(t *testing.T, python pyenv.Python, clerk string) {
		performScripts(t, func(t *testing.T, flags ...string) restartable { return newKVProcess(t, flags...) }, python, clerk)
	})
}

func performScripts(t *testing.T, open func(t *testing.T, flags ...string) restartable, python pyenv.Python, client string) {
	t.Helper()
	paths, err := filepath.Glob("testdata/raftkv/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			performer, known := startPerformer(t, python, open(t, "--log-level=warn").port(), client), make(versions)
			for _, step := range readKVScript(t, path) {
				answer := performer.perform(t, step.call, known.spell(step.request))
				if err := step.check(answer, known); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
