package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// The series of Redis, which is reached in two ways.
const (
	redis       = "Redis"
	redisClient = "Redis, one client"
	redisEach   = "Redis, a connection each"
)

// redisCommand starts the Redis that is found on PATH, with its own defaults but for what makes it put each write on disk
// before it answers.
func redisCommand(b *bench) (command, error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return command{}, errors.New("there is no redis-server on PATH, and so no row of Redis (Debian: apt-get install redis-server)")
	}
	free, err := freeAddresses(1)
	if err != nil {
		return command{}, err
	}
	host, port, err := net.SplitHostPort(free[0])
	if err != nil {
		return command{}, err
	}
	dir := filepath.Join(b.scratch, "redis")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return command{}, err
	}
	return alone(redis, process{ready: "Ready to accept connections", address: free[0], args: []string{
		program, "--bind", host, "--port", port, "--dir", dir, "--appendonly", "yes", "--appendfsync", "always", "--save", "",
	}}), nil
}

// redis is a load on Redis: through one client, which sends together what is called together, or with a connection for each
// caller, as redis-benchmark has.
func (b *bench) redis(series, call string, callers int) load {
	connections := 1
	if series == redisEach {
		connections = callers
	}
	return b.peer("redisload", series, redis, call, callers, connections)
}

// peer is a load by a program that drives a server through its own client.
func (b *bench) peer(program, series, server, call string, callers, connections int) load {
	return load{series: series, server: server, call: call, callers: callers, command: func(addresses []string) []string {
		return []string{program, strings.Join(addresses, ","), "--call", call, "--connections", fmt.Sprint(connections),
			"--keys", strconv.Itoa(b.Keys), "--value-size", strconv.Itoa(valueSize)}
	}}
}
