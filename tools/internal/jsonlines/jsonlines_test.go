package jsonlines

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestEach(t *testing.T) {
	refuse := errors.New("refused")
	for _, test := range []struct {
		text string
		want []int
		says string // empty: no error
	}{
		{"", nil, ""},
		{"1\n2\n", []int{1, 2}, ""},
		{"1\n2", []int{1, 2}, ""},                                            // whole, but for the end of its line
		{"1\n[2", []int{1}, ""},                                              // torn
		{"[1", nil, "line 1: unexpected end"},                                // torn, but nothing says that this is such a file
		{"1\n[2\n3\n", []int{1}, "line 2: "},                                 // damaged in the middle
		{"1\n\n2\n", []int{1}, "line 2: "},                                   // empty
		{"1\n99\n3\n", []int{1}, "line 2: refused"},                          // what take says
		{"1\n" + strings.Repeat("x", longest+1), []int{1}, "after line 1: "}, // beyond all limits
	} {
		var got []int
		err := Each(strings.NewReader(test.text), func(number int) error {
			if number == 99 {
				return refuse
			}
			got = append(got, number)
			return nil
		})
		if !slices.Equal(got, test.want) || !strings.HasPrefix(fmt.Sprint(err), test.says) || (err == nil) != (test.says == "") {
			t.Errorf("%.20q: %v, %v; want %v and %q", test.text, got, err, test.want, test.says)
		}
	}
	if err := Each(iotest.ErrReader(refuse), func(int) error { return nil }); !errors.Is(err, refuse) {
		t.Errorf("%v; want what the reader says", err)
	}
}
