package markdown

import "testing"

func TestTable(t *testing.T) {
	for _, test := range []struct {
		name string
		rows [][]string
		want string
	}{
		{"a head alone", [][]string{{"a", "b"}}, ""},
		{"nothing", nil, ""},
		{"a column without content", [][]string{{"a", "b", "c"}, {"1", "", "3"}, {"", "", "30"}}, "| a   | c   |\n| --- | --- |\n| 1   | 3   |\n|     | 30  |\n"},
		{"cells that would break it", [][]string{{"a|b"}, {"x\ny\t<b>"}}, "| a\\|b       |\n| ---        |\n| x y &lt;b> |\n"},
	} {
		if got := Table(test.rows); got != test.want {
			t.Errorf("%s: wrote\n%s\nwant\n%s", test.name, got, test.want)
		}
	}
}
