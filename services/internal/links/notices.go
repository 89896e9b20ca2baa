package links

import (
	"log/slog"
	"sync"
	"time"
)

// NoticeInterval is how often the same is logged of a server.
const NoticeInterval = time.Minute

// Notices remembers when something was logged last of a server. It stays small if texts are constants, and servers those that are known.
type Notices[Server comparable] struct {
	mu   sync.Mutex
	last map[notice[Server]]time.Time
}

type notice[Server comparable] struct {
	of   Server
	text string
}

// Due says whether a text is to be logged again, and that it is then.
func (n *Notices[Server]) Due(of Server, text string, now time.Time, interval time.Duration) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	what := notice[Server]{of, text}
	if last, ok := n.last[what]; ok && now.Sub(last) < interval {
		return false
	}
	if n.last == nil {
		n.last = make(map[notice[Server]]time.Time)
	}
	n.last[what] = now
	return true
}

// Once logs a warning of a server, if that was not logged in the last minute, and says whether it has.
func (n *Notices[Server]) Once(log *slog.Logger, of Server, text string, about ...any) bool {
	due := n.Due(of, text, time.Now(), NoticeInterval)
	if due {
		log.Warn(text, about...)
	}
	return due
}
