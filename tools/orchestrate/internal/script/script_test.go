package script

import (
	"math/big"
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for line, want := range map[string]Command{
		"":                           {},
		" \t\r\n":                    {},
		"# joinServer 1":             {},
		"  #":                        {},
		"joinServer 1\n":             {Verb: JoinServer, IDs: []ID{"1"}},
		"\tkillServer  -3 \r\n":      {Verb: KillServer, IDs: []ID{"-3"}},
		"joinClient 5\t1":            {Verb: JoinClient, IDs: []ID{"5", "1"}},
		"breakConnection 5 1":        {Verb: BreakConnection, IDs: []ID{"5", "1"}},
		"createConnection 1 +05":     {Verb: CreateConnection, IDs: []ID{"1", "5"}},
		"stabilize ":                 {Verb: Stabilize},
		"printStore 1":               {Verb: PrintStore, IDs: []ID{"1"}},
		"put 5 k v":                  {Verb: Put, IDs: []ID{"5"}, Key: []byte("k"), Text: []byte("v")},
		"put 5 k  two  words \t\r\n": {Verb: Put, IDs: []ID{"5"}, Key: []byte("k"), Text: []byte("two  words \t")},
		"put 5 k \n":                 {Verb: Put, IDs: []ID{"5"}, Key: []byte("k"), Text: []byte("")},
		"put 5 \xff\x00:# \xfe\r":    {Verb: Put, IDs: []ID{"5"}, Key: []byte("\xff\x00:#"), Text: []byte("\xfe")},
		"get 5 k ":                   {Verb: Get, IDs: []ID{"5"}, Key: []byte("k")},
		"get 5 #k":                   {Verb: Get, IDs: []ID{"5"}, Key: []byte("#k")},
		"echo":                       {Verb: Echo},
		"echo  a  b # c":             {Verb: Echo, Text: []byte("a  b # c")},
		"exit":                       {Verb: Exit},
		"done\r\n":                   {Verb: Done},
	} {
		got, err := Parse([]byte(line))
		if err != nil || !reflect.DeepEqual(normal(got), normal(want)) {
			t.Errorf("Parse(%q) = %+v, %v; want %+v", line, got, err, want)
		}
	}
}

// normal makes no difference between no text and an empty one.
func normal(c Command) Command {
	c.Text = append([]byte{}, c.Text...)
	return c
}

func TestParse_faulty(t *testing.T) {
	for line, want := range map[string]string{
		"JoinServer 1":                      `"JoinServer" is no command; there are joinServer,`,
		"// text":                           `"//" is no command`,
		strings.Repeat("x", 1000) + " a":    `"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" … is no command`,
		"joinServer":                        "SERVER is missing; the command is: joinServer SERVER",
		"joinServer 1 2":                    `"2" is too much; the command is: joinServer SERVER`,
		"joinServer one":                    `"one" is no id; ids are integers`,
		"joinServer 1.5":                    `"1.5" is no id`,
		"joinServer -":                      `"-" is no id`,
		"joinServer +-1":                    `"+-1" is no id`,
		"joinServer ١":                      "is no id",
		"joinClient 1":                      "SERVER is missing; the command is: joinClient CLIENT SERVER",
		"breakConnection 1":                 "ID is missing",
		"stabilize now":                     `"now" is too much; the command is: stabilize`,
		"put":                               "CLIENT is missing",
		"put 5":                             "KEY is missing; the command is: put CLIENT KEY VALUE",
		"put 5 k":                           "VALUE is missing (an empty one needs the blank before it)",
		"put x k v":                         `"x" is no id`,
		"get 5":                             "KEY is missing",
		"get 5 a b":                         `"b" is too much`,
		"exit now":                          `"now" is too much`,
		"put " + strings.Repeat("9", 99999): "KEY is missing",
	} {
		if _, err := Parse([]byte(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%.99q): %v; want an error with %q", line, err, want)
		} else if len(err.Error()) > 300 {
			t.Errorf("Parse(%.99q): an error of %d bytes", line, len(err.Error()))
		}
	}
}

func TestParseID(t *testing.T) {
	for text, want := range map[string]ID{
		"0": "0", "-0": "0", "+0": "0", "000": "0", "7": "7", "007": "7", "+7": "7", "-7": "-7", "-007": "-7",
		"-9223372036854775809": "-9223372036854775809", "340282366920938463463374607431768211456": "340282366920938463463374607431768211456",
	} {
		if got, err := ParseID([]byte(text)); err != nil || got != want {
			t.Errorf("ParseID(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	if got := ID(strings.Repeat("1", 999)).String(); len(got) > 50 {
		t.Errorf("an id is shown as %q", got)
	}
}

// FuzzParse: no line panics, ids are integers in one spelling, and a command that is written again is the same command.
func FuzzParse(f *testing.F) {
	for _, line := range []string{"joinServer 1", "put 5 k a b ", "put 1 k ", "echo  x", "get -07 k", "breakConnection +1 2\r\n", "# x", "done", "put 1 k \r\r\n"} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		c, err := Parse(line)
		if err != nil || c.Verb == "" {
			return
		}
		again := []byte(c.Verb)
		for _, id := range c.IDs {
			number, ok := new(big.Int).SetString(string(id), 10)
			if !ok || number.String() != string(id) {
				t.Fatalf("the id %q of %q is no integer in its one spelling", id, line)
			}
			again = append(append(again, ' '), id...)
		}
		if c.Key != nil {
			again = append(append(again, ' '), c.Key...)
		}
		again = append(append(append(again, ' '), c.Text...), "\r\n"...)
		if d, err := Parse(again); err != nil || !reflect.DeepEqual(normal(c), normal(d)) {
			t.Fatalf("%q is %+v, and written again as %q it is %+v, %v", line, c, again, d, err)
		}
	})
}
