// Package fleet runs servers of gossipkv as processes of this machine, and sees to it that none survives.
//
// Each server has a folder of its own for its data, in which a server of the same number finds them again, and listens on a free port of
// the loopback interface. All have the secrets of the fleet: one for administrative calls, and one with which servers
// know each other, so that none of another fleet joins in. What a server logs goes to a file beside its folder; its end is told when the server ends by itself.
//
// Servers are killed, never asked to stop: that they lose nothing by that is what they are run to show. They have process groups of
// their own, so that Ctrl-C on the terminal does not end them one by one behind the fleet's back; and on Linux the kernel kills them
// when this process ends without having done so.
package fleet

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"sync"

	"numstore.example/tools/internal/process"
)

// Fleet starts servers. Its methods are called by one goroutine at a time.
type Fleet struct {
	program string
	private string // the folder of secrets, which is its caller's
	data    string // the folder with the folders of servers
	secret  string // what administrative calls carry

	spawner *process.Spawner
	running sync.WaitGroup
	started []*Server
}

// Open returns a fleet of which every server is the program at this path. Private is a folder that only this user may enter; the fleet's secrets are there.
// Data is the folder in which servers have theirs; it is made if it is missing. If it is empty, data are in the private one.
func Open(program, private, data string) (_ *Fleet, err error) {
	f := &Fleet{program: program, private: private, data: data}
	if data == "" {
		f.data = private
	}
	if err := os.MkdirAll(f.data, 0o700); err != nil {
		return nil, err
	}
	if f.secret, err = f.newSecret(adminToken); err != nil {
		return nil, err
	}
	if _, err = f.newSecret(peerToken); err != nil {
		return nil, err
	}
	f.spawner = process.NewSpawner()
	return f, nil
}

// Names of the files with the fleet's secrets.
const (
	adminToken = "admin.token"
	peerToken  = "peer.token"
)

// newSecret writes a random secret to a file that only this user can read, and returns it.
func (f *Fleet) newSecret(name string) (string, error) {
	secret := rand.Text()
	return secret, os.WriteFile(filepath.Join(f.private, name), []byte(secret+"\n"), 0o600)
}

// Secret is the token that administrative calls to the fleet's servers carry.
func (f *Fleet) Secret() string { return f.secret }

// Close kills all servers, and returns when they are gone. It may be called again.
func (f *Fleet) Close() {
	for _, s := range f.started {
		s.process.Process.Kill() // all at once
	}
	f.running.Wait()
	f.spawner.Close()
}
