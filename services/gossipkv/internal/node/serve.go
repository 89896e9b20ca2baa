package node

import (
	"sync"

	"numstore.example/services/gossipkv/internal/merge"
)

// maxPiece is how many bytes of entries a piece has, one entry more excepted.
const maxPiece = 1 << 20

// pulls is what other servers have asked for: of each, the last that came.
type pulls struct {
	signal chan struct{} // has an element when there are some

	mu      sync.Mutex
	waiting map[merge.ServerID]*Pull
}

func newPulls() pulls {
	return pulls{signal: make(chan struct{}, 1), waiting: make(map[merge.ServerID]*Pull)}
}

func (p *pulls) put(from merge.ServerID, pull *Pull) {
	p.mu.Lock()
	p.waiting[from] = pull
	p.mu.Unlock()
	select {
	case p.signal <- struct{}{}:
	default:
	}
}

func (p *pulls) take() map[merge.ServerID]*Pull {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken := p.waiting
	p.waiting = make(map[merge.ServerID]*Pull)
	return taken
}

// servePulls answers, one after the other, and beside the node's goroutine: it only reads what is on disk.
func (n *Node) servePulls() {
	for {
		select {
		case <-n.pulls.signal:
		case <-n.stopping.Done():
			return
		}
		for from, pull := range n.pulls.take() {
			piece, err := n.piece(pull)
			if err != nil {
				n.options.Logger.Error("what another server lacks cannot be read", "server", from, "error", err)
				continue
			}
			n.transport.Send(from, Message{Piece: piece})
		}
	}
}

func (n *Node) piece(pull *Pull) (*Piece, error) {
	s := n.shown.Load() // before the entries are read: they are at least what is known
	piece := &Piece{Number: pull.Number, Run: s.run, Knew: s.Known, Floor: s.Floor}
	var err error
	piece.Entries, piece.Upto, piece.Last, err = n.store.Lacking(pull.Known, pull.After, n.options.pieceBytes)
	return piece, err
}
