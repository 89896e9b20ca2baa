package statuspage

// Problem is something that people should look at.
type Problem struct {
	// bad: something is refused, or is about to be. warning: all is served, but not as it should be.
	Level Level `json:"level"`

	// A sentence for people; its words may change.
	Text string `json:"text"`
}

// Level is how bad a problem is.
type Level string

// The levels.
const (
	Bad     Level = "bad"
	Warning Level = "warning"
)
