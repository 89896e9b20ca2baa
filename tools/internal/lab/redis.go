package lab

import (
	"errors"
	"net"
	"os"
	"os/exec"
)

// Redis is the one that is found on PATH, with its own defaults but for when it puts a write on disk: fsync is "always" for before it
// answers, or "everysec" for each second. Each has a folder of its own. It is an error if there is none.
func Redis(r Rig, fsync string) (Command, error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return Command{}, errors.New("there is no redis-server on PATH, and so no row of Redis (Debian: apt-get install redis-server)")
	}
	free, err := FreeAddresses(1)
	if err != nil {
		return Command{}, err
	}
	host, port, err := net.SplitHostPort(free[0])
	if err != nil {
		return Command{}, err
	}
	dir, err := os.MkdirTemp(r.Scratch, "redis-")
	if err != nil {
		return Command{}, err
	}
	c := Alone("Redis", Process{Ready: "Ready to accept connections", Address: free[0], Args: []string{
		program, "--bind", host, "--port", port, "--dir", dir, "--appendonly", "yes", "--appendfsync", fsync, "--save", "",
	}})
	c.Dial = dialRedis
	return c, nil
}
