package compat

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/compat/internal/process"
	"numstore.example/contracts/numstorepb"
)

// overload is the size of TestOverload: how much of each kind is offered at the same time.
type overload struct {
	connections int // open, without a call; also the server's limit
	calls       int // whole calls, from a handful of connections
	deaf        int // connections that send and do not read
	requests    int // of each of them
	slow        int // connections that stop in a request; more than the queue has places
	queue       int // of the server for those
}

// size is the one that takes seconds, or with COMPAT_OVERLOAD=full that of the promise.
func size(t *testing.T) overload {
	switch value := os.Getenv("COMPAT_OVERLOAD"); value {
	case "":
		return overload{connections: 500, calls: 4_000, deaf: 10, requests: 3_000, slow: 100, queue: 16}
	case "full":
		return overload{connections: 10_000, calls: 100_000, deaf: 100, requests: 20_000, slow: 5_000, queue: 1_000}
	default:
		t.Fatalf("COMPAT_OVERLOAD is %q; it is full, or not set", value)
		panic("not reached")
	}
}

// The bound on a server's memory, in bytes:
//
//	base + connections × perConnection + open calls × perStream + places × (message + perStream)
//
// Open calls are those whose request is incomplete or whose answer is not taken, at most --max-streams on
// a connection; what has come of a request counts on top. Places are --workers + --queue; the message is
// the longest that is sent, at most --max-message.
const (
	perConnection = 64 << 10  // measured: 20 KiB with HTTP/2, 9.5 without
	perStream     = 32 << 10  // measured: 6 to 20 KiB
	baseMemory    = 128 << 20 // measured: 17 MiB at the start, and 40 of garbage under load
)

func bound(connections, streams, places, message int) float64 {
	return float64(baseMemory + connections*perConnection + streams*perStream + places*(message+perStream))
}

// loaded is a server whose figures are watched.
type loaded struct {
	*process.Server
	metricsURL string
	before     map[string]float64
}

var operators = regexp.MustCompile(`msg="serving operators" addr=(\S+)`)

func startLoaded(t *testing.T, flags ...string) *loaded {
	t.Helper()
	server, err := process.Start(context.Background(), build(t, "./services/numstore"),
		append([]string{"--addr", "localhost:0", "--http-addr", "localhost:0"}, flags...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
		if log := server.Log(); strings.Contains(log, "level=ERROR") {
			t.Errorf("the server failed at calls:\n%.2000s", log)
		}
	})
	s := &loaded{Server: server}
	var addr []string // written before the ready line, but read by another goroutine than that
	for start := time.Now(); addr == nil; time.Sleep(time.Millisecond) {
		if addr = operators.FindStringSubmatch(server.Log()); addr == nil && time.Since(start) > patience {
			t.Fatalf("the log names no address for operators:\n%s", server.Log())
		}
	}
	s.metricsURL = "http://" + addr[1] + "/metrics"
	s.before = s.metrics(t)
	t.Cleanup(func() { s.calm(t) }) // the clients of the test, which are younger, are gone by then
	return s
}

// metrics are the figures without labels, as operators see them.
func (s *loaded) metrics(t *testing.T) map[string]float64 {
	t.Helper()
	response, err := http.Get(s.metricsURL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	figures := make(map[string]float64)
	for line := range strings.Lines(string(body)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if number, err := strconv.ParseFloat(value, 64); err == nil {
			figures[name] = number
		}
	}
	return figures
}

// await asks for the figures until they are as wanted.
func (s *loaded) await(t *testing.T, what string, wanted func(map[string]float64) bool) map[string]float64 {
	t.Helper()
	for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		figures := s.metrics(t)
		switch {
		case wanted(figures):
			return figures
		case time.Since(start) > patience:
			t.Fatalf("%s did not come true; the server has %v connections, %v goroutines, a queue of %v", what,
				figures["rpcserver_connections"], figures["go_goroutines"], figures["rpcserver_queue_length"])
		}
	}
}

// calm waits until nothing is left of a load, and expects that the process is still the same and that
// it counts right.
func (s *loaded) calm(t *testing.T) {
	t.Helper()
	after := s.await(t, "calm", func(f map[string]float64) bool {
		// Each connection of the test's own that lives on, and the operators', has a few goroutines.
		return f["rpcserver_connections"] == 0 && f["rpcserver_queue_length"] == 0 &&
			f["go_goroutines"] <= s.before["go_goroutines"]+10
	})
	if after["process_start_time_seconds"] != s.before["process_start_time_seconds"] {
		t.Error("the server is another process than before")
	}
	conn, stub := dial(t, s.Port)
	defer conn.Close()
	if err := trySet(context.Background(), stub); err != nil {
		t.Errorf("after the load: %v", err)
	}
	if err := tryTotal(context.Background(), stub); err != nil {
		t.Errorf("after the load: %v", err)
	}
}

// holds reports the server's memory under the load, and checks it.
func (s *loaded) holds(t *testing.T, limit float64) {
	t.Helper()
	f := s.metrics(t)
	now, before := f["process_resident_memory_bytes"], s.before["process_resident_memory_bytes"]
	t.Logf("%.0f connections, %.0f goroutines, queue %.0f: %.1f MiB resident, %.1f more than at the start; the bound is %.1f",
		f["rpcserver_connections"], f["go_goroutines"], f["rpcserver_queue_length"], now/(1<<20), (now-before)/(1<<20), limit/(1<<20))
	if now > limit {
		t.Errorf("the server's memory is %.1f MiB; the bound is %.1f", now/(1<<20), limit/(1<<20))
	}
}

// TestOverload offers a server more than it can take, of each kind on its own, and expects each time
// that others are served, that memory is bounded, and that afterwards everything is as before.
func TestOverload(t *testing.T) {
	size := size(t)
	for _, scenario := range []struct {
		name  string
		offer func(t *testing.T, size overload)
	}{
		{"silent connections", silentConnections},
		{"idle connections", idleConnections},
		{"open loop", openLoop},
		{"deadlines", shortDeadlines},
		{"clients that do not read", deafClients},
		{"clients that stop in a preface", slowPrefaces},
		{"clients that stop in a request", slowRequests},
	} {
		t.Run(scenario.name, func(t *testing.T) { scenario.offer(t, size) })
	}
}

// needFiles makes sure that as many connections can be open, here and in the server, which inherits
// the limit.
func needFiles(t *testing.T, n int) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	n += 200
	if limit.Max < uint64(n) {
		lacking(t, "open files", fmt.Errorf("the hard limit is %d (ulimit -Hn); the test needs %d", limit.Max, n))
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
}

// silentConnections says nothing on most connections that the server takes. It hangs up on them itself.
func silentConnections(t *testing.T, size overload) {
	needFiles(t, size.connections)
	server := startLoaded(t, "--max-connections", strconv.Itoa(size.connections))
	silent := make([]net.Conn, size.connections-1)
	for i := range silent {
		silent[i] = dialSilent(t, server.Port)
	}
	serves(t, server.Port)
	server.holds(t, bound(size.connections, 0, 0, 0))
	for _, conn := range silent {
		conn.SetReadDeadline(time.Now().Add(patience))
		if _, err := io.Copy(io.Discard, conn); isTimeout(err) {
			t.Fatal("a silent connection was not cut off")
		}
	}
}

func isTimeout(err error) bool {
	failed, is := err.(net.Error)
	return is && failed.Timeout()
}

// idleConnections keeps as many connections open as the server takes. A further one is closed at once.
func idleConnections(t *testing.T, size overload) {
	needFiles(t, size.connections)
	server := startLoaded(t, "--max-connections", strconv.Itoa(size.connections))
	idle := make([]*rawClient, size.connections-1)
	for i := range idle {
		idle[i] = dialRaw(t, server.Port)
		if err := idle[i].handshake(); err != nil {
			t.Fatalf("connection %d: %v", i+1, err)
		}
	}
	serves(t, server.Port)
	server.holds(t, bound(size.connections, 0, 0, 0))

	// The client that was served may still be there for a moment.
	server.await(t, "room for the last", func(f map[string]float64) bool {
		return int(f["rpcserver_connections"]) == len(idle)
	})
	last := dialRaw(t, server.Port)
	if err := last.handshake(); err != nil {
		t.Fatalf("the last connection: %v", err)
	}
	for range 10 {
		extra := dialSilent(t, server.Port)
		extra.SetReadDeadline(time.Now().Add(patience))
		if n, err := extra.Read(make([]byte, 1)); n != 0 || isTimeout(err) {
			t.Errorf("one connection too many got %d bytes, %v; want the end of it", n, err)
		}
	}
	if refused := server.metrics(t)["rpcserver_connections_refused_total"]; refused < 10 {
		t.Errorf("%.0f connections were refused; want 10 at least", refused)
	}
	for _, client := range append(idle, last) {
		client.Close()
	}
	server.await(t, "room for others", func(f map[string]float64) bool { return f["rpcserver_connections"] == 0 })
	serves(t, server.Port)
}

// flood makes calls, each in a goroutine of its own and with a key of its own, that do not wait for one
// another. It returns the code that each ended with.
func flood(t *testing.T, stubs []numstorepb.NumStoreClient, n int, deadline func(i int) time.Duration) []codes.Code {
	t.Helper()
	ended := make([]codes.Code, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), deadline(i))
			defer cancel()
			_, err := stubs[i%len(stubs)].SetNum(ctx, &numstorepb.SetNumRequest{Key: floodKey(i), Value: 1})
			ended[i] = status.Code(err)
		})
	}
	wg.Wait()
	return ended
}

func floodKey(i int) string { return fmt.Sprint("flood ", i) }

// judgeFlood expects that calls that were answered took effect, that refused ones did not, and that
// no call ended in another way. It returns how many ended in each.
func judgeFlood(t *testing.T, stub numstorepb.NumStoreClient, ended []codes.Code) map[codes.Code]int {
	t.Helper()
	count := make(map[codes.Code]int)
	for i, code := range ended {
		count[code]++
		reply, err := stub.Fact(t.Context(), &numstorepb.FactRequest{Key: floodKey(i)})
		if err != nil {
			t.Fatal(err)
		}
		if err := judgeCall(code, reply.GetError() == ""); err != nil {
			t.Errorf("call %d: %v", i, err)
		}
	}
	t.Logf("%d calls ended so: %v", len(ended), count)
	return count
}

// judgeCall says what is wrong with a call that ended with a code, and has taken effect or not.
func judgeCall(code codes.Code, effect bool) error {
	switch {
	case code != codes.OK && code != codes.ResourceExhausted && code != codes.DeadlineExceeded:
		return fmt.Errorf("it ended with %v", code)
	case code == codes.OK && !effect:
		return fmt.Errorf("it was answered and had no effect")
	case code == codes.ResourceExhausted && effect:
		return fmt.Errorf("it was refused and had an effect")
	}
	return nil
}

// TestJudgeCall shows which ends of a call are found out.
func TestJudgeCall(t *testing.T) {
	for code, good := range map[codes.Code][2]bool{ // without effect, with
		codes.OK:                {false, true},
		codes.ResourceExhausted: {true, false},
		codes.DeadlineExceeded:  {true, true},
		codes.Internal:          {false, false},
		codes.Unavailable:       {false, false},
	} {
		for i, effect := range []bool{false, true} {
			if err := judgeCall(code, effect); (err == nil) != good[i] {
				t.Errorf("%v, effect %v: %v", code, effect, err)
			}
		}
	}
}

// openLoop sends calls far faster than one worker without a queue takes them. How many it refuses is a
// matter of luck, except that one is answered. The control is a queue with room for all: none is refused.
func openLoop(t *testing.T, size overload) {
	patient := func(int) time.Duration { return patience }
	server := startLoaded(t, "--workers", "1", "--queue", "0", "--max-streams", "100000")
	stubs := dialStubs(t, server.Port, 8)
	count := judgeFlood(t, stubs[0], flood(t, stubs, size.calls, patient))
	if count[codes.OK] == 0 {
		t.Error("no call was answered")
	}
	if refused := server.metrics(t)["rpcserver_queue_refused_total"]; int(refused) != count[codes.ResourceExhausted] {
		t.Errorf("the server counts %.0f refused calls, the clients %d", refused, count[codes.ResourceExhausted])
	}
	server.holds(t, bound(len(stubs), size.calls, 1, len(floodKey(0))))

	control := startLoaded(t, "--workers", "1", "--queue", strconv.Itoa(size.calls), "--max-streams", "100000")
	stubs = dialStubs(t, control.Port, 8)
	if count := judgeFlood(t, stubs[0], flood(t, stubs, size.calls, patient)); count[codes.OK] != size.calls {
		t.Errorf("with a queue for all, %d of %d calls were answered", count[codes.OK], size.calls)
	}
}

// shortDeadlines sends calls of which most have a deadline that is shorter than the queue.
func shortDeadlines(t *testing.T, size overload) {
	seed := newSeed(t)
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	deadlines := make([]time.Duration, size.calls)
	for i := range deadlines {
		deadlines[i] = patience
		if i%4 > 0 {
			deadlines[i] = time.Duration(rng.Int64N(int64(20 * time.Millisecond)))
		}
	}
	server := startLoaded(t, "--workers", "1", "--queue", strconv.Itoa(size.calls), "--max-streams", "100000")
	stubs := dialStubs(t, server.Port, 8)
	ended := flood(t, stubs, size.calls, func(i int) time.Duration { return deadlines[i] })
	judgeFlood(t, stubs[0], ended)
	for i, code := range ended {
		if deadlines[i] == patience && code != codes.OK {
			t.Errorf("call %d had time enough and a place, and ended with %v", i, code)
		}
	}
	server.await(t, "an empty queue", func(f map[string]float64) bool { return f["rpcserver_queue_length"] == 0 })
}

// deafClients sends calls and reads no answers. The server stops taking calls of such a client at
// --max-streams, here the default of 1000.
func deafClients(t *testing.T, size overload) {
	const maxStreams = 1000
	server := startLoaded(t)
	other := dialStubs(t, server.Port, 1)[0]
	if err := trySet(t.Context(), other); err != nil { // it is connected before they come
		t.Fatal(err)
	}
	message := messageOf(strings.Repeat("k", 1000), 1)
	var wg sync.WaitGroup
	var deaf []*rawClient
	for range size.deaf {
		client := dialRaw(t, server.Port)
		// So that not the buffers of this machine, but the server keeps what is not read.
		client.Conn.(*net.TCPConn).SetReadBuffer(4096)
		deaf = append(deaf, client)
	}
	for _, client := range deaf {
		wg.Go(func() {
			client.SetWriteDeadline(time.Now().Add(patience))
			for range size.requests {
				if err := client.send(message, true); err != nil {
					return // the server has stopped reading, or has hung up
				}
			}
		})
	}
	if err := insist(t.Context(), other, 20); err != nil { // while they send
		t.Errorf("another client: %v", err)
	}
	wg.Wait()
	serves(t, server.Port)
	server.holds(t, bound(size.deaf, size.deaf*maxStreams, 4100, len(message)))
	for _, client := range deaf {
		client.Close()
	}
	server.await(t, "room for others", func(f map[string]float64) bool { return f["rpcserver_connections"] == 1 })
}

// slowPrefaces sends a preface byte by byte, and stops in it.
func slowPrefaces(t *testing.T, size overload) {
	needFiles(t, size.slow)
	server := startLoaded(t)
	for range size.slow {
		conn := dialSilent(t, server.Port)
		for _, b := range []byte("PRI * HT") {
			if _, err := conn.Write([]byte{b}); err != nil {
				break // the three seconds of the first are over
			}
		}
	}
	serves(t, server.Port)
	server.holds(t, bound(size.slow, 0, 0, 0))
	server.await(t, "the end of slow connections", func(f map[string]float64) bool { return f["rpcserver_connections"] == 0 })
}

// slowRequests begins more calls than the server has workers and places in its queue, and stops in them:
// after the headers, in the message's length, in the message. One byte a second is a stop, seen from a
// server. Such calls take neither a worker nor a place.
func slowRequests(t *testing.T, size overload) {
	needFiles(t, size.slow)
	server := startLoaded(t, "--workers", "2", "--queue", strconv.Itoa(size.queue))
	message := messageOf(strings.Repeat("k", 1<<20), 1)
	stops := []int{0, 3, 5, 1000}
	var slow []*rawClient
	for i := range size.slow {
		client := dialRaw(t, server.Port)
		if err := client.send(message[:stops[i%len(stops)]], false); err != nil {
			t.Fatal(err)
		}
		slow = append(slow, client)
	}
	server.await(t, "the arrival of all", func(f map[string]float64) bool {
		return int(f["rpcserver_connections"]) == size.slow
	})
	for _, client := range slow { // a byte more
		client.framer.WriteData(client.stream-1, false, message[:1])
	}
	serves(t, server.Port)
	server.holds(t, bound(size.slow, size.slow, 0, 0))
	if waiting := server.metrics(t)["rpcserver_queue_length"]; waiting != 0 {
		t.Errorf("%.0f calls wait in the queue; half a request takes no place there", waiting)
	}
	for _, client := range slow {
		client.Close()
	}
	server.await(t, "an end of the calls", func(f map[string]float64) bool { return f["rpcserver_connections"] == 0 })
}
