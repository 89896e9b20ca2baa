package node_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"numstore.example/services/raftkv/internal/kv"
)

const syncInterval = 50 * time.Millisecond

// TestCrashes_interval: a store that syncs at intervals may lose the newest writes in a crash, but leaves no
// gap, is not damaged, and keeps what is older than two intervals.
func TestCrashes_interval(t *testing.T) {
	seed := number(t, "RAFTKV_SEED", rand.Uint64())
	defer func() {
		if t.Failed() {
			t.Logf("to repeat: RAFTKV_SEED=%d go test ./services/raftkv/internal/node -count=1 -run '^%s$'", seed, t.Name())
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(seed, 0))
		disk := vfs.NewCrashableMem()
		var sent string
		settled := 0 // so many bytes must be left
		for range 100 {
			in, err := begin(disk, variant{syncInterval: syncInterval}, death{
				moment: anyOperation, count: 1 + random.Int64N(100), percent: random.IntN(101), random: random,
			})
			if err == nil {
				sent, err = kept(in, sent, settled)
			}
			if err == nil {
				sent, settled = appendUntilDeath(in, sent)
			}
			if err := in.finish(err); err != nil {
				t.Fatal(err)
			}
			disk = in.remains
		}
	})
}

// kept compares what a crash has left with what was sent and answered before it.
func kept(in *incarnation, sent string, settled int) (value string, err error) {
	if !in.read(shard, func(state store) error {
		record, _, err := state.Get([]byte("key"))
		value = string(record.Value)
		return err
	}) {
		return sent, in.failed()
	}
	if !strings.HasPrefix(sent, value) {
		return value, fmt.Errorf("what is left is no beginning of what was sent:\n%s\n%s", value, sent)
	}
	if len(value) < settled {
		return value, fmt.Errorf("%d bytes are left, but %d were answered long before the crash", len(value), settled)
	}
	return value, nil
}

// appendUntilDeath returns what was sent, and how much of it was answered more than two intervals before
// the death.
func appendUntilDeath(in *incarnation, sent string) (string, int) {
	type answer struct {
		length int
		at     time.Time
	}
	answers := []answer{{}}
	for i := 0; ; i++ {
		token := fmt.Sprintf("%d;", i)
		write := kv.Write{Kind: kv.Append, Key: []byte("key"), Value: []byte(token), Expect: kv.AnyVersion, MaxValue: 1 << 30}
		sent += token
		_, ok := in.write(shard, (&kv.Command{Writes: []kv.Write{write}}).AppendTo(nil))
		for len(answers) > 1 && time.Since(answers[1].at) > 2*syncInterval {
			answers = answers[1:]
		}
		if !ok {
			return sent, answers[0].length
		}
		answers = append(answers, answer{len(sent), time.Now()})
		time.Sleep(7 * time.Millisecond) // by the clock of the test
	}
}
