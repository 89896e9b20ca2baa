package engine

import "time"

// watchInterval is how often the watcher looks at the disk. It is a look at three things that the system has in memory.
const watchInterval = time.Second

// Disk is what is known of the disk.
type Disk struct {
	Writable error         // why the store takes deletions alone; nil if it takes all writes
	Free     uint64        // bytes, beside the reserve; 0 if the file system does not tell
	Reserve  uint64        // bytes of the reserve, if there is one
	Stalled  time.Duration // how long a sync has been under way, if that is longer than Options.DiskStall
}

// Disk returns what is known of the disk. It may be a second old, but for Writable.
func (s *Store) Disk() Disk {
	d := Disk{Writable: s.Writable(), Free: s.room.free.Load(), Reserve: s.room.want}
	if age := s.syncsUnderWay.oldest(); s.options.DiskStall > 0 && age > s.options.DiskStall {
		d.Stalled = age
	}
	return d
}

// watch looks at the disk until the store is closed or has failed: is there room, does it answer, is the folder there?
func (s *Store) watch(stopping <-chan struct{}) {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	var seen Disk
	for {
		if err := s.presence.check(); err != nil {
			s.Fail(err)
			return
		}
		if err := s.room.check(); err != nil {
			s.options.Logger.Warn("the disk has room, but the reserve cannot be made", "error", err)
		}
		seen = s.tell(seen, s.Disk())
		select {
		case <-ticker.C:
		case <-s.room.soon:
		case <-stopping:
			return
		case <-s.failed:
			return
		}
	}
}

// tell logs what has changed, and tells who wants to know of stalls. It returns what was told.
func (s *Store) tell(before, now Disk) Disk {
	switch {
	case now.Writable != nil && before.Writable == nil:
		_, _ = s.db.AsyncFlush() // so that a start has little to write out
		s.options.Logger.Error("the disk is full: reads and deletions go on, other writes are refused until there is room",
			"dir", s.options.Dir, "free", now.Free, "needed", s.room.needed())
	case now.Writable == nil && before.Writable != nil:
		s.options.Logger.Info("there is room on the disk again: all writes are taken", "dir", s.options.Dir, "free", now.Free)
	}
	if stalled := now.Stalled > 0; stalled != (before.Stalled > 0) {
		if stalled {
			s.options.Logger.Error("the disk hangs: a sync does not end", "dir", s.options.Dir, "waited", now.Stalled)
		} else {
			s.options.Logger.Info("the disk answers again", "dir", s.options.Dir)
		}
		if s.options.OnStall != nil {
			s.options.OnStall(stalled)
		}
	}
	return now
}
