package compat

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	clerk "numstore.example/contracts/raftkv"
	"numstore.example/contracts/raftkvpb"
)

// smallDisk mounts a disk of a length in MiB, in memory.
func smallDisk(t *testing.T, size int) (folder string) {
	t.Helper()
	folder = t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, fmt.Sprintf("size=%dm", size)); err != nil {
		lacking(t, "right to mount a disk", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return folder
}

// fillDisk writes a file until there is no more room.
func fillDisk(t *testing.T, name string) {
	t.Helper()
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for block := make([]byte, 4096); err == nil; {
		_, err = file.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}

// TestRaftkv_fullDisk: a server whose disk becomes full refuses what it has no room for, is killed, starts on a disk that
// others have filled to its last byte, shows all that was acknowledged, deletes, and takes writes again by itself.
func TestRaftkv_fullDisk(t *testing.T) {
	folder := smallDisk(t, 128)
	server := newKVProcess(t, "--admin-token=secret")
	server.stop(t)
	server.folder = filepath.Join(folder, "data")
	server.start(t)

	client := dialRaftkv(t, server.port())
	value := make([]byte, mebibyte)
	_, _ = rand.Read(value) // no compression makes it shorter
	acknowledged := 0
	key := func(i int) []byte { return fmt.Appendf(nil, "key %d", i) }
	for {
		_, err := client.Put(t.Context(), &raftkvpb.PutRequest{Key: key(acknowledged), Value: value})
		if err != nil {
			if status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "the disk is full") {
				t.Fatalf("put %d: %v", acknowledged, err)
			}
			break
		}
		if acknowledged++; acknowledged > 128 {
			t.Fatal("128 MiB were written to a disk of 128 MiB")
		}
	}
	server.kill(t)
	fillDisk(t, filepath.Join(folder, "others"))
	server.start(t)

	client = dialRaftkv(t, server.port())
	for i := range acknowledged {
		got, err := client.Get(t.Context(), &raftkvpb.GetRequest{Key: key(i)})
		if err != nil || string(got.GetValue()) != string(value) {
			t.Fatalf("get %d: found %v, %d bytes, %v", i, got.GetFound(), len(got.GetValue()), err)
		}
		if i%2 == 0 {
			continue
		}
		if _, err := client.Delete(t.Context(), &raftkvpb.DeleteRequest{Key: key(i)}); err != nil {
			t.Fatalf("delete %d: %v", i, err)
		}
	}
	compact(t, server.port())
	if err := os.Remove(filepath.Join(folder, "others")); err != nil {
		t.Fatal(err)
	}
	patient, err := clerk.Dial([]string{"localhost:" + server.port()}, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer patient.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := patient.Put(ctx, key(0), value); err != nil { // it tries until the server takes it
		t.Errorf("when there is room: %v", err)
	}
}

// compact asks for a compaction, which may find no room.
func compact(t *testing.T, port string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer secret"), time.Minute)
	defer cancel()
	_, err := dialAdmin(t, port).Compact(ctx, &raftkvpb.CompactRequest{})
	if err != nil && status.Code(err) != codes.Unavailable {
		t.Errorf("the compaction: %v", err)
	}
}
