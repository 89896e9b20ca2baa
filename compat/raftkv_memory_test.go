package compat

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"numstore.example/contracts/raftkvpb"
)

const mebibyte = 1 << 20

// watchMemory forgets the peak of a process's memory, and returns a function that tells the peak since then, in
// bytes. It skips the test where /proc does not have that.
func watchMemory(t *testing.T, pid int) (peak func() int) {
	t.Helper()
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0); err != nil {
		lacking(t, "peak of memory in /proc", err)
	}
	return func() int {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(text), "VmHWM:")
		line, _, _ := strings.Cut(rest, " kB")
		kib, err := strconv.Atoi(strings.TrimSpace(line))
		if err != nil {
			t.Fatalf("VmHWM: %v", err)
		}
		return kib << 10
	}
}

// TestRaftkv_largeScan: a scan of more than any message or memory comes in parts, and costs both sides no more
// than these.
func TestRaftkv_largeScan(t *testing.T) {
	size := 256
	if torture() {
		size = 1024
	}
	server := newKVProcess(t)
	client := dialRaftkv(t, server.port())
	for i := range size {
		value := bytes.Repeat(fmt.Appendf(nil, "%015d\n", i), mebibyte/16)
		if _, err := sendSingly(t.Context(), client, put(fmt.Sprintf("%04d", i), value)); err != nil {
			t.Fatal(err)
		}
	}
	serverPeak, ownPeak := watchMemory(t, server.server.PID()), watchMemory(t, os.Getpid())
	serverBefore, ownBefore := serverPeak(), ownPeak()
	count := 0
	err := scan(t.Context(), client, &raftkvpb.ScanRequest{}, func(pair *raftkvpb.Pair) {
		want := fmt.Sprintf("%015d\n", count)
		if value := string(pair.GetValue()); len(value) != mebibyte || value[:16] != want || value[mebibyte-16:] != want {
			t.Fatalf("pair %d is %q with %d bytes", count, pair.GetKey(), len(value))
		}
		count++
	})
	if err != nil || count != size {
		t.Fatalf("%d of %d pairs, %v", count, size, err)
	}
	serverGrowth, ownGrowth := serverPeak()-serverBefore, ownPeak()-ownBefore
	t.Logf("a scan of %d MiB cost the server %d MiB above %d MiB, and the client %d MiB", size, serverGrowth/mebibyte, serverBefore/mebibyte, ownGrowth/mebibyte)
	const most = 128 * mebibyte
	if serverGrowth > most || ownGrowth > most {
		t.Errorf("want at most %d MiB", most/mebibyte)
	}
}

// TestRaftkv_deafClients: clients that send on pipelines and never take their answers are held up before
// they cost the server more than it takes for itself (tables in memory, writes that wait for the disk). Others are
// served meanwhile, and still afterwards.
func TestRaftkv_deafClients(t *testing.T) {
	value := bytes.Repeat([]byte("x"), mebibyte)
	for name, operation := range map[string]func() *raftkvpb.Operation{
		"puts": func() *raftkvpb.Operation { return put("large", value) },
		"gets": func() *raftkvpb.Operation { return get("large") },
		"previous values": func() *raftkvpb.Operation {
			o := put("large", value)
			o.GetPut().ReturnPrevious = true
			return o
		},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "puts" && !torture() {
				t.Skip("it writes some gigabytes; mage torture does it") // their answers are small, and many fit on the way
			}
			server := newKVProcess(t, "--log-level=warn")
			other := dialRaftkv(t, server.port())
			if _, err := sendSingly(t.Context(), other, put("large", value)); err != nil {
				t.Fatal(err)
			}
			peak := watchMemory(t, server.server.PID())
			before := peak()
			var sent atomic.Int64
			stop := beDeaf(t, dialRaftkv(t, server.port()), operation, &sent)
			calls := awaitHeldUp(t, other, &sent)
			growth := peak() - before
			t.Logf("held up after %d operations; %d calls of another client; %d MiB more", sent.Load(), calls, growth/mebibyte)
			if most := 1024 * mebibyte; growth > most {
				t.Errorf("the server has taken %d MiB; want at most %d MiB", growth/mebibyte, most/mebibyte)
			}
			stop()
			if _, err := sendSingly(t.Context(), other, put("after", nil)); err != nil {
				t.Errorf("when the deaf client had gone: %v", err)
			}
		})
	}
}

// beDeaf sends operations on a pipeline and takes no answer, until stop is called.
func beDeaf(t *testing.T, client raftkvpb.RaftKVClient, operation func() *raftkvpb.Operation, sent *atomic.Int64) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	stream, err := client.Pipeline(ctx)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			if stream.Send(&raftkvpb.PipelineRequest{Operations: []*raftkvpb.Operation{operation()}}) != nil {
				return
			}
			sent.Add(1)
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// awaitHeldUp calls as another client until the deaf one has sent nothing during many calls in a row.
func awaitHeldUp(t *testing.T, client raftkvpb.RaftKVClient, sent *atomic.Int64) (calls int) {
	t.Helper()
	const many = 500
	for quiet, before := 0, int64(-1); quiet < many; calls++ {
		_, err := sendSingly(t.Context(), client, put("other", []byte("y")))
		if err != nil && status.Code(err) != codes.ResourceExhausted { // as long as much is on its way
			t.Fatalf("another client: %v", err)
		}
		now := sent.Load()
		if quiet++; now != before {
			quiet, before = 0, now
		}
		if now > 200_000 {
			t.Fatalf("%d operations were taken", now)
		}
	}
	return calls
}

// TestRaftkv_largeReplies: small appends return large values, thousands of them at a time. What would not fit into
// memory is refused, whole, and the server lives on.
func TestRaftkv_largeReplies(t *testing.T) {
	server := newKVProcess(t, "--log-level=warn")
	client := dialRaftkv(t, server.port())
	large := bytes.Repeat([]byte("x"), mebibyte)
	if _, err := sendSingly(t.Context(), client, put("large", large)); err != nil {
		t.Fatal(err)
	}
	peak := watchMemory(t, server.server.PID())
	before := peak()

	batch := &raftkvpb.BatchRequest{}
	for range 10000 {
		write := &raftkvpb.AppendRequest{Key: []byte("large"), Value: []byte("x")}
		batch.Writes = append(batch.Writes, &raftkvpb.Write{Write: &raftkvpb.Write_Append{Append: write}})
	}
	_, err := client.Batch(t.Context(), batch)
	if status.Code(err) != codes.OutOfRange || !strings.Contains(status.Convert(err).Message(), "fewer writes") {
		t.Errorf("10000 appends to a value of 1 MiB: %v", err)
	}
	answer, err := sendSingly(t.Context(), client, get("large"))
	if err != nil || !bytes.Equal(answer.GetGet().GetValue(), large) {
		t.Errorf("after that there are %d bytes, %v", len(answer.GetGet().GetValue()), err)
	}

	done := appendOnPipeline(t, client, 4000)
	answer, err = sendSingly(t.Context(), client, get("large"))
	if err != nil || len(answer.GetGet().GetValue()) != mebibyte+done {
		t.Errorf("after %d appends there are %d bytes, %v", done, len(answer.GetGet().GetValue()), err)
	}
	growth := peak() - before
	t.Logf("%d of 4000 appends were done, %d MiB more", done, growth/mebibyte)
	if most := 2048 * mebibyte; growth > most {
		t.Errorf("the server has taken %d MiB; want at most %d MiB", growth/mebibyte, most/mebibyte)
	}
}

// appendOnPipeline appends a byte so many times in one message, and returns how many were done. The others must
// have been refused.
func appendOnPipeline(t *testing.T, client raftkvpb.RaftKVClient, times int) (done int) {
	t.Helper()
	stream, err := client.Pipeline(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	request := &raftkvpb.PipelineRequest{}
	for i := range times {
		request.Operations = append(request.Operations, tagged(appendTo("large", []byte("x")), i))
	}
	stream.Send(request)
	stream.CloseSend()
	answered := 0
	for {
		response, err := stream.Recv()
		if err != nil {
			if answered != times {
				t.Errorf("%d of %d were answered, then %v", answered, times, err)
			}
			return done
		}
		for _, answer := range response.GetAnswers() {
			answered++
			switch {
			case answer.GetAppend() != nil:
				done++
			case codes.Code(answer.GetError().GetCode()) != codes.ResourceExhausted:
				t.Errorf("an append was answered with {%v}", answer)
			}
		}
	}
}
