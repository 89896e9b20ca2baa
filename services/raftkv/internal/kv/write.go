package kv

// execute does all writes of a command or none, and appends the encoded reply to b.
//
// A batch is tried on a copy of the totals, and its changes are held back: each write sees those before it, and the store
// and the totals see nothing until the last of them was not refused. Only what the writes have returned counts in any
// case, as memory for it was used.
func (s *State) execute(store Store, c *Command, b []byte) ([]byte, error) {
	if len(c.Writes) == 1 {
		return s.executeOne(store, &c.Writes[0], b)
	}
	batch := batch{below: store, changed: make(map[string]change)}
	trial := *s // what the totals become if no write is refused
	trial.previous = 0
	reply := Reply{Results: make([]Result, len(c.Writes))}
	for i := range c.Writes {
		refusal, err := trial.write(&batch, &c.Writes[i], &reply.Results[i])
		if err != nil {
			return nil, err
		}
		if last := i == len(c.Writes)-1; !last && refusal.Outcome == Done {
			refusal.Outcome = s.tooMuch(trial.previous)
		}
		if refusal.Outcome != Done {
			s.previous += trial.previous
			refusal.Refused = i
			return refusal.AppendTo(b), nil
		}
		// The value may be gone at the next Get.
		reply.Results[i].Previous = append([]byte(nil), reply.Results[i].Previous...)
	}
	s.Totals = trial.Totals
	s.previous += trial.previous
	batch.flush()
	return reply.AppendTo(b), nil
}

// tooMuch says whether a batch that has returned so many bytes may go on: not if that would be too much by itself,
// nor if it is too much now.
func (s *State) tooMuch(returned int) Outcome {
	switch {
	case returned >= s.maxPrevious:
		return BatchTooMuch
	case s.previous+returned >= s.maxPrevious:
		return TooMuch
	}
	return Done
}

// executeOne is execute for a single write: without the allocations that a batch needs.
func (s *State) executeOne(store Store, w *Write, b []byte) ([]byte, error) {
	var results [1]Result
	// The previous value may be gone once the store is written to: the reply is encoded before.
	once := deferred{Store: store}
	reply, err := s.write(&once, w, &results[0])
	if err != nil {
		return nil, err
	}
	if reply.Outcome == Done {
		reply.Results = results[:]
	}
	b = reply.AppendTo(b)
	once.flush()
	return b, nil
}

// write does one write, unless it is refused: the reply then says why, and nothing was changed.
//
// It reads the key first, as the version, the value to append to and the totals all depend on what is there. The totals
// are taken down by the old record and up by the new one, so that they need no look at anything else. A key that a Delete
// does not find changes nothing, not even the revision.
func (s *State) write(store keys, w *Write, result *Result) (Reply, error) {
	old, existed, err := store.Get(w.Key)
	if err != nil {
		return Reply{}, err
	}
	if w.Expect != AnyVersion && w.Expect != old.Version {
		return Reply{Outcome: VersionMismatch, Actual: old.Version}, nil
	}
	value := w.Value
	if w.Kind == Append {
		if length := uint64(len(old.Value) + len(w.Value)); length > w.MaxValue {
			return Reply{Outcome: ValueTooLong, Actual: length}, nil
		}
		value = append(append(make([]byte, 0, len(old.Value)+len(w.Value)), old.Value...), w.Value...)
	}

	result.Existed = existed
	if w.Previous || w.Kind == Append {
		result.Previous = old.Value
		s.previous += len(old.Value)
	}
	if existed {
		s.Keys--
		s.Bytes -= uint64(len(w.Key) + len(old.Value))
	}
	if w.Kind == Delete {
		if existed {
			s.Revision++
			store.Delete(w.Key)
		}
		return Reply{}, nil
	}
	s.Revision++
	s.Keys++
	s.Bytes += uint64(len(w.Key) + len(value))
	result.Version = s.Revision
	store.Set(w.Key, Record{Version: s.Revision, Value: value})
	return Reply{}, nil
}

// keys is the part of Store that a write needs.
type keys interface {
	Get(key []byte) (Record, bool, error)
	Set(key []byte, record Record)
	Delete(key []byte)
}

// deferred holds the one change of a write back. The old value, which the reply may have to return, may lie in memory that
// the store uses again at the next change.
type deferred struct {
	Store
	key     []byte
	record  Record
	deleted bool
}

func (d *deferred) Set(key []byte, record Record) { d.key, d.record = key, record }
func (d *deferred) Delete(key []byte)             { d.key, d.deleted = key, true }

func (d *deferred) flush() {
	switch {
	case d.key == nil:
	case d.deleted:
		d.Store.Delete(d.key)
	default:
		d.Store.Set(d.key, d.record)
	}
}

// batch holds the changes of several writes back, and shows them to the later ones. It is dropped when one of them is
// refused, which undoes the others.
type batch struct {
	below   Store
	changed map[string]change
	order   []string // of the first change of each key, so that every replica writes the same
}

type change struct {
	record  Record
	deleted bool
}

func (b *batch) Get(key []byte) (Record, bool, error) {
	if c, ok := b.changed[string(key)]; ok {
		return c.record, !c.deleted, nil
	}
	return b.below.Get(key)
}

func (b *batch) Set(key []byte, record Record) { b.put(key, change{record: record}) }
func (b *batch) Delete(key []byte)             { b.put(key, change{deleted: true}) }

func (b *batch) put(key []byte, c change) {
	if _, ok := b.changed[string(key)]; !ok {
		b.order = append(b.order, string(key))
	}
	b.changed[string(key)] = c
}

func (b *batch) flush() {
	for _, key := range b.order {
		if c := b.changed[key]; c.deleted {
			b.below.Delete([]byte(key))
		} else {
			b.below.Set([]byte(key), c.record)
		}
	}
}
