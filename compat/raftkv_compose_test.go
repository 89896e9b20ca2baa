package compat

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"

	"numstore.example/compat/internal/repo"
)

// project is services/raftkv/compose.yaml as docker compose reads it.
func project(t *testing.T) *types.Project { return projectOf(t, "raftkv") }

// projectOf is a service's compose.yaml as docker compose reads it.
func projectOf(t *testing.T, service string) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{filepath.Join(root(), "services", service, "compose.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

// setting returns what the environment of a service sets a variable to; "" if it does not.
func setting(service types.ServiceConfig, variable string) string {
	if value := service.Environment[variable]; value != nil {
		return *value
	}
	return ""
}

// TestRaftkv_compose: the services are the nodes of one cluster, each where the others look for it, with a disk of its
// own, few rights, and settings that the server knows.
func TestRaftkv_compose(t *testing.T) {
	project := project(t)
	var peers []string
	for i, name := range project.ServiceNames() {
		_, port, _ := strings.Cut(setting(project.Services[name], "RAFTKV_ADDR"), ":")
		peers = append(peers, fmt.Sprintf("%d=%s:%s", i+1, name, port))
	}
	if len(peers) != 3 {
		t.Fatalf("the nodes are %v; want three", peers)
	}
	confined := newConfined(project, "raftkv")
	for i, name := range project.ServiceNames() {
		service := project.Services[name]
		if number := setting(service, "RAFTKV_NODE"); number != fmt.Sprint(i+1) || setting(service, "RAFTKV_PEERS") != strings.Join(peers, ",") {
			t.Errorf("%s is node %s of %s; want %d of %v", name, number, setting(service, "RAFTKV_PEERS"), i+1, peers)
		}
		for _, same := range []string{"RAFTKV_SHARDS", "RAFTKV_REPLICAS", "RAFTKV_PEER_TOKEN_FILE"} {
			if value := setting(service, same); value == "" || value != setting(project.Services["raftkv-1"], same) {
				t.Errorf("%s has %s=%s, which raftkv-1 has not", name, same, value)
			}
		}
		confined.check(t, service)
	}
}

// confined checks that the services of a project may do and show no more than they need, and share nothing that is their own.
type confined struct {
	project            *types.Project
	program            string
	published, volumes map[string]bool
}

func newConfined(project *types.Project, program string) *confined {
	return &confined{project, program, make(map[string]bool), make(map[string]bool)}
}

func (c *confined) check(t *testing.T, service types.ServiceConfig) {
	t.Helper()
	prefix := strings.ToUpper(c.program) + "_"
	if !service.ReadOnly || !slices.Equal(service.CapDrop, []string{"ALL"}) || !slices.Contains(service.SecurityOpt, "no-new-privileges:true") || service.Privileged {
		t.Errorf("%s may do more than it needs", service.Name)
	}
	if len(service.Volumes) != 1 || service.Volumes[0].Target != "/data" || service.Volumes[0].Type != "volume" || c.volumes[service.Volumes[0].Source] {
		t.Errorf("%s has the volumes %v; want one of its own, on /data", service.Name, service.Volumes)
	} else if _, kept := c.project.Volumes[service.Volumes[0].Source]; !kept {
		t.Errorf("the volume %s goes with the container", service.Volumes[0].Source)
	} else {
		c.volumes[service.Volumes[0].Source] = true
	}
	if len(service.Secrets) != 1 || service.Secrets[0].Target != setting(service, prefix+"PEER_TOKEN_FILE") || c.project.Secrets[service.Secrets[0].Source].File == "" {
		t.Errorf("%s has the secrets %v, and looks for one in %s", service.Name, service.Secrets, setting(service, prefix+"PEER_TOKEN_FILE"))
	}
	if service.HealthCheck == nil || !slices.Equal(service.HealthCheck.Test, []string{"CMD", "/server", "healthcheck"}) {
		t.Errorf("%s is asked how it is by %v", service.Name, service.HealthCheck)
	}
	ours := false
	for _, port := range service.Ports {
		// Clients outside may only know the name that the map has, which has the port with it.
		ours = ours || setting(service, prefix+"ADDR") == fmt.Sprintf(":%d", port.Target) && port.Published == fmt.Sprint(port.Target)
		if port.HostIP != "127.0.0.1" || c.published[port.Published] {
			t.Errorf("%s is published on %s:%s, for all the world or a second time", service.Name, port.HostIP, port.Published)
		}
		c.published[port.Published] = true
	}
	if !ours {
		t.Errorf("%s listens on %s, and is published on %v; want the same port", service.Name, setting(service, prefix+"ADDR"), service.Ports)
	}
	if build := service.Build; build == nil || build.Context != root() || *build.Args["SERVICE"] != c.program {
		t.Errorf("%s is built of %v", service.Name, build)
	}
}

// TestRaftkv_composeFlags: each variable is a flag of the server.
func TestRaftkv_composeFlags(t *testing.T) {
	requireCluster(t)
	for _, service := range project(t).Services {
		for variable := range service.Environment {
			if flag := flagOf("RAFTKV_", variable); !strings.Contains(serverHelp(), flag) {
				t.Errorf("%s: there is no %s", variable, flag)
			}
		}
	}
}

// flagOf is the flag of a variable of the environment, as --help has it.
func flagOf(prefix, variable string) string {
	return "--" + strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(variable, prefix), "_", "-")) + "="
}

// composed is the servers of a compose.yaml, run as docker compose does, but on ports of this machine that are free.
type composed struct {
	program string
	network string
	nodes   []*composedNode
}

// composedNode is a container of it.
type composedNode struct {
	name, id, port string // the port inside of the container
}

func compose(t *testing.T) *composed {
	t.Helper()
	requireEngine(t)
	image, err := kvImage()
	if err != nil {
		t.Fatal(err)
	}
	return composeOf(t, "raftkv", image)
}

// composeOf runs the servers of a service's compose.yaml, of an image.
func composeOf(t *testing.T, program, image string) *composed {
	t.Helper()
	secret := filepath.Join(t.TempDir(), "peers.token")
	if err := os.WriteFile(secret, []byte("a secret of the test\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	c := &composed{program: program, network: newNetwork(t)}
	project := projectOf(t, program)
	for _, name := range project.ServiceNames() {
		c.run(t, project.Services[name], image, secret)
	}
	for _, node := range c.nodes { // as with --wait
		if err := eventually(t, node.healthy); err != nil {
			t.Fatalf("%s: %v", node.name, err)
		}
	}
	return c
}

// healthy asks a node as docker does.
func (n *composedNode) healthy(ctx context.Context) error {
	return exec.CommandContext(ctx, "docker", "exec", n.id, "/server", "healthcheck").Run()
}

// newNetwork makes a network for containers. It goes when they have gone.
func newNetwork(t *testing.T) (network string) {
	t.Helper()
	network = docker(t, "network", "create", filepath.Base(scratch)+"-"+strings.ToLower(t.Name()))
	t.Cleanup(func() { docker(t, "network", "rm", network) })
	return network
}

func (c *composed) run(t *testing.T, service types.ServiceConfig, image, secret string) {
	t.Helper()
	_, port, _ := strings.Cut(setting(service, strings.ToUpper(c.program)+"_ADDR"), ":")
	args := []string{"run", "--detach", "--read-only", "--network=" + c.network, "--network-alias=" + service.Name, "--publish=127.0.0.1::" + port,
		"--volume=" + service.Volumes[0].Target, "--volume=" + secret + ":" + service.Secrets[0].Target + ":ro"}
	for _, capability := range service.CapDrop {
		args = append(args, "--cap-drop="+capability)
	}
	for _, option := range service.SecurityOpt {
		args = append(args, "--security-opt="+option)
	}
	for variable, value := range service.Environment {
		args = append(args, "--env="+variable+"="+*value)
	}
	node := &composedNode{name: service.Name, port: port, id: docker(t, append(args, image)...)}
	c.nodes = append(c.nodes, node)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the log of %s:\n%s", node.name, docker(t, "logs", "--tail=100", node.id))
		}
		docker(t, "rm", "--force", "--volumes", node.id)
	})
}

// cut takes a node off the network, and heal puts it there again. Meanwhile this machine does not reach it either.
func (c *composed) cut(t *testing.T, node *composedNode) {
	t.Helper()
	docker(t, "network", "disconnect", c.network, node.id)
}

func (c *composed) heal(t *testing.T, node *composedNode) {
	t.Helper()
	docker(t, "network", "connect", "--alias="+node.name, c.network, node.id)
}

// published returns the node's port on this machine, which may be another one after a cut.
func (n *composedNode) published(t *testing.T) (port string) {
	t.Helper()
	address := docker(t, "port", n.id, n.port+"/tcp")
	return address[strings.LastIndex(address, ":")+1:]
}

// servers names all nodes, for the Clerk and for kv.
func (c *composed) servers(t *testing.T) (servers []string) {
	for _, node := range c.nodes {
		servers = append(servers, "localhost:"+node.published(t))
	}
	return servers
}

// docker returns what a command of docker prints.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	output, err := exec.CommandContext(context.WithoutCancel(t.Context()), "docker", args...).CombinedOutput()
	if err != nil {
		t.Errorf("docker %s: %v: %s", strings.Join(args, " "), err, output)
	}
	return strings.TrimSpace(string(output))
}

// requireCluster skips a test of a server that can be nothing but alone.
func requireCluster(t *testing.T) {
	t.Helper()
	if !strings.Contains(serverHelp(), "--peers=") {
		t.Skip("NOT TESTED: raftkv has no --peers")
	}
}

// helpOf is what a service's --help prints.
func helpOf(t *testing.T, service string) string {
	t.Helper()
	help, err := exec.CommandContext(t.Context(), build(t, "./services/"+service), "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(help)
}

// serverHelp is what raftkv --help prints.
var serverHelp = sync.OnceValue(func() string {
	help, err := repo.Go(context.Background(), root(), "run", "./services/raftkv", "--help").Output()
	if err != nil {
		panic(err)
	}
	return string(help)
})
