package compat

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"numstore.example/contracts/golden"
)

// TestGolden: the Python stubs agree with the golden bytes, both ways. (That the Go stubs do is a test of
// contracts/golden; that the servers do is TestWire.)
func TestGolden(t *testing.T) {
	for _, contract := range golden.Contracts() {
		for _, name := range pythons {
			t.Run(contract+"/python-"+name, func(t *testing.T) {
				golden, err := golden.Read(contract)
				if err != nil {
					t.Fatal(err)
				}
				messages := golden.All()
				file := filepath.Join(root(), "contracts", "golden", contract+".json")
				all := code(t, python(t, name).Command(t.Context(), "golden.py", file))
				if len(all) != len(messages) {
					t.Fatalf("golden.py found %d messages; want %d", len(all), len(messages))
				}
				for i, message := range messages {
					if err := all[i].check(message); err != nil {
						t.Errorf("%s: %v", message.Name, err)
					}
				}
			})
		}
	}
}

// coded is what golden.py prints for a message.
type coded struct {
	Fields map[string]any // nil if the bytes could not be decoded
	Hex    string
}

// code runs golden.py.
func code(t *testing.T, script *exec.Cmd) (all []coded) {
	t.Helper()
	var stderr strings.Builder
	script.Stderr = &stderr
	output, err := script.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, stderr.String())
	}
	for decoder := json.NewDecoder(strings.NewReader(string(output))); ; {
		var one coded
		if err := decoder.Decode(&one); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
}

// check says in what the stubs do not agree with a golden message.
func (c coded) check(message golden.Message) error {
	if message.Malformed {
		if c.Fields != nil {
			return fmt.Errorf("%x was decoded to %v", message.Hex, c.Fields)
		}
		return nil
	}
	var fields map[string]any
	if err := json.Unmarshal(message.Fields, &fields); err != nil {
		return err
	}
	if !reflect.DeepEqual(c.Fields, fields) {
		return fmt.Errorf("%x was decoded to %v; want %v", message.Hex, c.Fields, fields)
	}
	if same := c.Hex == hex.EncodeToString(message.Hex); same == message.DecodeOnly {
		return fmt.Errorf("%v was encoded to %s; the golden bytes are %x (only for decoding: %t)", fields, c.Hex, message.Hex, message.DecodeOnly)
	}
	return nil
}

// TestCoded_check shows what is noticed.
func TestCoded_check(t *testing.T) {
	var (
		fields = json.RawMessage(`{"total": "1"}`)
		one    = map[string]any{"total": "1"}
		plain  = golden.Message{Fields: fields, Hex: golden.Hex{8, 1}}
		odd    = golden.Message{Fields: fields, Hex: golden.Hex{8, 0x81, 0}, DecodeOnly: true}
		broken = golden.Message{Hex: golden.Hex{8}, Malformed: true}
	)
	for _, test := range []struct {
		message golden.Message
		got     coded
		good    bool
	}{
		{plain, coded{one, "0801"}, true},
		{plain, coded{one, "0802"}, false},
		{plain, coded{one, ""}, false},
		{plain, coded{nil, "0801"}, false},
		{plain, coded{map[string]any{"total": "2"}, "0801"}, false},
		{plain, coded{map[string]any{"total": "1", "hit": false}, "0801"}, false},
		{odd, coded{one, "0801"}, true},
		{odd, coded{one, "088100"}, false},
		{odd, coded{nil, "0801"}, false},
		{broken, coded{nil, ""}, true},
		{broken, coded{map[string]any{}, ""}, false},
	} {
		if err := test.got.check(test.message); (err == nil) != test.good {
			t.Errorf("%+v, coded as %+v: %v", test.message, test.got, err)
		}
	}
}
