package peer

import (
	"sync"
	"time"

	"numstore.example/services/raftkv/internal/storage"
)

// noticeInterval is how often the same is logged of a node.
const noticeInterval = time.Minute

// notice is something that is logged of a node.
type notice struct {
	node storage.NodeID
	text string
}

// notices remembers when something was logged last. Texts are constants and nodes those of the cluster, so it stays small.
type notices struct {
	mu   sync.Mutex
	last map[notice]time.Time
}

func (n *notices) due(what notice, now time.Time, interval time.Duration) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if last, ok := n.last[what]; ok && now.Sub(last) < interval {
		return false
	}
	n.last[what] = now
	return true
}

// once logs a warning of a node, if that was not logged in the last minute, and says whether it has.
func (p *Peers) once(node storage.NodeID, text string, about ...any) bool {
	due := p.notices.due(notice{node, text}, time.Now(), noticeInterval)
	if due {
		p.log.Warn(text, about...)
	}
	return due
}
