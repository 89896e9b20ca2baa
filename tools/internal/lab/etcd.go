package lab

import (
	"context"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
)

// Etcd is an etcd alone, on a folder of its own within the scratch folder.
func Etcd(r Rig, folder string) Command {
	c := Alone("etcd", etcdProcess(r, folder))
	c.Dial = dialEtcd
	return c
}

func etcdProcess(r Rig, folder string, flags ...string) Process {
	args := []string{filepath.Join(r.Bin, "etcd"), "--data-dir", filepath.Join(r.Scratch, folder)}
	return Process{Args: append(args, flags...), Syncs: "etcd_disk_wal_fsync_duration_seconds_count"}
}

// EtcdCluster is nodes of etcd, which have addresses of their own for each other. Each cluster has folders of its own.
func EtcdCluster(r Rig, nodes int) (Command, error) {
	r, free, err := r.apart("etcd-cluster", 2*nodes)
	if err != nil {
		return Command{}, err
	}
	addresses, peers := free[:nodes], free[nodes:]
	c := Command{Name: "etcd", Ask: etcdStatus}
	for i, address := range addresses {
		node := strconv.Itoa(i + 1)
		c.Processes = append(c.Processes, etcdProcess(r, node, "--addr", address, "--node", node, "--peers", members(peers)))
	}
	return c, nil
}

// etcdStatus asks an etcd, by JSON, which needs no client of it.
func etcdStatus(ctx context.Context, address string) (Status, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/v3/maintenance/status", strings.NewReader("{}"))
	if err != nil {
		return Status{}, err
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return Status{}, err
	}
	defer reply.Body.Close()
	var said struct {
		Header struct {
			Member uint64 `json:"member_id,string"`
		} `json:"header"`
		Leader  uint64 `json:"leader,string"`
		Applied uint64 `json:"raftAppliedIndex,string"`
	}
	if err := json.NewDecoder(reply.Body).Decode(&said); err != nil {
		return Status{}, err
	}
	return Status{said.Leader != 0 && said.Leader == said.Header.Member, said.Applied}, nil
}
