package lab

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// etcdInMemory answers as an etcd does, with its own names and Base64; what has no room is refused.
func etcdInMemory(t *testing.T) (address string) {
	var mu sync.Mutex
	pairs := make(map[string][]byte)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		var asked struct{ Key, Value []byte }
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
		switch r.URL.Path {
		case "/v3/kv/put":
			if string(asked.Key) == "full" {
				http.Error(w, `{"error":"etcdserver: mvcc: database space exceeded"}`, http.StatusServiceUnavailable)
				return
			}
			pairs[string(asked.Key)] = asked.Value
			fmt.Fprint(w, `{"header":{"revision":"2"}}`)
		case "/v3/kv/range":
			if value, found := pairs[string(asked.Key)]; found {
				json.NewEncoder(w).Encode(map[string]any{"kvs": []map[string][]byte{{"key": asked.Key, "value": value}}, "count": "1"})
				return
			}
			fmt.Fprint(w, `{"header":{"revision":"2"}}`)
		}
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// redisInMemory answers as a Redis does; what has no room is refused.
func redisInMemory(t *testing.T) (address string) {
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	var mu sync.Mutex
	pairs := make(map[string]string)
	answer := func(words []string) string {
		mu.Lock()
		defer mu.Unlock()
		value, found := pairs[words[1]]
		switch {
		case words[0] == "GET" && found:
			return fmt.Sprintf("$%d\r\n%s\r\n", len(value), value)
		case words[0] == "GET":
			return "$-1\r\n"
		case words[1] == "full":
			return "-OOM command not allowed\r\n"
		}
		pairs[words[1]] = words[2]
		return "+OK\r\n"
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for in := bufio.NewReader(conn); ; {
					words, err := redisWords(in)
					if err != nil {
						return
					}
					fmt.Fprint(conn, answer(words))
				}
			}()
		}
	}()
	return listener.Addr().String()
}

// redisWords reads a command.
func redisWords(in *bufio.Reader) (words []string, err error) {
	var number, length int
	if _, err := fmt.Fscanf(in, "*%d\r\n", &number); err != nil {
		return nil, err
	}
	for range number {
		if _, err := fmt.Fscanf(in, "$%d\r\n", &length); err != nil {
			return nil, err
		}
		word := make([]byte, length+2)
		for i := range word {
			if word[i], err = in.ReadByte(); err != nil {
				return nil, err
			}
		}
		words = append(words, string(word[:length]))
	}
	return words, nil
}

// TestStores: peers keep any bytes, say when a key is not there, and why they refuse one. Several call at a time, and an end of the wait
// is an error.
func TestStores(t *testing.T) {
	const callers = 4
	value := []byte("\x00a line\r\n$-1\r\nand \xff")
	for name, dial := range map[string]func() (Store, error){
		"etcd":  func() (Store, error) { return dialEtcd([]string{etcdInMemory(t)}, callers) },
		"Redis": func() (Store, error) { return dialRedis([]string{redisInMemory(t)}, callers) },
	} {
		store, err := dial()
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		if got, found, err := store.Get(t.Context(), "there"); found || err != nil {
			t.Errorf("%s: got %q, %v, %v of a key that is not there", name, got, found, err)
		}
		var all sync.WaitGroup
		for caller := range callers {
			all.Go(func() {
				key := fmt.Sprint("there ", caller)
				if err := store.Put(t.Context(), key, value); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if got, found, err := store.Get(t.Context(), key); string(got) != string(value) || !found || err != nil {
					t.Errorf("%s: got %q, %v, %v; want %q", name, got, found, err, value)
				}
			})
		}
		all.Wait()
		if err := store.Put(t.Context(), "full", value); err == nil || !strings.Contains(err.Error(), name+" answers") {
			t.Errorf("%s: %v; want why it refuses", name, err)
		}
		ended, end := context.WithCancel(t.Context())
		end()
		if err := store.Put(ended, "late", value); err == nil {
			t.Errorf("%s: a put was answered that nobody waits for", name)
		}
	}
}

// TestDialRedis_nobody: that nobody listens is an error at once.
func TestDialRedis_nobody(t *testing.T) {
	free, err := FreeAddresses(1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dialRedis(free, 2); err == nil {
		t.Error("nobody listens, and it is connected")
	}
}
