package etcd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"numstore.example/services/numstore/internal/remote"
	"numstore.example/services/numstore/internal/remotetest"
)

// program is etcd as its project releases it. It stands in a module of its own, because a server of etcd is no part of
// numstore.
var program = remotetest.Builder{Folder: "../../../../tools/bench/peers", Package: "./etcd"}

func TestMain(m *testing.M) {
	status := m.Run()
	program.Remove()
	os.Exit(status)
}

// one returns a cluster of one member, started.
func one(t testing.TB, args ...string) *remotetest.Member {
	member := remotetest.NewMember(t, program.Program(t), append(args, "--data-dir", t.TempDir())...)
	remotetest.StartAll(t, member)
	return member
}

// three returns the addresses of a cluster of three.
func three(t *testing.T) []string {
	var peers []string
	for i := range 3 {
		peers = append(peers, fmt.Sprintf("m%d=%s", i, remotetest.FreeAddress(t)))
	}
	var members []*remotetest.Member
	for i := range peers {
		members = append(members, remotetest.NewMember(t, program.Program(t), "--data-dir", t.TempDir(), "--node", fmt.Sprintf("m%d", i), "--peers", strings.Join(peers, ",")))
	}
	return remotetest.StartAll(t, members...)
}

// on returns how engines on a cluster are opened.
func on(config Config) remotetest.Open {
	return func(t testing.TB, prefix string) remote.Engine {
		own := config
		own.Prefix = prefix
		engine := New(own)
		t.Cleanup(func() { engine.Close() })
		return engine
	}
}

func TestEngine_one(t *testing.T) {
	remotetest.Run(t, on(Config{Endpoints: []string{one(t).Address}}))
}

func TestEngine_three(t *testing.T) {
	remotetest.Run(t, on(Config{Endpoints: three(t)}))
}

func BenchmarkEngine(b *testing.B) {
	remotetest.Benchmark(b, on(Config{Endpoints: []string{one(b).Address}}))
}

// TestEngine_refused: that nobody listens is said at once, and not that time is up.
func TestEngine_refused(t *testing.T) {
	engine := on(Config{Endpoints: []string{remotetest.FreeAddress(t)}})(t, "x/")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := engine.Read(ctx, []string{"a"}); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("Read: %v; want that the connection was refused", err)
	}
}

// TestEngine_user: a user that may use the prefix, and nothing else, is enough; what is wrong about one is said; and a login
// that a server has forgotten is made again.
func TestEngine_user(t *testing.T) {
	address := remotetest.FreeAddress(t)
	member := one(t, "--addr", address)
	enableUsers(t, member.Address)
	engine := func(user, password, prefix string) *Engine {
		engine := New(Config{Endpoints: []string{address}, Prefix: prefix, User: user, Password: password})
		t.Cleanup(func() { engine.Close() })
		return engine
	}
	for _, test := range []struct {
		name, says string
		engine     *Engine
	}{
		{"no user", "user name is empty", engine("", "", "numstore/")},
		{"a wrong password", "authentication failed", engine("numstore", "guess", "numstore/")},
		{"another prefix", "permission denied", engine("numstore", "secret", "other/")},
	} {
		if _, err := test.engine.Read(t.Context(), []string{"total"}); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v; want %q", test.name, err, test.says)
		}
	}
	good := engine("numstore", "secret", "numstore/")
	store, err := remote.Open(t.Context(), good, 10, time.Minute, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	member.Kill() // its logins are in memory
	remotetest.StartAll(t, member)
	if total, err := store.Set(t.Context(), "A", 5); total != 5 || err != nil {
		t.Errorf("Set after etcd was started again: %d, %v", total, err)
	}
	if _, err := remote.Verify(t.Context(), good); err != nil {
		t.Error(err)
	}
}

// enableUsers has etcd ask for a password: of root, and of numstore, who may use one prefix.
func enableUsers(t *testing.T, address string) {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{address}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx := t.Context()
	_, err1 := client.UserAdd(ctx, "root", "root")
	_, err2 := client.UserGrantRole(ctx, "root", "root")
	_, err3 := client.RoleAdd(ctx, "numstore")
	_, err4 := client.RoleGrantPermission(ctx, "numstore", "numstore/", clientv3.GetPrefixRangeEnd("numstore/"), clientv3.PermissionType(clientv3.PermReadWrite))
	_, err5 := client.UserAdd(ctx, "numstore", "secret")
	_, err6 := client.UserGrantRole(ctx, "numstore", "numstore")
	_, err7 := client.AuthEnable(ctx)
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7); err != nil {
		t.Fatal(err)
	}
}
