package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// etcdStore is an etcd by JSON, which needs no client of it: slower than that, but of a value of some kilobytes the disk takes the most.
type etcdStore struct {
	address string
	client  http.Client
}

func dialEtcd(addresses []string, callers int) (Store, error) {
	return &etcdStore{addresses[0], http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}}}, nil
}

// etcdPair is a pair in JSON, which has bytes in Base64.
type etcdPair struct {
	Key   []byte `json:"key"`
	Value []byte `json:"value,omitempty"`
}

func (s *etcdStore) Put(ctx context.Context, key string, value []byte) error {
	return s.call(ctx, "put", etcdPair{[]byte(key), value}, &struct{}{})
}

func (s *etcdStore) Get(ctx context.Context, key string) ([]byte, bool, error) {
	var said struct {
		Pairs []etcdPair `json:"kvs"`
	}
	if err := s.call(ctx, "range", etcdPair{Key: []byte(key)}, &said); err != nil || len(said.Pairs) == 0 {
		return nil, false, err
	}
	return said.Pairs[0].Value, true, nil
}

// call makes a call of its service KV.
func (s *etcdStore) call(ctx context.Context, name string, question etcdPair, answer any) error {
	body, err := json.Marshal(question)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.address+"/v3/kv/"+name, bytes.NewReader(body))
	if err != nil {
		return err
	}
	reply, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body) // whole, so that the connection is used again
	if err != nil {
		return err
	}
	if reply.StatusCode != http.StatusOK {
		return fmt.Errorf("etcd answers %s: %s", reply.Status, text)
	}
	return json.Unmarshal(text, answer)
}

func (s *etcdStore) Close() { s.client.CloseIdleConnections() }
