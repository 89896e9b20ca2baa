package server

import (
	"testing"
	"time"

	"numstore.example/contracts/raftkvpb"
)

// TestStat_took: each call that is counted is timed, on a pipeline and in a batch too, and a write takes as long as the disk.
func TestStat_took(t *testing.T) {
	h := start(t, nil, nil)
	<-h.appends // that of the start
	h.disk.Lock()
	stream := h.pipeline(t)
	stream.send(putOperation(put("A", "1")), putOperation(put("B", "1")), getOperation("A"))
	<-h.appends // the writes are on their way
	const least = 5 * time.Millisecond
	time.Sleep(least)
	h.disk.Unlock()
	stream.CloseSend()
	if got := len(stream.rest()); got != 3 {
		t.Fatalf("%d answers; want 3", got)
	}
	if _, err := h.Get(t.Context(), &raftkvpb.GetRequest{Key: []byte("A")}); err != nil {
		t.Fatal(err)
	}
	batch := &raftkvpb.BatchRequest{Writes: []*raftkvpb.Write{
		{Write: &raftkvpb.Write_Put{Put: &raftkvpb.PutRequest{Key: []byte("C")}}},
		{Write: &raftkvpb.Write_Delete{Delete: &raftkvpb.DeleteRequest{Key: []byte("A")}}},
	}}
	if _, err := h.Batch(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Put(t.Context(), put("D", "1")); err != nil {
		t.Fatal(err)
	}
	stat, err := h.Stat(t.Context(), &raftkvpb.StatRequest{})
	if err != nil {
		t.Fatal(err)
	}
	gets, _ := took(stat.GetGetsTook(), 0)
	writes, long := took(stat.GetWritesTook(), least)
	if gets != stat.GetGets() || gets != 2 || writes != stat.GetSets()+stat.GetDeletes() || writes != 5 || long < 2 {
		t.Errorf("%d of %d gets were timed, and %d of %d writes, of which %d took as long as the disk; want all of 2, of 5, and 2",
			gets, stat.GetGets(), writes, stat.GetSets()+stat.GetDeletes(), long)
	}
}

// took returns how many calls there were, and how many may have taken at least so long.
func took(l *raftkvpb.Latencies, least time.Duration) (all, long uint64) {
	for i, count := range l.GetCounts() {
		all += count
		if time.Microsecond<<i > least {
			long += count
		}
	}
	return all, long
}
