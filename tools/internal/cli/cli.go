// Package cli reads the command lines of the tools, so that all of them do it alike.
//
// What it promises:
//
//   - Arguments and environment variables reach the program byte for byte, also where they are no UTF-8. A program
//     that cannot use such bytes says so (Text).
//   - An environment variable that is empty is none: the flag has its default.
//   - --help and --version print to standard output and are a success, unless a command has a --version of its own; what
//     makes no sense has status 2 and a line that says which help to read.
//   - What Complain prints is one line, whatever was in the arguments or came from a server.
package cli

import (
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alecthomas/kong"
	"google.golang.org/protobuf/reflect/protoreflect"

	"numstore.example/contracts/version"
)

// Exit statuses that all tools share. Statuses above these are a tool's own.
const (
	OK     = 0
	Failed = 1 // it was tried, and did not come off
	Misuse = 2 // the command line makes no sense, and nothing was done
)

// Program is what Parse needs to know of a tool.
type Program struct {
	Name      string                        // the command's name
	Summary   string                        // what it is for, in a few sentences; --help shows it
	Contracts []protoreflect.FileDescriptor // what it speaks; --version shows them

	Stdout, Stderr io.Writer
}

// Parse reads arguments into a grammar, a pointer to a struct with tags for kong. Without a context, the program is to
// end with the status: it has printed help or its version, or complained. A grammar that makes no sense panics.
func (p Program) Parse(grammar any, args []string, options ...kong.Option) (_ *kong.Context, status int) {
	var helped bool // kong prints help while it parses, and would leave the process then
	var unprinted error
	parser := kong.Must(grammar, append([]kong.Option{
		kong.Name(p.Name),
		kong.Description(p.Summary),
		kong.ExplicitGroups(groups),
		kong.Writers(p.Stdout, p.Stderr),
		kong.Exit(func(int) {}),
		kong.Help(func(options kong.HelpOptions, context *kong.Context) error {
			helped, unprinted = true, printHelp(options, context)
			return nil
		}),
		kong.KindMapper(reflect.String, kong.MapperFunc(decodeString)),
		kong.TypeMapper(reflect.TypeFor[[]string](), kong.MapperFunc(decodeStrings)),
	}, options...)...)
	forgetEmpty(parser.Model.Node)
	context, err := parser.Parse(args)
	switch {
	case helped:
		return nil, p.printed(unprinted)
	case err != nil && slices.Contains(args, versionFlag) && strings.HasPrefix(err.Error(), "unknown flag "+versionFlag):
		_, err := io.WriteString(p.Stdout, version.Text(p.Name, p.Contracts...))
		return nil, p.printed(err)
	case err != nil:
		p.Complain(fmt.Errorf("%s (see %s --help)", nothing.ReplaceAllString(err.Error(), "a value is missing"), p.Name))
		return nil, Misuse
	}
	return context, OK
}

// nothing is how kong says that a flag has no value, if the value is no string.
var nothing = regexp.MustCompile(`expected \w+ value but got "EOL" \(<EOL>\)`)

// groups are the flags that help shows together, by the tag of their group.
var groups = []kong.Group{
	{Key: "cluster", Title: "Which cluster, and how long to wait for it:"},
	{Key: "form", Title: "How keys and values are written:"},
	{Key: "connection", Title: "Connections:"},
	{Key: "security", Title: "Security:"},
	{Key: "raftkv", Title: "For raftkv alone:"},
	{Key: "gossipkv", Title: "For gossipkv alone:"},
}

// printed returns the status of a program that had nothing to do but print.
func (p Program) printed(err error) int {
	if err != nil {
		p.Complain(err)
		return Failed
	}
	return OK
}

// versionFlag is no flag in kong's eyes: commands may have one of that name, which is theirs.
const versionFlag = "--version"

// printHelp is kong's, and shows --version where it may be given.
func printHelp(options kong.HelpOptions, context *kong.Context) error {
	if context.Selected() == nil {
		context.Model.Flags = append(context.Model.Flags, &kong.Flag{Value: &kong.Value{
			Name: strings.TrimPrefix(versionFlag, "--"), Help: "Show what this program was built from, and the contracts that it speaks.",
			Target: reflect.ValueOf(new(bool)).Elem(), Tag: new(kong.Tag),
		}})
	}
	return kong.DefaultHelpPrinter(options, context)
}

// forgetEmpty takes variables that are empty out of the environment: kong would take their emptiness for the value.
// Files of settings for containers have such lines.
func forgetEmpty(node *kong.Node) {
	for _, value := range node.Values() {
		for _, name := range value.Tag.Envs {
			if os.Getenv(name) == "" {
				os.Unsetenv(name)
			}
		}
	}
	for _, child := range node.Children {
		forgetEmpty(child)
	}
}

// Complain prints an error as one line.
func (p Program) Complain(err error) {
	fmt.Fprintf(p.Stderr, "%s: %s\n", p.Name, OneLine(err.Error()))
}

// OneLine returns a text as a line that a terminal shows as it is: line breaks are blanks, and what cannot be printed
// is written as Go does in quotes.
func OneLine(text string) string {
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteByte(' ')
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case !unicode.IsPrint(r):
			quoted := fmt.Sprintf("%+q", r)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteRune(r)
		}
		text = text[size:]
	}
	return strings.TrimSpace(b.String())
}

// Text returns an error unless a flag's value is text: some values go where bytes cannot, such as into JSON.
func Text(flag, value string) error {
	if !utf8.ValidString(value) {
		return fmt.Errorf("%s is %q; it must be text in UTF-8", flag, value)
	}
	return nil
}
