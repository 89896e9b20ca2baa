package compat

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/numstorepb"
)

// TestEngines_away: while its engine is away a numstore says so, in time, and is not healthy; it recovers by itself.
func TestEngines_away(t *testing.T) {
	for _, kind := range engineKinds {
		t.Run(kind.name, func(t *testing.T) {
			engine, url := kind.prepare(t, 1)
			engine.start(t, engine.nodes...)
			pages := freeAddress(t)
			stub := dialNumstore(t, startProcess(t, "--engine", url, "--http-addr", pages))
			if reply, err := stub.SetNum(t.Context(), &numstorepb.SetNumRequest{Key: "A", Value: 5}); err != nil || reply.GetTotal() != 5 {
				t.Fatalf("SetNum: %v, %v", reply, err)
			}
			awaitHealth(t, pages, http.StatusOK)

			engine.nodes[0].kill()
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			_, errSet := stub.SetNum(ctx, &numstorepb.SetNumRequest{Key: "A", Value: 6})
			_, errFact := stub.Fact(ctx, &numstorepb.FactRequest{Key: "A"})
			_, where, _ := strings.Cut(url, "://")
			if said := fmt.Sprint(errSet); status.Code(errSet) != codes.Unavailable || !strings.Contains(said, kind.name+" at "+where) || !strings.Contains(said, "happened") {
				t.Errorf("SetNum: %v; want UNAVAILABLE that names the engine", errSet)
			}
			if status.Code(errFact) != codes.Unavailable && status.Code(errFact) != codes.DeadlineExceeded { // SetNum may have taken all the time
				t.Errorf("Fact: %v; want UNAVAILABLE", errFact)
			}
			awaitHealth(t, pages, http.StatusServiceUnavailable)

			engine.start(t, engine.nodes[0])
			awaitHealth(t, pages, http.StatusOK)
			reply, err := stub.SetNum(t.Context(), &numstorepb.SetNumRequest{Key: "B", Value: 10})
			if err != nil || reply.GetTotal() != 15 && reply.GetTotal() != 16 { // A is 5 or 6
				t.Errorf("afterwards: %v, %v; want 15 or 16", reply, err)
			}
		})
	}
}

func dialNumstore(t *testing.T, port string) numstorepb.NumStoreClient {
	t.Helper()
	conn, stub := dial(t, port)
	t.Cleanup(func() { conn.Close() })
	return stub
}

// awaitHealth waits until /healthz has a status.
func awaitHealth(t *testing.T, pages string, want int) {
	t.Helper()
	err := eventually(t, func(context.Context) error {
		response, err := http.Get("http://" + pages + "/healthz")
		if err != nil {
			return err
		}
		response.Body.Close()
		if response.StatusCode != want {
			return fmt.Errorf("/healthz: status %d; want %d", response.StatusCode, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestEngines_security: an engine that wants certificates gets them, by flags or by the variables of etcdctl; what is wrong
// about them is said at the start.
func TestEngines_security(t *testing.T) {
	own, others := selfSigned(t), selfSigned(t)
	token, wrongToken := filepath.Join(t.TempDir(), "token"), filepath.Join(t.TempDir(), "wrong")
	for file, text := range map[string]string{token: "secret\n", wrongToken: "guess\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	etcd, etcdURL := prepareEtcd(t, 1)
	etcd.nodes[0].args = append(etcd.nodes[0].args, "--tls-cert", certificateAlone(t, own), "--tls-key", own)
	raftkv, raftkvURL := prepareRaftkvEngine(t, 1)
	raftkv.nodes[0].args = append(raftkv.nodes[0].args, "--tls-cert", own, "--tls-key", own, "--tls-client-ca", own, "--client-token-file", token)
	etcd.start(t, append(etcd.nodes, raftkv.nodes...)...)
	etcdURL, raftkvURL = byName.Replace(etcdURL), byName.Replace(raftkvURL)

	withToken := []string{"--engine-token-file", token}
	for _, test := range []struct {
		name, url   string
		flags       []string
		environment []string
		says        string // of the failure; empty if there is none
	}{
		{"etcd", etcdURL, identify(own, own), nil, ""},
		{"etcd, by the variables of etcdctl", etcdURL, nil, []string{"ETCDCTL_CACERT=" + own, "ETCDCTL_CERT=" + own, "ETCDCTL_KEY=" + own}, ""},
		{"etcd without TLS", etcdURL, nil, nil, "etcd at"},
		{"etcd of another authority", etcdURL, identify(others, own), nil, "unknown authority"},
		{"etcd with another certificate", etcdURL, identify(own, others), nil, "etcd at"},
		{"raftkv", raftkvURL, append(identify(own, own), withToken...), nil, ""},
		{"raftkv without TLS", raftkvURL, withToken, nil, "raftkv at"},
		{"raftkv of another authority", raftkvURL, append(identify(others, own), withToken...), nil, "unknown authority"},
		{"raftkv with the wrong token", raftkvURL, append(identify(own, own), "--engine-token-file", wrongToken), nil, "token"},
	} {
		t.Run(test.name, func(t *testing.T) {
			// verify of a prefix without rows has come as far as to see that.
			command := exec.CommandContext(t.Context(), build(t, "./services/numstore"), append(test.flags, "--engine", test.url, "--engine-wait=1s", "--addr=localhost:0")...)
			command.Env = append(os.Environ(), test.environment...)
			var output bytes.Buffer
			command.Stderr = &output
			if test.says == "" {
				command.Args = append(command.Args, "verify")
				if err := command.Run(); err == nil || !strings.Contains(output.String(), "there are no rows") {
					t.Errorf("%v: %v\n%s", command.Args[1:], err, &output)
				}
				return
			}
			if err := command.Run(); err == nil || !strings.Contains(output.String(), test.says) || !strings.Contains(output.String(), "--engine-wait") {
				t.Errorf("%v: %v; want that it says %q\n%s", command.Args[1:], err, test.says, &output)
			}
		})
	}
}

// byName has servers of this machine called by the name that is in their certificate.
var byName = strings.NewReplacer("127.0.0.1", "localhost")

// certificateAlone returns the name of a file without the key that is in another one.
func certificateAlone(t *testing.T, identity string) (file string) {
	t.Helper()
	text, err := os.ReadFile(identity)
	file = filepath.Join(t.TempDir(), "alone.pem")
	if block, _ := pem.Decode(text); err == nil {
		err = os.WriteFile(file, pem.EncodeToMemory(block), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func identify(authority, certificate string) []string {
	return []string{"--engine-cacert", authority, "--engine-cert", certificate, "--engine-key", certificate}
}
