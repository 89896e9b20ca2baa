package remote

import (
	"encoding/json"
	"fmt"
	"strings"
)

// The rows of posts: updates that a server leaves to the one that writes, and what has become of them.
//
//	post/N   {"of":"SERVER.NUMBER","sets":[{"key":"KEY","value":VALUE},...]}   to be done
//	post/N   {"of":"SERVER.NUMBER","totals":[TOTAL,null,...]}                  done, one after the other; null was not
//	post/N   ""                                                                nobody's
const postPrefix = "post/"

// postNames returns the names of the first rows.
func postNames(count int) []string {
	names := make([]string, count)
	for i := range names {
		names[i] = fmt.Sprint(postPrefix, i)
	}
	return names
}

// post is what a row of posts says.
type post struct {
	Of     string    `json:"of,omitempty"` // whose it is, and which one of its
	Sets   []postSet `json:"sets,omitempty"`
	Totals []*int64  `json:"totals,omitempty"`
}

// postSet is an update on its way through a row.
type postSet struct {
	Key   string `json:"key"`
	Value int64  `json:"value"`
}

func (p post) text() string {
	if p.Of == "" {
		return ""
	}
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // it can be encoded
	}
	return string(text)
}

// parsePost reads a row. What is no post is nobody's, and has nothing to be done.
func parsePost(row Row) (p post) {
	if !strings.HasPrefix(row.Value, "{") || json.Unmarshal([]byte(row.Value), &p) != nil {
		return post{}
	}
	return p
}

// done returns the post when its sets have come to outcomes.
func (p post) done(outcomes []outcome) post {
	answer := post{Of: p.Of}
	for _, o := range outcomes {
		var total *int64
		if o.err == nil {
			total = &o.total
		}
		answer.Totals = append(answer.Totals, total)
	}
	return answer
}
