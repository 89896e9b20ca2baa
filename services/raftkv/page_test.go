package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/metadata"

	"numstore.example/contracts/raftkvpb"
	"numstore.example/contracts/version"
)

// operators returns a client of what a server serves to operators at a socket.
func operators(socket string) *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, "unix", socket)
	}}}
}

// TestPage: a server shows itself, also where its clients need a token, and ends as it should while it is looked at.
func TestPage(t *testing.T) {
	folder := t.TempDir()
	socket, tokens := filepath.Join(folder, "page"), filepath.Join(folder, "tokens")
	if err := os.WriteFile(tokens, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := startServer(t, "--data-dir="+folder+"/data", "--http-addr=unix:"+socket, "--client-token-file="+tokens)
	if _, err := server.Put(metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer secret"), &raftkvpb.PutRequest{Key: []byte("A")}); err != nil {
		t.Fatal(err)
	}
	client := operators(socket)
	get := func(path string) (body string) {
		response, err := client.Get("http://raftkv" + path)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		content, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Errorf("%s: %s, %v", path, response.Status, err)
		}
		return string(content)
	}
	if page := get("/"); !strings.HasPrefix(page, "<!doctype html>") {
		t.Errorf("the page begins with %.100q", page)
	}
	var status struct {
		Node  uint64
		Nodes []struct {
			Node  uint64
			State string
			Told  struct {
				Version string
				Keys    uint64
			}
		}
		Shards []struct{ Leader uint64 }
	}
	if text := get("/status.json"); json.Unmarshal([]byte(text), &status) != nil || status.Node != 1 || len(status.Nodes) != 1 || len(status.Shards) != 1 || status.Shards[0].Leader != 1 ||
		status.Nodes[0].Node != 1 || status.Nodes[0].State != "answers" || status.Nodes[0].Told.Keys != 1 || status.Nodes[0].Told.Version != version.Short() {
		t.Errorf("the status is %s", text)
	}
	looking := make(chan struct{})
	go func() {
		defer close(looking)
		for {
			response, err := client.Get("http://raftkv/status.json")
			if err != nil {
				return
			}
			response.Body.Close()
		}
	}()
	server.stop(t)
	<-looking
}
