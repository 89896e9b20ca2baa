package compat

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"numstore.example/compat/internal/pyenv"
	"numstore.example/contracts/raftkvpb"
)

// TestRaftkv_packed: a client in Python that packs what it sends is understood.
func TestRaftkv_packed(t *testing.T) {
	eachRaftkvPython(t, func(t *testing.T, open func(t *testing.T, flags ...string) restartable, python pyenv.Python) {
		client := python.Command(t.Context(), root()+"/compat/packed.py", open(t, "--log-level=warn").port())
		output, err := client.CombinedOutput()
		const want = `{"lengths": [3000000, 3000000], "code": "RESOURCE_EXHAUSTED"}`
		if got := strings.TrimSpace(string(output)); err != nil || got != want {
			t.Errorf("it printed %s, %v; want %s", got, err, want)
		}
	})
}

// prepacked lets the tests send what is packed already, under the name of gzip.
type prepacked struct{}

type unclosed struct{ io.Writer }

func (unclosed) Close() error { return nil }

func (prepacked) Name() string                                 { return "gzip" }
func (prepacked) Compress(w io.Writer) (io.WriteCloser, error) { return unclosed{w}, nil }
func (prepacked) Decompress(r io.Reader) (io.Reader, error)    { return gzip.NewReader(r) }

func init() { encoding.RegisterCompressor(prepacked{}) }

func packed(t *testing.T, content []byte) []byte {
	t.Helper()
	var file bytes.Buffer
	packer := gzip.NewWriter(&file)
	if _, err := packer.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := packer.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// TestRaftkv_wastefulMessages: a server in a container of 512 MB, as the documentation has it, lives through messages
// that are made to take much more memory than they are long, from many clients at a time.
func TestRaftkv_wastefulMessages(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "400MiB")
	server := newKVProcess(t, "--log-level=warn")
	client := dialRaftkv(t, server.port())
	raw, err := grpc.NewClient("localhost:"+server.port(),
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.ForceCodec(asIs{})))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	empty := bytes.Repeat([]byte{1<<3 | 2, 0}, 16<<20-1) // operations, or writes of a batch
	value, err := proto.Marshal(&raftkvpb.PutRequest{Key: nil, Value: make([]byte, 31*mebibyte)})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		message []byte
		clients int
		options []grpc.CallOption
		methods []string
	}{
		"empty parts":         {empty, 4, nil, []string{"Batch", "Pipeline"}},
		"empty parts, packed": {packed(t, empty), 64, []grpc.CallOption{grpc.UseCompressor("gzip")}, []string{"Batch", "Pipeline"}},
		"zeros, packed":       {packed(t, value), 200, []grpc.CallOption{grpc.UseCompressor("gzip")}, []string{"Put"}},
		"less than the limit": {bytes.Repeat([]byte{1<<3 | 2, 0}, 100_000), 500, nil, []string{"Batch", "Pipeline"}},
	} {
		t.Run(name, func(t *testing.T) {
			peak := watchMemory(t, server.server.PID())
			var senders sync.WaitGroup
			for i := range test.clients {
				senders.Go(func() {
					err := sendRaw(t.Context(), raw, "/raftkv.v1.RaftKV/"+test.methods[i%len(test.methods)], test.message, test.options...)
					if status.Code(err) != codes.InvalidArgument {
						t.Errorf("%v; want INVALID_ARGUMENT", err)
					}
				})
			}
			senders.Wait()
			if _, err := sendSingly(t.Context(), client, put("after", nil)); err != nil {
				t.Errorf("another client: %v", err)
			}
			t.Logf("%d messages of %d bytes: at most %d MiB", test.clients, len(test.message), peak()/mebibyte)
			if most := 512 * mebibyte; peak() > most {
				t.Errorf("the server has taken %d MiB; want at most %d MiB", peak()/mebibyte, most/mebibyte)
			}
		})
	}
}
