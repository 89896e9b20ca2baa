// Package golden holds the wire form of the contracts as data, for tests: see README.md, which also says
// where the bytes come from.
package golden

import (
	"bytes"
	"embed"
	"encoding/hex"
	"encoding/json"
	"strings"
)

//go:embed *.json
var files embed.FS

// File is a contract's golden file.
type File struct {
	Methods  map[string]Method `json:"methods"`
	Calls    []Call            `json:"calls"`    // in order, on a new server
	Messages []Message         `json:"messages"` // further ones
	Versions []Version         `json:"versions"` // of gossipkv, in ascending order
	Seen     []Seen            `json:"seen"`     // what sessions of gossipkv have seen, as texts
}

// Version is a version of gossipkv.
type Version struct {
	Time        uint64 `json:"time,string"`
	Server      uint32 `json:"server"`
	Incarnation uint64 `json:"incarnation,string"`
}

// Seen is what a session of gossipkv has seen, and the text for that; or a text that is refused.
type Seen struct {
	Name    string    `json:"name"`
	Time    uint64    `json:"time,string"`
	Keys    []SeenKey `json:"keys"` // in any order
	Text    string    `json:"text"`
	Refused bool      `json:"refused"`
}

// SeenKey is a key, and the greatest version of it that a session has met.
type SeenKey struct {
	Key     []byte  `json:"key"`
	Version Version `json:"version"`
}

// Method is what a client must know to call a method.
type Method struct {
	Paths   []string `json:"paths"`
	Request string   `json:"request"` // its type, like Reply
	Reply   string   `json:"reply"`
}

// Call is a request and what it is answered with: a reply, a reply in the server's own words, or a status.
type Call struct {
	Name         string   `json:"name"`
	Method       string   `json:"method"`
	Request      Message  `json:"request"`
	Reply        *Message `json:"reply"`
	ReplyIsError bool     `json:"reply_is_error"`
	Status       uint32   `json:"status"` // 0 is OK
}

// Message is a message and its bytes.
type Message struct {
	Name       string          `json:"name"`
	Type       string          `json:"type"`
	Fields     json.RawMessage `json:"fields"` // as protobuf's JSON has them, with the contract's names
	Hex        Hex             `json:"hex"`
	DecodeOnly bool            `json:"decode_only"`
	Malformed  bool            `json:"malformed"`
}

// Hex is bytes that JSON has as hexadecimal digits.
type Hex []byte

// UnmarshalText reads the digits.
func (h *Hex) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// placementFile is no contract's: it has keys and their shards.
const placementFile = "placement.json"

// Contracts returns the names of the contracts that have a golden file, such as "numstore", sorted.
func Contracts() []string {
	entries, _ := files.ReadDir(".") // of what is compiled in, which cannot fail
	var names []string
	for _, entry := range entries {
		if entry.Name() == placementFile {
			continue
		}
		names = append(names, strings.TrimSuffix(entry.Name(), ".json"))
	}
	return names
}

// Read returns the golden file of a contract: that of numstore.proto for "numstore".
func Read(contract string) (file File, err error) {
	content, err := files.ReadFile(contract + ".json")
	if err != nil {
		return File{}, err
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields() // a misspelt one would make a check weaker
	err = decoder.Decode(&file)
	return file, err
}

// All returns every message of the file, in order, each with a name and its type.
func (f File) All() (messages []Message) {
	for _, call := range f.Calls {
		method := f.Methods[call.Method]
		messages = append(messages, named(call.Request, call.Name+", request", method.Request))
		if call.Reply != nil {
			messages = append(messages, named(*call.Reply, call.Name+", reply", method.Reply))
		}
	}
	return append(messages, f.Messages...)
}

func named(message Message, name, typ string) Message {
	message.Name, message.Type = name, typ
	return message
}
