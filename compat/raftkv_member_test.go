package compat

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"numstore.example/contracts/raftkvpb"
)

// adminFile returns the name of a file with an administrative token.
func adminFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("a token of the test\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// operated is a cluster whose members kv changes.
type operated struct {
	*kvCluster
	token string
}

// newOperated starts a cluster that takes administrative calls.
func newOperated(t *testing.T, nodes int, flags ...string) *operated {
	t.Helper()
	token := adminFile(t)
	return &operated{newKVCluster(t, nodes, append(flags, "--admin-token-file="+token)...), token}
}

// admit starts a node with an empty folder that knows of the first node of the cluster alone. It is ready when it was taken in.
func (c *operated) admit(t *testing.T, number int, address string) *kvProcess {
	t.Helper()
	peers := []string{fmt.Sprintf("%d=%s", number, address)}
	if number != 1 {
		peers = append(peers, "1="+c.addresses[0])
	}
	fresh := prepareKVProcess(t, "--addr="+address, fmt.Sprintf("--node=%d", number), "--peers="+strings.Join(peers, ","), "--admin-token-file="+c.token)
	if err := fresh.begin(); err != nil {
		t.Fatal(err)
	}
	await := "kv member add " + peers[0]
	if number <= len(c.addresses) {
		await = fmt.Sprintf("kv member replace %d --with %s", number, peers[0])
	}
	if err := eventually(t, func(context.Context) error {
		if log := fresh.server.Log(); !strings.Contains(log, await) {
			return fmt.Errorf("a node that is to be taken in says nothing of %q:\n%s", await, log)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return fresh
}

// member returns kv member, with arguments, to be run.
func (c *operated) member(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), build(t, "./tools/kv"), append([]string{
		"--servers=" + strings.Join(c.addresses, ","), "--admin-token-file=" + c.token, "--timeout=20s", "member",
	}, args...)...)
	command.Stderr = os.Stderr
	return command
}

// change runs kv member to its end, which must be a good one.
func (c *operated) change(t *testing.T, args ...string) {
	t.Helper()
	if out, err := c.member(t, args...).Output(); err != nil {
		t.Fatalf("kv member %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// interrupt runs kv member until it says a line that begins so, and ends it there by a signal. Meanwhile is called before that.
func (c *operated) interrupt(t *testing.T, line string, by os.Signal, meanwhile func(), args ...string) {
	t.Helper()
	command := c.member(t, args...)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(out)
	for said.Scan() && !strings.HasPrefix(said.Text(), line) {
	}
	meanwhile()
	if err := command.Process.Signal(by); err != nil {
		t.Errorf("kv member has ended before it was interrupted: %v", err)
	}
	_ = command.Wait() // it may have been done
}

// expectHolders checks which nodes vote for each shard, as a server tells.
func (c *operated) expectHolders(t *testing.T, server string, want ...uint64) {
	t.Helper()
	topology, err := dialRaftkv(t, portOf(server)).Topology(t.Context(), &raftkvpb.TopologyRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, shard := range topology.GetShards() {
		if got := slices.Sorted(slices.Values(shard.GetReplicas())); !slices.Equal(got, want) {
			t.Errorf("shard %d is on the nodes %v; want %v", shard.GetShard(), got, want)
		}
	}
}

func portOf(address string) string { return address[strings.LastIndex(address, ":")+1:] }

// TestRaftkvMember_lost: under load, a node that is lost is replaced by one of another number, and then one whose folder is lost by
// itself. Who was replaced does not come back.
func TestRaftkvMember_lost(t *testing.T) {
	c := newOperated(t, 3)
	load := startLoad(t, newSeed(t), c.addresses...)
	load.await(t, 300)
	lost := c.nodes[1]
	lost.kill(t)
	address := freeAddress(t)
	fourth := c.admit(t, 4, address)
	c.change(t, "replace", "2", "--with", "4="+address)
	if err := fourth.awaitReady(); err != nil {
		t.Fatal(err)
	}
	c.expectHolders(t, address, 1, 3, 4)
	load.await(t, 300)

	third := c.nodes[2]
	third.kill(t)
	emptied := c.admit(t, 3, c.addresses[2])
	c.change(t, "replace", "3", "--with", "3="+c.addresses[2])
	if err := emptied.awaitReady(); err != nil {
		t.Fatal(err)
	}
	c.expectHolders(t, c.addresses[2], 1, 3, 4)
	load.await(t, 300)

	c.nodes[0].kill(t) // the others are a majority, of those that came later
	load.await(t, 300)
	c.nodes[0].start(t)
	if err := lost.launch(); err == nil || !strings.Contains(err.Error(), "must not come back") {
		t.Errorf("a node that was replaced came back: %v", err)
	}
	if err := load.end(t); err != nil {
		t.Error(err)
	}
}

// TestRaftkvMember_interrupted: a replacement whose kv is stopped in the middle, and whose leaders die in the middle, is gone on with by the same
// command, under load; nothing is lost.
func TestRaftkvMember_interrupted(t *testing.T) {
	c := newOperated(t, 3)
	load := startLoad(t, newSeed(t), c.addresses...)
	load.await(t, 300)
	address := freeAddress(t)
	fourth := c.admit(t, 4, address)
	args := []string{"replace", "3", "--with", "4=" + address}
	c.interrupt(t, "shard 0: done", os.Interrupt, func() {}, args...)
	leader := c.nodes[1]
	c.interrupt(t, "shard 1: node 4", syscall.SIGKILL, func() { leader.kill(t) }, args...)
	load.await(t, 50)
	leader.start(t)
	c.change(t, args...)
	c.change(t, args...) // it is done, and so it is when it is asked for once more
	if err := fourth.awaitReady(); err != nil {
		t.Fatal(err)
	}
	c.expectHolders(t, address, 1, 2, 4)
	load.await(t, 300)
	if err := load.end(t); err != nil {
		t.Error(err)
	}
}

// TestRaftkvMember_more: a fourth node gets its share under load, and another one goes, as when machines are exchanged; a replica is
// rebuilt.
func TestRaftkvMember_more(t *testing.T) {
	c := newOperated(t, 3)
	load := startLoad(t, newSeed(t), c.addresses...)
	load.await(t, 300)
	address := freeAddress(t)
	fourth := c.admit(t, 4, address)
	c.change(t, "add", "4="+address)
	if err := fourth.awaitReady(); err != nil {
		t.Fatal(err)
	}
	c.change(t, "remove", "1")
	c.expectHolders(t, address, 2, 3, 4)
	load.await(t, 300)
	c.change(t, "rebuild", "2", "--shard=1")
	load.await(t, 300)
	if err := load.end(t); err != nil {
		t.Error(err)
	}
}

// TestRaftkvMember_grown: a server alone becomes a cluster of three, whose data survives the loss of it; and a node that is started
// at another address is found there by the others, which are not started again.
func TestRaftkvMember_grown(t *testing.T) {
	requireCluster(t)
	token, address := adminFile(t), freeAddress(t)
	alone := prepareKVProcess(t, "--addr="+address, "--admin-token-file="+token)
	alone.start(t)
	key := []byte("k")
	if _, err := dialClerk(t, address).Put(t.Context(), key, []byte("v")); err != nil {
		t.Fatal(err)
	}
	alone.stop(t)
	alone.flags = append(alone.flags, "--peers=1="+address)
	alone.start(t)

	c := &operated{&kvCluster{nodes: []*kvProcess{alone}, addresses: []string{address}}, token}
	others := make(map[int]*kvProcess)
	addresses := map[int]string{2: freeAddress(t), 3: freeAddress(t)}
	for _, number := range []int{2, 3} {
		others[number] = c.admit(t, number, addresses[number])
		c.change(t, "add", fmt.Sprintf("%d=%s", number, addresses[number]), "--more-replicas")
		if err := others[number].awaitReady(); err != nil {
			t.Fatal(err)
		}
	}
	c.expectHolders(t, addresses[3], 1, 2, 3)

	others[2].stop(t)
	moved := freeAddress(t)
	for i, flag := range others[2].flags {
		others[2].flags[i] = strings.ReplaceAll(flag, addresses[2], moved)
	}
	others[2].start(t)
	if err := eventually(t, func(ctx context.Context) error {
		topology, err := dialRaftkv(t, portOf(addresses[3])).Topology(ctx, &raftkvpb.TopologyRequest{})
		if at := topology.GetNodes()[1].GetAddress(); err != nil || at != moved {
			return fmt.Errorf("node 2 is at %s for node 3, and not at %s: %w", at, moved, err)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	alone.kill(t)
	clerk := dialClerk(t, addresses[3])
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if got, err := clerk.Get(ctx, key); err != nil || string(got.Value) != "v" {
		t.Errorf("without the first server: %q, %v", got.Value, err)
	}
	if _, err := clerk.Put(ctx, key, []byte("w")); err != nil {
		t.Errorf("a write without the first server: %v", err)
	}
}

// TestRaftkvMember_damaged: a bit in the file of one node takes out its replica of a shard, which it says, and nobody else notices; kv has the
// others give it another one.
func TestRaftkvMember_damaged(t *testing.T) {
	c := newOperated(t, 3)
	clerk := dialClerk(t, c.addresses...)
	for i := range 200 {
		value := make([]byte, 4096)
		randomBytes(uint64(i)).Read(value)
		if _, err := clerk.Put(t.Context(), fmt.Append(nil, i), value); err != nil {
			t.Fatal(err)
		}
	}
	node := c.nodes[1]
	if out, err := exec.CommandContext(t.Context(), build(t, "./tools/kv"), "--servers="+c.addresses[1], "--admin-token-file="+c.token, "compact").CombinedOutput(); err != nil {
		t.Fatalf("kv compact: %v, %s", err, out)
	}
	node.kill(t)
	largest := slices.MaxFunc(filesOf(t, node.folder), func(a, b dataFile) int {
		return len(tableOf(a)) - len(tableOf(b))
	})
	content := slices.Clone(tableOf(largest))
	content[len(content)/2] ^= 1
	if err := os.WriteFile(filepath.Join(node.folder, largest.name), content, 0o600); err != nil {
		t.Fatal(err)
	}
	node.start(t)
	client := dialRaftkv(t, node.port())
	damages := func(ctx context.Context, want int) error {
		if err := scan(ctx, client, &raftkvpb.ScanRequest{}, func(*raftkvpb.Pair) {}); err != nil && want == 0 {
			return err
		}
		stat, err := client.Stat(ctx, &raftkvpb.StatRequest{})
		if err == nil && len(stat.GetDamages()) != want {
			err = fmt.Errorf("the node tells of damages %v; want %d", stat.GetDamages(), want)
		}
		return err
	}
	if err := eventually(t, func(ctx context.Context) error { return damages(ctx, 1) }); err != nil {
		t.Fatal(err)
	}
	c.change(t, "rebuild", "2")
	if err := eventually(t, func(ctx context.Context) error { return damages(ctx, 0) }); err != nil {
		t.Fatal(err)
	}
	c.nodes[0].kill(t)
	for i := range 200 {
		if got, err := clerk.Get(t.Context(), fmt.Append(nil, i)); err != nil || len(got.Value) != 4096 {
			t.Fatalf("key %d, without node 1: %d bytes, %v", i, len(got.Value), err)
		}
	}
}

// tableOf returns what a file holds, if it is a table of the store.
func tableOf(file dataFile) []byte {
	if filepath.Ext(file.name) != ".sst" {
		return nil
	}
	return file.content
}

// randomBytes returns random bytes, which no compression makes fewer.
func randomBytes(seed uint64) *rand.ChaCha8 {
	return rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
}
