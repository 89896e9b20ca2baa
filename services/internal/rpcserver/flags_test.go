package rpcserver

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
)

// named is a string type of a service.
type named string

// allKinds has a flag of each kind that a service may have.
type allKinds struct {
	Text    string        `group:"Test" default:"text"`
	Named   named         `group:"Test" default:"named"`
	Pointer *string       `group:"Test"`
	List    []string      `group:"Test" default:"a,b"`
	Number  int           `group:"Test" default:"7"`
	Time    time.Duration `group:"Test" default:"7s"`
	Switch  bool          `group:"Test" default:"true" negatable:""`
	Choice  string        `group:"Test" enum:"one,two" default:"one"`
}

// parseKinds parses a command line of a service with all kinds of flags.
func parseKinds(args ...string) (allKinds, Config, error) {
	var flags allKinds
	program := testProgram()
	program.Flags = &flags
	config, _, err := program.parse(args, io.Discard, io.Discard)
	return flags, config, err
}

const noText = "\xff\xfe/caf\xe9\xed\xa0\x80\t\"\\"

// TestFlags_bytes: what is no text arrives as it was given, by whichever way.
func TestFlags_bytes(t *testing.T) {
	check := func(flags allKinds, config Config, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if flags.Text != noText || string(flags.Named) != noText || *flags.Pointer != noText || config.TLS.ClientCA != noText {
			t.Errorf("got %q, %q, %q and %q; want %q", flags.Text, flags.Named, *flags.Pointer, config.TLS.ClientCA, noText)
		}
		if want := []string{noText, "b"}; !slices.Equal(flags.List, want) {
			t.Errorf("got the list %q; want %q", flags.List, want)
		}
	}
	tls := []string{"--tls-cert=x", "--tls-key=x"}
	check(parseKinds(append(tls, "--text="+noText, "--named", noText, "--pointer="+noText, "--list="+noText+", b", "--tls-client-ca", noText)...))
	for _, name := range []string{"TEXT", "NAMED", "POINTER", "TLS_CLIENT_CA"} {
		t.Setenv("TESTD_"+name, noText)
	}
	t.Setenv("TESTD_LIST", noText+",b")
	check(parseKinds(tls...))
}

// TestFlags_workers: a service whose calls wait has many workers, unless somebody says how many.
func TestFlags_workers(t *testing.T) {
	workers := func(waiting bool, args ...string) int {
		t.Helper()
		program := testProgram()
		program.Workers, program.Flags, program.Waiting = 4, &struct{}{}, func() bool { return waiting }
		config, _, err := program.parse(args, io.Discard, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		return config.Workers
	}
	for _, test := range []struct{ got, want int }{
		{workers(false), 4},
		{workers(true), WaitingWorkers},
		{workers(true, "--workers=4"), 4},
		{workers(true, "healthcheck", "--workers", "7"), 7},
	} {
		if test.got != test.want {
			t.Errorf("there are %d workers; want %d", test.got, test.want)
		}
	}
	t.Setenv("TESTD_WORKERS", "")
	if n := workers(true); n != WaitingWorkers {
		t.Errorf("with an empty variable there are %d workers; want %d", n, WaitingWorkers)
	}
	t.Setenv("TESTD_WORKERS", "5")
	if n := workers(true); n != 5 {
		t.Errorf("with a variable that says 5 there are %d workers", n)
	}
}

// TestFlags_emptyEnvironment: a variable that is set to nothing leaves the default, for every kind of flag.
func TestFlags_emptyEnvironment(t *testing.T) {
	parser, err := kong.New(&struct {
		Config
		allKinds
	}{}, kong.DefaultEnvars("testd"), kong.Vars{"addr": "x", "workers": "1", "queue": "1", "max_message": "1", "pages": ""})
	if err != nil {
		t.Fatal(err)
	}
	for _, flag := range parser.Model.Flags {
		for _, name := range flag.Envs {
			t.Setenv(name, "")
		}
	}
	t.Setenv("TESTD_WORKERS", "9")
	flags, config, err := parseKinds()
	if err != nil {
		t.Fatal(err)
	}
	if flags.Text != "text" || flags.Named != "named" || flags.Pointer != nil || !slices.Equal(flags.List, []string{"a", "b"}) ||
		flags.Number != 7 || flags.Time != 7*time.Second || !flags.Switch || flags.Choice != "one" {
		t.Errorf("the service has %+v; want its defaults", flags)
	}
	if config.Addr != testProgram().Addr || config.Queue != testProgram().Queue || config.LogFormat != "text" || config.TLS != (TLS{}) {
		t.Errorf("the server has %+v; want its defaults", config)
	}
	if config.Workers != 9 {
		t.Errorf("%d workers; want those of the variable that has a value", config.Workers)
	}
}

// TestFlags_empty: a flag that is given with nothing is refused, whatever the environment says.
func TestFlags_empty(t *testing.T) {
	for _, flag := range []string{
		"--addr", "--http-addr", "--tls-cert", "--text", "--named", "--pointer", "--list", "--number", "--time", "--switch", "--choice",
		"--workers", "--max-idle", "--log-level", "--log-format",
	} {
		if _, _, err := parseKinds(flag + "="); err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%s=: %v; want an error that names it", flag, err)
		}
	}
	if _, _, err := parseKinds("--list=a,,b"); err == nil || !strings.Contains(err.Error(), "empty part") {
		t.Errorf("a list with a hole: %v", err)
	}
}

func TestProgram_version(t *testing.T) {
	var stdout strings.Builder
	if status := testProgram().run(t.Context(), []string{"--version"}, &stdout, io.Discard); status != exitOK {
		t.Errorf("status %d", status)
	}
	if said := stdout.String(); !strings.HasPrefix(said, "testd ") || !strings.HasSuffix(said, "wrappers.proto (package google.protobuf)\n") {
		t.Errorf("--version says %q", said)
	}
}
