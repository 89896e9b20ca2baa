package compat

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"numstore.example/compat/internal/pyenv"
	"numstore.example/contracts/gossipkvpb"
)

// foreign is a Python client of gossipkv that knows nothing but the contract.
type foreign struct{ *kvPerformer }

func startForeign(t *testing.T, python pyenv.Python, port string) foreign {
	return foreign{startProgram(t, python, "foreign_gossipkv.py", port)}
}

// call performs a call that is to be answered with one reply.
func (f foreign) call(t *testing.T, call string, reply proto.Message, request string, args ...any) {
	t.Helper()
	request = fmt.Sprintf(request, args...)
	answer := f.perform(t, call, request)
	if len(answer.Replies) != 1 {
		t.Fatalf("%s %.100s: %d replies, %s %s", call, request, len(answer.Replies), answer.Code, answer.Message)
	}
	if err := prototext.Unmarshal([]byte(answer.Replies[0]), reply); err != nil {
		t.Fatal(err)
	}
}

// versionText is a version as a request has it in text.
func versionText(v *gossipkvpb.Version) string {
	return fmt.Sprintf("{ time: %d server: %d incarnation: %d }", v.GetTime(), v.GetServer(), v.GetIncarnation())
}

// TestGossipkv_foreign: values of all lengths, deletions, and the status, as Python sees them.
func TestGossipkv_foreign(t *testing.T) {
	eachGossipkvPython(t, func(t *testing.T, open openServer, python pyenv.Python) {
		client := startForeign(t, python, open(t, "--log-level=warn").port())
		sum := uint64(0)
		for _, length := range []int{10 << 10, 1 << 20, maxValue} {
			value, key := strings.Repeat("0123456789abcdef", length/16), fmt.Sprint(length)
			sum += uint64(len(key) + length)
			put, got := new(gossipkvpb.PutResponse), new(gossipkvpb.GetResponse)
			client.call(t, "Put", put, "key: %q value: %q", key, value)
			client.call(t, "Get", got, "key: %q seen %s", key, versionText(put.GetVersion()))
			if string(got.GetValue()) != value || !proto.Equal(got.GetVersion(), put.GetVersion()) {
				t.Errorf("of %d bytes there are %d, version %v; want %v", length, len(got.GetValue()), got.GetVersion(), put.GetVersion())
			}
		}
		answer := client.perform(t, "Put", fmt.Sprintf(`key: "longer" value: %q`, strings.Repeat("x", maxValue+1)))
		if answer.Code != "INVALID_ARGUMENT" || !strings.Contains(answer.Message, "16777217") || !strings.Contains(answer.Message, "16777216") {
			t.Errorf("of a byte more: %s %s", answer.Code, answer.Message)
		}

		deleted, got := new(gossipkvpb.DeleteResponse), new(gossipkvpb.GetResponse)
		client.call(t, "Delete", deleted, `key: "1048576"`)
		client.call(t, "Get", got, `key: "1048576" seen %s`, versionText(deleted.GetVersion()))
		if got.GetOutcome() != gossipkvpb.Outcome_OUTCOME_NO_VALUE {
			t.Errorf("the session that deleted it is told {%.200v}", got)
		}
		sum -= uint64(len("1048576") + 1<<20)

		told := new(gossipkvpb.StatusResponse)
		client.call(t, "Status", told, "")
		if told.GetServer() != 1 || told.GetTime() != deleted.GetVersion().GetTime() || told.GetKeys() != 2 || told.GetBytes() != sum ||
			told.GetLimits().GetMaxKey() != 1024 || told.GetLimits().GetMaxValue() != maxValue || len(told.GetVector()) != 1 {
			t.Errorf("after that the status is {%v}; want 2 keys, %d bytes, time %d", told, sum, deleted.GetVersion().GetTime())
		}
	})
}

// TestGossipkv_foreignMoves: a session that is kept by a Python client by the contract alone moves between servers, and never reads backwards.
func TestGossipkv_foreignMoves(t *testing.T) {
	for _, name := range pythons {
		t.Run("python-"+name, func(t *testing.T) {
			first := startGossipkv(t, 1)
			addresses := []string{first, startGossipkv(t, 2, "--peers="+first)}
			var clients []foreign
			for _, address := range addresses {
				clients = append(clients, startForeign(t, python(t, name), strings.TrimPrefix(address, "localhost:")))
			}
			seen := new(gossipkvpb.Version)
			gets := 0
			for i := range 50 {
				put := new(gossipkvpb.PutResponse)
				clients[i%2].call(t, "Put", put, `key: "x" value: "%d" session_time: %d`, i, seen.GetTime())
				if put.GetVersion().GetTime() <= seen.GetTime() {
					t.Fatalf("the version %v is none greater than %v", put.GetVersion(), seen)
				}
				seen = put.GetVersion()
				got := new(gossipkvpb.GetResponse)
				for got.GetOutcome() != gossipkvpb.Outcome_OUTCOME_VALUE { // until it has come to the other server
					clients[(i+1)%2].call(t, "Get", got, `key: "x" seen %s`, versionText(seen))
					if got.GetOutcome() == gossipkvpb.Outcome_OUTCOME_NO_VALUE {
						t.Fatalf("what was written has no value")
					}
					gets++
				}
				if string(got.GetValue()) != fmt.Sprint(i) {
					t.Fatalf("it is %q, version %v; want %d, version %v", got.GetValue(), got.GetVersion(), i, seen)
				}
			}
			t.Logf("50 moves, %d gets", gets)
		})
	}
}

// TestGossipkv_wastefulMessages is TestRaftkv_wastefulMessages for gossipkv.
func TestGossipkv_wastefulMessages(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "400MiB")
	server := prepareStore(t, "gossipkv", "--id=1", "--log-level=warn")
	server.start(t)
	raw, err := grpc.NewClient("localhost:"+server.port(),
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.ForceCodec(asIs{})))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	versions := bytes.Repeat([]byte{2<<3 | 2, 0}, 16<<20-1) // GetRequest.seen, empty each time
	value, err := proto.Marshal(&gossipkvpb.PutRequest{Value: make([]byte, 31*mebibyte)})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		message []byte
		clients int
		options []grpc.CallOption
		method  string
	}{
		"empty versions":         {versions, 4, nil, "Get"},
		"empty versions, packed": {packed(t, versions), 64, []grpc.CallOption{grpc.UseCompressor("gzip")}, "Get"},
		"zeros, packed":          {packed(t, value), 100, []grpc.CallOption{grpc.UseCompressor("gzip")}, "Put"},
	} {
		t.Run(name, func(t *testing.T) {
			peak := watchMemory(t, server.server.PID())
			var senders sync.WaitGroup
			for range test.clients {
				senders.Go(func() {
					err := sendRaw(t.Context(), raw, "/gossipkv.v1.GossipKV/"+test.method, test.message, test.options...)
					if status.Code(err) != codes.InvalidArgument {
						t.Errorf("%v; want INVALID_ARGUMENT", err)
					}
				})
			}
			senders.Wait()
			if _, err := dialGossipkv(t, server.port()).Put(t.Context(), &gossipkvpb.PutRequest{Key: []byte("after")}); err != nil {
				t.Errorf("another client: %v", err)
			}
			t.Logf("%d messages of %d bytes: at most %d MiB", test.clients, len(test.message), peak()/mebibyte)
			if most := 512 * mebibyte; peak() > most {
				t.Errorf("the server has taken %d MiB; want at most %d MiB", peak()/mebibyte, most/mebibyte)
			}
		})
	}
}
