package node_test

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/raftkv/internal/node"
)

// participant is a node of a cluster through all of its lives.
type participant struct {
	cluster *cluster
	seat    seat
	disk    *vfs.MemFS // when it begins to live
	random  *rand.Rand // of the goroutine that runs live

	mu      sync.Mutex
	current *incarnation // nil between two lives

	weather weather

	failure error // what went wrong; read it when live has returned
}

// live goes from life to life. The last one lasts until the cluster has ended.
func (p *participant) live() {
	disk := p.disk
	for range p.cluster.crashes {
		var err error
		if disk, err = p.life(disk, p.plan()); err != nil || disk == nil {
			p.failure = err
			break
		}
		away := 2 * time.Second
		if p.cluster.variant.hasty {
			away = messageDelay
		}
		time.Sleep(time.Duration(p.random.Int64N(int64(away)))) // by the clock of the test
	}
	p.cluster.crashing.Done()
	if p.failure == nil && disk != nil {
		_, p.failure = p.life(disk, death{})
	}
	if p.failure != nil {
		p.cluster.failOnce.Do(func() { close(p.cluster.failed) })
	}
}

// life is one life, until its planned death, or else until the cluster has ended. It returns the disk that a crash has
// left, or nil when the cluster has ended before that.
func (p *participant) life(disk *vfs.MemFS, planned death) (*vfs.MemFS, error) {
	in, err := open(p.seat, disk, p.cluster.variant, planned)
	if err == nil {
		p.become(in)
		select {
		case <-in.over:
		case <-p.cluster.ended:
		}
		p.become(nil)
		err = in.failed()
	}
	p.cluster.network.Attach(p.seat.id, nil)
	if err := in.finish(err); err != nil {
		return nil, err
	}
	return in.remains, nil
}

func (p *participant) become(in *incarnation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.current = in
}

// alive returns the life that the member has at present, or nil.
func (p *participant) alive() *incarnation {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.current
}

// plan chooses the next death.
func (p *participant) plan() death {
	planned := death{percent: p.random.IntN(101), random: p.random}
	if p.random.IntN(4) == 0 {
		planned.percent = 0
	}
	planned.moment = node.Moment(p.random.IntN(int(node.AfterApply)+2)) - 1
	planned.count = 1 + p.random.Int64N(50)
	if p.cluster.variant.hasty {
		planned.count = 1 + p.random.Int64N(5)
	}
	if planned.moment == anyOperation {
		planned.count = 1 + p.random.Int64N(300)
	}
	return planned
}
