package main

import (
	"fmt"
	"strconv"
	"strings"

	"numstore.example/tools/internal/lab"
)

// The series of Redis, which is reached in two ways.
const (
	redis       = "Redis"
	redisClient = "Redis, one client"
	redisEach   = "Redis, a connection each"
)

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
	return load{server: server, Load: lab.Load{Series: series, Call: call, Callers: callers, Command: func(addresses []string) []string {
		return []string{program, strings.Join(addresses, ","), "--call", call, "--connections", fmt.Sprint(connections),
			"--keys", strconv.Itoa(b.Keys), "--value-size", strconv.Itoa(valueSize)}
	}}}
}
