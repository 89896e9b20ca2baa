package statuspage

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"google.golang.org/grpc/status"
)

// Sentence returns an error's words, without what gRPC puts around them.
func Sentence(err error) string {
	if err == nil {
		return ""
	}
	if s, ok := status.FromError(err); ok {
		return s.Message()
	}
	return err.Error()
}

// longestText is how many characters are shown of what somebody else said.
const longestText = 300

// Text returns what somebody else said as a text of which every character can be seen.
func Text(said string) string {
	said = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '\ufffd'
		}
		return r
	}, said)
	if runes := []rune(said); len(runes) > longestText {
		return string(runes[:longestText]) + " …"
	}
	return said
}
