package rpcserver

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"numstore.example/contracts/version"
)

// parse fills the service's flags, and returns the configuration and the verb: "serve", "healthcheck", one of the
// service's own, or "" when all that was wanted was help or the version, which is then printed.
func (p Program) parse(args []string, stdout, stderr io.Writer) (_ Config, verb string, _ error) {
	var cli struct {
		Config
		kong.Plugins

		Version kong.VersionFlag `env:"-" help:"Print the version, the commit, the compiler and the contract."`

		Serve       struct{} `cmd:"" default:"1" help:"Serve until told to stop by SIGTERM or SIGINT. This is the default."`
		Healthcheck struct{} `cmd:"" help:"Ask the server at --addr whether it takes calls; status 0 if so."`
	}
	cli.Plugins = kong.Plugins{p.Flags}

	answered := false // kong prints help and the version while it parses, and would leave the process then
	options := []kong.Option{
		kong.Name(p.Name),
		kong.Description(p.Summary),
		kong.DefaultEnvars(strings.ToUpper(p.Name)),
		kong.Vars{
			"addr": p.Addr, "workers": strconv.Itoa(p.Workers), "queue": strconv.Itoa(p.Queue), "max_message": strconv.Itoa(p.MaxMessage),
			"pages":   p.Pages,
			"version": strings.TrimSuffix(version.Text(p.Name, p.Contract), "\n"),
		},
		kong.KindMapper(reflect.String, kong.MapperFunc(decodeString)),
		kong.TypeMapper(reflect.TypeFor[[]string](), kong.MapperFunc(decodeStrings)),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { answered = true }),
	}
	for _, verb := range p.Verbs {
		options = append(options, kong.DynamicCommand(verb.Name, verb.Help, "", verb.Flags))
	}
	parser, err := kong.New(&cli, options...)
	if err != nil {
		return Config{}, "", err
	}
	forgetEmpty(parser.Model.Node)
	command, err := parser.Parse(args)
	switch {
	case answered:
		return Config{}, "", nil
	case err != nil:
		return Config{}, "", err
	}
	if p.Waiting != nil && p.Waiting() && !given(command, "workers") {
		cli.Workers = WaitingWorkers
	}
	return cli.Config, command.Command(), nil
}

// given says whether a flag has its value from the command line or from the environment, and not by default.
func given(command *kong.Context, name string) bool {
	for _, part := range command.Path {
		if part.Flag != nil && part.Flag.Name == name {
			return true
		}
	}
	for _, flag := range command.Model.Flags {
		for _, env := range flag.Envs {
			if _, set := os.LookupEnv(env); set && flag.Name == name {
				return true
			}
		}
	}
	return false
}

// forgetEmpty takes the variables that are set to nothing out of the environment: `NAME=`, which Compose and
// scripts write for what they have no value for, means the default, for a flag of any kind.
func forgetEmpty(node *kong.Node) {
	for _, flag := range node.Flags {
		for _, name := range flag.Envs {
			if value, set := os.LookupEnv(name); set && value == "" {
				os.Unsetenv(name)
			}
		}
	}
	for _, child := range node.Children {
		forgetEmpty(child)
	}
}

// errEmpty refuses a flag that is given with nothing. It must not mean the default, or "none": a script whose
// variable has no value would take away a certificate or a token, and nobody would see it.
var errEmpty = errors.New("it is empty; give it a value, or leave the flag out")

// decodeString takes a value as it is. Kong's own passes it through JSON, which replaces each byte that is not
// UTF-8: another folder than the one that was named.
func decodeString(ctx *kong.DecodeContext, target reflect.Value) error {
	value, err := popString(ctx)
	if err == nil {
		target.SetString(value)
	}
	return err
}

// decodeStrings takes a list with commas in between, each part as it is, without blanks around it.
func decodeStrings(ctx *kong.DecodeContext, target reflect.Value) error {
	value, err := popString(ctx)
	if err != nil {
		return err
	}
	for part := range strings.SplitSeq(value, ",") {
		if part = strings.TrimSpace(part); part == "" {
			return fmt.Errorf("%q has an empty part", value)
		}
		target.Set(reflect.Append(target, reflect.ValueOf(part)))
	}
	return nil
}

func popString(ctx *kong.DecodeContext) (string, error) {
	token, err := ctx.Scan.PopValue("string")
	if err != nil {
		return "", err
	}
	value, ok := token.Value.(string)
	if !ok {
		return "", fmt.Errorf("%v is no string", token.Value)
	}
	if value == "" {
		return "", errEmpty
	}
	return value, nil
}
