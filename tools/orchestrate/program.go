package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// serverName is the name of the server's program, and serverPackage its package.
const (
	serverName    = "gossipkv"
	serverPackage = "numstore.example/services/gossipkv"
)

// findProgram returns the path of the server's program: what the flag says; else the one beside this program; else the one that the shell would find; else, inside
// the repository, one that is built into a folder. Tell is told of that, as it takes a while.
func findProgram(ctx context.Context, flag, folder string, tell func(format string, a ...any)) (string, error) {
	if flag != "" {
		path, err := exec.LookPath(flag)
		if err != nil {
			return "", fmt.Errorf("--server: %w", err)
		}
		return filepath.Abs(path)
	}
	if own, err := os.Executable(); err == nil {
		if path, err := exec.LookPath(filepath.Join(filepath.Dir(own), serverName)); err == nil {
			return path, nil
		}
	}
	if path, err := exec.LookPath(serverName); err == nil {
		return filepath.Abs(path)
	}
	root := repository()
	if root == "" {
		return "", fmt.Errorf("there is no program %s beside this one or in PATH; build it with go tool mage build, or name it with --server", serverName)
	}
	tell("building %s in %s", serverPackage, root)
	path := filepath.Join(folder, serverName)
	build := exec.CommandContext(ctx, "go", "build", "-o", path, serverPackage)
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("the server could not be built: %w", err), errors.New(string(output)))
	}
	return path, nil
}

// repository returns the folder of the repository in which this process works; empty if it does not.
func repository() string {
	folder, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(folder, "services", serverName, "main.go")); err == nil {
			return folder
		}
		if folder == filepath.Dir(folder) {
			break
		}
		folder = filepath.Dir(folder)
	}
	return ""
}
