package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"numstore.example/tools/internal/ring"
)

// serveRing starts servers that know nothing of each other, and returns their addresses and the flags of the ring.
func serveRing(t *testing.T, n int) (services []*service, addresses []string, flags []string) {
	t.Helper()
	for range n {
		s := newService()
		services = append(services, s)
		addresses = append(addresses, strings.TrimPrefix(serve(t, s), "--servers="))
	}
	return services, addresses, ringFlags(addresses...)
}

func ringFlags(addresses ...string) []string {
	return []string{"--ring", "--servers=" + strings.Join(addresses, ",")}
}

// mustKV runs the program, which must do it.
func mustKV(t *testing.T, input string, args ...string) (stdout string) {
	t.Helper()
	status, stdout, stderr := kv(input, args...)
	if status != exitOK || stderr != "" {
		t.Fatalf("kv %s: status %d, printed %q and %q", strings.Join(args, " "), status, stdout, stderr)
	}
	return stdout
}

// TestRing: each key is at the one server that the ring says, and a scan shows all in order.
func TestRing(t *testing.T) {
	_, addresses, flags := serveRing(t, 3)
	on := func(args ...string) []string { return append(slices.Clone(flags), args...) }
	placed, err := ring.New(addresses)
	if err != nil {
		t.Fatal(err)
	}
	const keys = 60
	var pairs, all, keysOf strings.Builder
	of := make([]strings.Builder, len(addresses))
	for i := range keys {
		key := fmt.Sprintf("key%02d", i)
		fmt.Fprintf(&pairs, "{\"key\":%q,\"value\":\"v%d\"}\n", key, i)
		fmt.Fprintf(&all, "%s\tv%d\n", key, i)
		fmt.Fprintln(&keysOf, key)
		fmt.Fprintln(&of[placed.Place([]byte(key))], key)
	}
	mustKV(t, pairs.String(), on("import", "-")...)
	for place, address := range addresses {
		if got, want := mustKV(t, "", "--servers="+address, "scan", "--keys-only"), of[place].String(); got != want || want == "" {
			t.Errorf("%s has\n%s\nwant\n%s", address, got, want)
		}
	}
	if got := mustKV(t, "", on("scan", "key")...); got != all.String() {
		t.Errorf("the ring has\n%s\nwant\n%s", got, &all)
	}
	if got, want := mustKV(t, "", on("scan", "--limit=7", "--keys-only")...), strings.Join(strings.SplitAfter(keysOf.String(), "\n")[:7], ""); got != want {
		t.Errorf("the first seven are %q; want %q", got, want)
	}
	if got := mustKV(t, "", on("count")...); got != "60\n" {
		t.Errorf("count: %q", got)
	}
	if got := mustKV(t, "", on("get", "key42")...); got != "v42" {
		t.Errorf("get: %q", got)
	}
	if got := mustKV(t, "", on("delete", "key42", "--previous")...); got != "v42" {
		t.Errorf("delete: %q", got)
	}
	if status, _, stderr := kv("", on("get", "key42")...); status != exitFailed || stderr != "kv: the key 'key42' does not exist\n" {
		t.Errorf("get of what was deleted: status %d, %q", status, stderr)
	}
	if got := mustKV(t, "set new {1}\nget new\n", on("shell")...); !strings.Contains(got, "{1}") {
		t.Errorf("shell: %q", got)
	}
	stat := strings.Fields(mustKV(t, "", on("stat")...))
	if len(stat) != 3+3*4 || stat[3] != addresses[0] {
		t.Errorf("stat: %q; want a line for each server", stat)
	}
	if got := mustKV(t, "", on("stat", "--output=json")...); strings.Count(got, "\n") != 3 || !strings.HasPrefix(got, `{"server":"`+addresses[0]+`","keys":`) {
		t.Errorf("stat as JSON: %q", got)
	}
}

// TestRing_away: a server that is away is named, and takes only its own keys along.
func TestRing_away(t *testing.T) {
	_, addresses, _ := serveRing(t, 2)
	flags := ringFlags(addresses[0], "127.0.0.1:1", addresses[1])
	placed, err := ring.New([]string{addresses[0], "127.0.0.1:1", addresses[1]})
	if err != nil {
		t.Fatal(err)
	}
	on := func(args ...string) []string { return append(append(slices.Clone(flags), "--timeout=300ms"), args...) }
	for i := range 20 {
		key := fmt.Sprint("key", i)
		status, _, stderr := kv("", on("put", key, "v")...)
		if placed.Place([]byte(key)) != 1 {
			if status != exitOK {
				t.Errorf("put of %s, whose server runs: status %d, %q", key, status, stderr)
			}
		} else if status != exitUnreachable || !strings.Contains(stderr, "127.0.0.1:1, of the ring: ") {
			t.Errorf("put of %s: status %d, %q; want status 3 and whose it is", key, status, stderr)
		}
	}
	for _, verb := range []string{"scan", "stat"} {
		if status, stdout, stderr := kv("", on(verb)...); status != exitUnreachable || !strings.Contains(stderr, "127.0.0.1:1") || verb == "stat" && strings.Count(stdout, "\n") != 4 {
			t.Errorf("%s: status %d, printed %q and %q; want status 3 and who is away", verb, status, stdout, stderr)
		}
	}
}

// TestRing_shutdown: one call ends all.
func TestRing_shutdown(t *testing.T) {
	services, addresses, flags := serveRing(t, 3)
	for _, s := range services {
		s.token = "secret"
	}
	mustKV(t, "", append(flags, "shutdown", "--admin-token=secret")...)
	mustKV(t, "", append(flags, "shutdown", "--all", "--admin-token=secret")...)
	for i, want := range [][]string{{"shutdown", "shutdown all"}, {"shutdown all"}, {"shutdown all"}} {
		if !slices.Equal(services[i].done, want) {
			t.Errorf("server %d was told %v; want %v", i, services[i].done, want)
		}
	}
	away := append(ringFlags(addresses[0], "127.0.0.1:1"), "shutdown", "--all", "--admin-token=secret", "--timeout=300ms")
	if status, _, stderr := kv("", away...); status != exitUnreachable || !strings.Contains(stderr, "1 of 2 servers did not answer: 127.0.0.1:1") {
		t.Errorf("status %d, %q; want status 3 and who was not told", status, stderr)
	}
}

func TestRing_misuse(t *testing.T) {
	service, addresses, _ := serveRing(t, 1)
	other := strings.TrimPrefix(serve(t, service[0]), "--servers=") // another address of the same cluster
	for _, test := range []struct {
		args, says string
		status     int
	}{
		{"append k v", "kv: append does not go with --ring", exitMisuse},
		{"member list", "kv: member list does not go with --ring", exitMisuse},
		{"pipe", "kv: pipe does not go with --ring", exitMisuse},
		{"get k --servers a:1,b:1,a:1", "--servers: a:1 is there twice", exitMisuse},
		{"shutdown --all --servers a:1,a:1", "--servers: a:1 is there twice", exitMisuse},
		{"get k --service gossipkv", "--ring is a flag for raftkv alone", exitMisuse},
		{"scan --servers " + addresses[0] + "," + other, addresses[0] + " and " + other + " are nodes of one cluster", exitFailed},
	} {
		status, stdout, stderr := kv("", append([]string{"--ring"}, strings.Fields(test.args)...)...)
		if status != test.status || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, test.says) {
			t.Errorf("kv --ring %s: status %d, printed %q and %q; want status %d and %q", test.args, status, stdout, stderr, test.status, test.says)
		}
	}
	t.Setenv("KV_RING", "true") // is none of gossipkv
	if status, _, stderr := kv("", "--service=gossipkv", "get", "k", "--servers=127.0.0.1:1", "--timeout=300ms"); status != exitUnreachable || strings.Contains(stderr, "ring") {
		t.Errorf("gossipkv with KV_RING: status %d, %q", status, stderr)
	}
}
