package compat

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"

	"numstore.example/contracts/numstorepb"
)

// composedNumstores are the numstores of services/numstore/compose.yaml, and composedEngine what they are to be told of the
// nodes of raftkv beside them.
func composedNumstores(t *testing.T) (numstores []types.ServiceConfig, engine string) {
	t.Helper()
	project := projectOf(t, "numstore")
	var nodes []string
	for _, name := range project.ServiceNames() {
		if service := project.Services[name]; strings.HasPrefix(name, "numstore-") {
			numstores = append(numstores, service)
		} else {
			nodes = append(nodes, name+setting(service, "RAFTKV_ADDR"))
		}
	}
	return numstores, "raftkv://" + strings.Join(nodes, ",")
}

// TestNumstore_compose: three numstores have the numbers in the raftkv that comes with them, few rights, one name, and settings
// that the server knows.
func TestNumstore_compose(t *testing.T) {
	numstores, engine := composedNumstores(t)
	if len(numstores) != 3 || strings.Count(engine, ":") != 4 {
		t.Fatalf("there are %d numstores on %s; want three, on three nodes", len(numstores), engine)
	}
	help, err := exec.Command(build(t, "./services/numstore"), "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	published := make(map[string]bool)
	for _, service := range numstores {
		if !service.ReadOnly || !slices.Equal(service.CapDrop, []string{"ALL"}) || !slices.Contains(service.SecurityOpt, "no-new-privileges:true") || service.Privileged || len(service.Volumes) > 0 {
			t.Errorf("%s may do more than it needs", service.Name)
		}
		if setting(service, "NUMSTORE_ENGINE") != engine {
			t.Errorf("%s keeps its numbers in %q; want %q", service.Name, setting(service, "NUMSTORE_ENGINE"), engine)
		}
		if network := service.Networks["default"]; network == nil || !slices.Contains(network.Aliases, "numstore") {
			t.Errorf("%s is not called numstore as well", service.Name)
		}
		if service.HealthCheck == nil || !slices.Equal(service.HealthCheck.Test, []string{"CMD", "/server", "healthcheck"}) {
			t.Errorf("%s is asked how it is by %v", service.Name, service.HealthCheck)
		}
		for _, port := range service.Ports {
			if port.Target != 5440 || port.HostIP != "127.0.0.1" || published[port.Published] {
				t.Errorf("%s is published on %s:%s, for all the world or a second time", service.Name, port.HostIP, port.Published)
			}
			published[port.Published] = true
		}
		for variable := range service.Environment {
			if flag := flagOf("NUMSTORE_", variable); !strings.Contains(string(help), flag) {
				t.Errorf("%s: there is no %s", variable, flag)
			}
		}
	}
}

// TestNumstore_composed runs the containers: each adds to the same total.
func TestNumstore_composed(t *testing.T) {
	nodes := compose(t)
	name, err := image()
	if err != nil {
		t.Fatal(err)
	}
	numstores, _ := composedNumstores(t)
	var ports []string
	for _, service := range numstores {
		args := []string{"run", "--detach", "--read-only", "--cap-drop=ALL", "--network=" + nodes.network, "--publish=127.0.0.1::5440"}
		for variable, value := range service.Environment {
			args = append(args, "--env="+variable+"="+*value)
		}
		id := docker(t, append(args, name)...)
		t.Cleanup(func() { docker(t, "rm", "--force", id) })
		numstore := &composedNode{name: service.Name, id: id}
		if err := eventually(t, numstore.healthy); err != nil {
			t.Fatalf("%s: %v", service.Name, err)
		}
		_, port, _ := strings.Cut(docker(t, "port", id, "5440/tcp"), ":")
		ports = append(ports, port)
	}
	for i, port := range ports {
		reply, err := dialNumstore(t, port).SetNum(t.Context(), &numstorepb.SetNumRequest{Key: fmt.Sprint("key", i), Value: 1})
		if err != nil || reply.GetTotal() != int64(i)+1 {
			t.Errorf("%s answered %v, %v; want the total %d, of all of them", numstores[i].Name, reply, err, i+1)
		}
	}
}
