package compat

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"numstore.example/contracts/numstorepb"
)

// patience is how long the suite waits for what must happen. Only a server that hangs takes as long.
const patience = time.Minute

// rawClient speaks HTTP/2 frame by frame, and so it can leave out what a library would do.
type rawClient struct {
	net.Conn
	framer  *http2.Framer
	headers bytes.Buffer
	encoder *hpack.Encoder
	stream  uint32
}

// dialSilent opens a connection on which nothing is said. It ends with the test.
func dialSilent(t *testing.T, port string) net.Conn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", "127.0.0.1:"+port, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// dialRaw opens a connection and sends what begins HTTP/2. It reads nothing.
func dialRaw(t *testing.T, port string) *rawClient {
	t.Helper()
	c := &rawClient{Conn: dialSilent(t, port)}
	c.framer, c.encoder = http2.NewFramer(c, c), hpack.NewEncoder(&c.headers)
	if _, err := io.WriteString(c, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	if err := c.framer.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	return c
}

// handshake waits until the server has taken the connection: it acknowledges the settings.
func (c *rawClient) handshake() error {
	c.SetReadDeadline(time.Now().Add(patience))
	for {
		frame, err := c.framer.ReadFrame()
		if err != nil {
			return err
		}
		if settings, is := frame.(*http2.SettingsFrame); is && settings.IsAck() {
			return nil
		}
	}
}

// begin sends the headers of a SetNum.
func (c *rawClient) begin() error {
	c.stream += 2
	c.headers.Reset()
	for _, field := range [][2]string{
		{":method", "POST"}, {":scheme", "http"}, {":path", numstorepb.NumStore_SetNum_FullMethodName},
		{":authority", "localhost"}, {"content-type", "application/grpc"}, {"te", "trailers"},
	} {
		c.encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]})
	}
	return c.framer.WriteHeaders(http2.HeadersFrameParam{
		StreamID: c.stream - 1, BlockFragment: c.headers.Bytes(), EndHeaders: true,
	})
}

// send begins a SetNum and sends a part of its message, or all of it.
func (c *rawClient) send(message []byte, all bool) error {
	if err := c.begin(); err != nil {
		return err
	}
	return c.framer.WriteData(c.stream-1, all, message)
}

// messageOf is a SetNum as it is sent in data frames.
func messageOf(key string, value int64) []byte {
	body, err := proto.Marshal(&numstorepb.SetNumRequest{Key: key, Value: value})
	if err != nil {
		panic(err) // a key that is not UTF-8
	}
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(body))), body...)
}

// dial makes a client with the library.
func dial(t *testing.T, port string) (*grpc.ClientConn, numstorepb.NumStoreClient) {
	t.Helper()
	conn, err := grpc.NewClient("127.0.0.1:"+port, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	return conn, numstorepb.NewNumStoreClient(conn)
}

// dialStubs makes clients that last until the end of the test.
func dialStubs(t *testing.T, port string, n int) []numstorepb.NumStoreClient {
	t.Helper()
	stubs := make([]numstorepb.NumStoreClient, n)
	for i := range stubs {
		conn, stub := dial(t, port)
		t.Cleanup(func() { conn.Close() })
		stubs[i] = stub
	}
	return stubs
}

// serves expects that a new client is served as if it were alone.
func serves(t *testing.T, port string) {
	t.Helper()
	conn, stub := dial(t, port)
	defer conn.Close()
	if err := trySet(t.Context(), stub); err != nil {
		t.Errorf("another client: %v", err)
	}
}

// trySet sets keys and reads them.
func trySet(ctx context.Context, stub numstorepb.NumStoreClient) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for i := range int64(20) {
		key := fmt.Sprint("another ", i)
		if _, err := stub.SetNum(ctx, &numstorepb.SetNumRequest{Key: key, Value: 3}); err != nil {
			return err
		}
		reply, err := stub.Fact(ctx, &numstorepb.FactRequest{Key: key})
		if err != nil {
			return err
		}
		if reply.GetValue() != 6 {
			return fmt.Errorf("the factorial of 3 is %v", reply)
		}
	}
	return nil
}

// tryTotal changes a value, and expects the total to change with it. Nobody else may change anything.
func tryTotal(ctx context.Context, stub numstorepb.NumStoreClient) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var totals [2]int64
	for i, value := range []int64{5, 12} {
		reply, err := stub.SetNum(ctx, &numstorepb.SetNumRequest{Key: "total", Value: value})
		if err != nil {
			return err
		}
		totals[i] = reply.GetTotal()
	}
	if totals[1]-totals[0] != 7 {
		return fmt.Errorf("the totals are %d; want two that differ by 7", totals)
	}
	return nil
}

// insist calls until n calls are answered. One that is refused is sent again.
func insist(ctx context.Context, stub numstorepb.NumStoreClient, n int) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for n > 0 {
		_, err := stub.SetNum(ctx, &numstorepb.SetNumRequest{Key: "insisted", Value: 1})
		switch code := status.Code(err); {
		case code == codes.OK:
			n--
		case ctx.Err() != nil || code != codes.ResourceExhausted:
			return fmt.Errorf("%w, with %d calls to go", err, n)
		}
	}
	return nil
}
