package cli

import (
	"errors"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
)

// kong's own decoders of strings pass them through JSON, which replaces what is no UTF-8. These do not.

// errNoValue does not repeat what was found instead, which may be a secret.
var errNoValue = errors.New("a value is missing; one that begins with - needs an equals sign before it, as in --flag=-1")

// decodeString takes the next argument as it is.
func decodeString(context *kong.DecodeContext, target reflect.Value) error {
	token, err := context.Scan.PopValue("string")
	text, ok := token.Value.(string)
	if err != nil || !ok {
		return errNoValue
	}
	target.SetString(text)
	return nil
}

// decodeStrings takes the next argument as elements with commas between them, for a flag, or else all arguments that
// follow, each as it is.
func decodeStrings(context *kong.DecodeContext, target reflect.Value) error {
	var elements []string
	if context.Value.Flag == nil {
		for context.Scan.Peek().IsValue() {
			elements = append(elements, context.Scan.Pop().String())
		}
	} else {
		var list string
		if err := decodeString(context, reflect.ValueOf(&list).Elem()); err != nil {
			return err
		}
		elements = splitList(list)
	}
	target.Set(reflect.AppendSlice(target, reflect.ValueOf(elements)))
	return nil
}

// splitList splits a text at its commas. One with a backslash before it is part of an element.
func splitList(text string) (elements []string) {
	var element strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == ',':
			i++
			element.WriteByte(',')
		case text[i] == ',':
			elements = append(elements, element.String())
			element.Reset()
		default:
			element.WriteByte(text[i])
		}
	}
	return append(elements, element.String())
}
