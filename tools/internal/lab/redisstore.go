package lab

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// redisStore is a Redis by its protocol, which needs no client of it: a connection for each caller.
type redisStore struct{ free chan redisConn }

type redisConn struct {
	net.Conn
	*bufio.Reader
}

func dialRedis(addresses []string, callers int) (Store, error) {
	s := &redisStore{make(chan redisConn, callers)}
	for range callers {
		conn, err := net.Dial("tcp", addresses[0])
		if err != nil {
			s.Close()
			return nil, err
		}
		s.free <- redisConn{conn, bufio.NewReader(conn)}
	}
	return s, nil
}

func (s *redisStore) Put(ctx context.Context, key string, value []byte) error {
	_, _, err := s.call(ctx, "SET", key, string(value))
	return err
}

func (s *redisStore) Get(ctx context.Context, key string) ([]byte, bool, error) {
	return s.call(ctx, "GET", key)
}

// call sends a command, and returns its value if there is one. When ctx ends, so does the connection.
func (s *redisStore) call(ctx context.Context, command ...string) (value []byte, found bool, err error) {
	if ctx.Err() != nil {
		return nil, false, ctx.Err()
	}
	conn := <-s.free
	defer func() { s.free <- conn }()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	var text strings.Builder
	fmt.Fprintf(&text, "*%d\r\n", len(command))
	for _, word := range command {
		fmt.Fprintf(&text, "$%d\r\n%s\r\n", len(word), word)
	}
	if _, err := io.WriteString(conn.Conn, text.String()); err != nil {
		return nil, false, err
	}
	return conn.answer()
}

// answer reads what a SET or a GET is answered with: a word, an error, nothing, or a value.
func (c redisConn) answer() (value []byte, found bool, err error) {
	line, err := c.ReadString('\n')
	line = strings.TrimSpace(line)
	switch {
	case err != nil:
		return nil, false, err
	case strings.HasPrefix(line, "+"):
		return nil, false, nil
	case line == "$-1":
		return nil, false, nil
	case !strings.HasPrefix(line, "$"):
		return nil, false, fmt.Errorf("Redis answers %q", line)
	}
	length, err := strconv.Atoi(line[1:])
	if err != nil {
		return nil, false, fmt.Errorf("Redis answers %q", line)
	}
	value = make([]byte, length+len("\r\n"))
	if _, err := io.ReadFull(c.Reader, value); err != nil {
		return nil, false, err
	}
	return value[:length], true, nil
}

func (s *redisStore) Close() {
	for range len(s.free) {
		(<-s.free).Close()
	}
}
