package compat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"numstore.example/compat/internal/pyenv"
)

// A script is a case as data: calls in order, and what their answers hold. Scripts lie in
// testdata/numstore, one step a line:
//
//	SetNum KEY VALUE   EXPECTATION...
//	Fact KEY           EXPECTATION...
//
// A key is a bare word, or a quoted string with an optional "*N" that repeats it. An expectation is
// FIELD=VALUE, or FIELD~PART for a text that contains the part. Fields are those of the reply, or code
// and message of a status. A field of the answer that a line does not mention must be zero.
type step struct {
	line         string
	call         call
	expectations []expectation
}

// call is a request as compat/perform.py reads it.
type call struct {
	Call  string `json:"call"`
	Key   string `json:"key"`
	Value int64  `json:"value"`
}

type expectation struct{ field, operator, text string }

var (
	word    = regexp.MustCompile(`"(?:[^"\\]|\\.)*"(?:\*\d+)?|\S+`)
	compare = regexp.MustCompile(`^(\w+)([=~])(.*)$`)
)

func readScript(t *testing.T, path string) (steps []step) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n, line := range strings.Split(string(text), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		step, err := parseStep(line)
		if err != nil {
			t.Fatalf("%s:%d: %v", path, n+1, err)
		}
		steps = append(steps, step)
	}
	return steps
}

func parseStep(line string) (step, error) {
	words := word.FindAllString(line, -1)
	if len(words) < 3 {
		return step{}, fmt.Errorf("%q has no call with an expectation", line)
	}
	key, err := parseKey(words[1])
	if err != nil {
		return step{}, err
	}
	s := step{line: line, call: call{Call: words[0], Key: key}}
	rest := words[2:]
	switch words[0] {
	case "SetNum":
		if s.call.Value, err = strconv.ParseInt(rest[0], 10, 64); err != nil {
			return step{}, err
		}
		rest = rest[1:]
	case "Fact":
	default:
		return step{}, fmt.Errorf("there is no call %q", words[0])
	}
	if len(rest) == 0 {
		return step{}, fmt.Errorf("%q expects nothing", line)
	}
	for _, text := range rest {
		parts := compare.FindStringSubmatch(text)
		if parts == nil {
			return step{}, fmt.Errorf("%q is no expectation", text)
		}
		s.expectations = append(s.expectations, expectation{parts[1], parts[2], parts[3]})
	}
	return s, nil
}

func parseKey(text string) (string, error) {
	if !strings.HasPrefix(text, `"`) {
		return text, nil
	}
	end := strings.LastIndex(text, `"`) + 1
	key, err := strconv.Unquote(text[:end])
	if err != nil {
		return "", fmt.Errorf("%s: %w", text, err)
	}
	if text[end:] != "" {
		n, err := strconv.Atoi(text[end+1:])
		if err != nil {
			return "", err
		}
		key = strings.Repeat(key, n)
	}
	return key, nil
}

// answer is what perform.py prints for a call: the fields of the reply or of the status.
type answer map[string]any

// check says in what an answer differs from the step's expectations.
func (s step) check(got answer) error {
	mentioned := make(map[string]bool)
	for _, e := range s.expectations {
		mentioned[e.field] = true
		value, exists := got[e.field]
		text := fmt.Sprint(value)
		if !exists || e.operator == "=" && text != e.text || e.operator == "~" && !strings.Contains(text, e.text) {
			return fmt.Errorf("%s: the answer is %v", s.line, got)
		}
	}
	for field, value := range got {
		zero := value == "" || value == false || value == json.Number("0")
		if !mentioned[field] && !zero && field != "message" {
			return fmt.Errorf("%s: the answer is %v; %s was to be zero", s.line, got, field)
		}
	}
	return nil
}

// callsOf returns the calls of a script.
func callsOf(steps []step) []call {
	calls := make([]call, len(steps))
	for i, step := range steps {
		calls[i] = step.call
	}
	return calls
}

// perform sends the calls through a Python client and returns the answers.
func perform(t *testing.T, python pyenv.Python, port string, calls []call) []answer {
	t.Helper()
	return feed(t, python.Command(t.Context(), root()+"/compat/perform.py", port), calls)
}

// feed gives the calls to a client that performs them, and returns the answers that it prints.
func feed(t *testing.T, client *exec.Cmd, calls []call) []answer {
	t.Helper()
	var input, stderr bytes.Buffer
	for _, call := range calls {
		if err := json.NewEncoder(&input).Encode(call); err != nil {
			t.Fatal(err)
		}
	}
	client.Stdin, client.Stderr = &input, &stderr
	output, err := client.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", client, err, stderr.String())
	}
	decoder := json.NewDecoder(bytes.NewReader(output))
	decoder.UseNumber() // an int64 does not fit into a float64
	answers := make([]answer, len(calls))
	for i := range answers {
		if err := decoder.Decode(&answers[i]); err != nil {
			t.Fatalf("the answer to call %d of %d: %v", i+1, len(calls), err)
		}
	}
	return answers
}

// TestStep_check shows that a script notices what differs.
func TestStep_check(t *testing.T) {
	for _, test := range []struct {
		line string
		got  answer
		good bool
	}{
		{"SetNum A 1 total=1", answer{"total": json.Number("1")}, true},
		{"SetNum A 1 total=1", answer{"total": json.Number("2")}, false},
		{"SetNum A 1 total=1", answer{"code": "INTERNAL", "message": "x"}, false},
		{"Fact A value=6", answer{"value": json.Number("6"), "hit": false, "error": ""}, true},
		{"Fact A value=6", answer{"value": json.Number("6"), "hit": true, "error": ""}, false},
		{"Fact A value=6", answer{"value": json.Number("6"), "hit": false, "error": "x"}, false},
		{"Fact A error~21", answer{"value": json.Number("0"), "hit": false, "error": "21 is too much"}, true},
		{"Fact A error~21", answer{"value": json.Number("1"), "hit": false, "error": "21 is too much"}, false},
		{"Fact A error~21", answer{"value": json.Number("0"), "hit": false, "error": "20"}, false},
		{"Fact A code=INTERNAL", answer{"code": "INTERNAL", "message": "x"}, true},
		{"Fact A code=INTERNAL", answer{"code": "UNKNOWN", "message": "x"}, false},
	} {
		step, err := parseStep(test.line)
		if err != nil {
			t.Fatal(err)
		}
		if err := step.check(test.got); (err == nil) != test.good {
			t.Errorf("%q with the answer %v: %v", test.line, test.got, err)
		}
	}
}
