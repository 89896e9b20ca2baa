// Package script reads the language of orchestrate: commands on lines. It knows the form of a command, and nothing of servers.
//
// A line has a verb and its arguments, with blanks or tabs between them. Blank lines and lines that begin with # are nothing. The last
// argument of put, and that of echo, is the rest of the line: it may have blanks, or end with some, but not begin with one. A line
// ends with a line feed, or a carriage return and a line feed.
package script

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// Verb is what a command does. The empty one stands for a line with nothing to do.
type Verb string

// All verbs.
const (
	JoinServer       Verb = "joinServer"
	KillServer       Verb = "killServer"
	JoinClient       Verb = "joinClient"
	BreakConnection  Verb = "breakConnection"
	CreateConnection Verb = "createConnection"
	Stabilize        Verb = "stabilize"
	PrintStore       Verb = "printStore"
	Put              Verb = "put"
	Get              Verb = "get"
	Echo             Verb = "echo"
	Exit             Verb = "exit"
	Done             Verb = "done" // the same as exit
)

// Command is a line that makes sense.
type Command struct {
	Verb Verb
	IDs  []ID   // of servers and clients, in the order of the line
	Key  []byte // of put and get
	Text []byte // the value of put, the text of echo
}

// arguments is what may follow each verb, as help and complaints show it. A word in brackets may be missing.
var arguments = map[Verb]string{
	JoinServer: "SERVER", KillServer: "SERVER", JoinClient: "CLIENT SERVER", BreakConnection: "ID ID", CreateConnection: "ID ID",
	Stabilize: "", PrintStore: "SERVER", Put: "CLIENT KEY VALUE", Get: "CLIENT KEY", Echo: "[TEXT]", Exit: "", Done: "",
}

// Parse reads a line, whose end may still be there. The command shares the line's bytes.
func Parse(line []byte) (Command, error) {
	line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	word, rest, _ := cut(bytes.TrimLeft(line, blanks))
	if len(word) == 0 || word[0] == '#' {
		return Command{}, nil
	}
	c := Command{Verb: Verb(word)}
	form, known := arguments[c.Verb]
	if !known {
		return Command{}, fmt.Errorf("%s is no command; there are joinServer, killServer, joinClient, breakConnection, createConnection, stabilize, printStore, put, get, echo, and exit or done", quote(word))
	}
	if err := c.take(strings.Fields(form), rest); err != nil {
		return Command{}, fmt.Errorf("%w; the command is: %s", err, strings.TrimSpace(string(c.Verb)+" "+form))
	}
	return c, nil
}

// take fills in the arguments.
func (c *Command) take(names []string, rest []byte) error {
	for _, name := range names {
		if name == "VALUE" || name == "[TEXT]" {
			c.Text, rest = rest, nil
			continue
		}
		word, behind, more := cut(rest)
		switch {
		case len(word) == 0:
			return fmt.Errorf("%s is missing", name)
		case name == "KEY" && c.Verb == Put && !more:
			return errors.New("VALUE is missing (an empty one needs the blank before it)")
		case name == "KEY":
			c.Key = word
		default:
			id, err := ParseID(word)
			if err != nil {
				return err
			}
			c.IDs = append(c.IDs, id)
		}
		rest = behind
	}
	if rest = bytes.Trim(rest, blanks); len(rest) > 0 {
		return fmt.Errorf("%s is too much", quote(rest))
	}
	return nil
}

// blanks are what separates words.
const blanks = " \t"

// cut returns the first word of a text, what follows the blanks after it, and whether there were any.
func cut(text []byte) (word, rest []byte, more bool) {
	end := bytes.IndexAny(text, blanks)
	if end < 0 {
		return text, nil, false
	}
	return text[:end], bytes.TrimLeft(text[end:], blanks), true
}

// quote shows the beginning of a text to people.
func quote(text []byte) string {
	const most = 40
	if len(text) > most {
		return fmt.Sprintf("%q …", text[:most])
	}
	return fmt.Sprintf("%q", text)
}
