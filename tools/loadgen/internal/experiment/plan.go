package experiment

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Plan is an experiment that can be made: everything has been checked, and nothing started.
type Plan struct {
	Experiment Experiment
	Settings            // Bin and Scratch are absolute
	Targets    []Target // that will be measured
	Sizes      []Size   // in ascending order
	Mixes      []string
	Clients    []int    // in ascending order
	Servers    []int    // in ascending order
	Requests   int      // of each client; 0 if a measurement lasts for Duration, behind the Warmup
	LeftOut    []string // peers that will not be measured, and why
}

// NewPlan checks what was asked. The error is one line, says what is wrong with the first thing that is, and what to do.
func NewPlan(name string, s Settings) (*Plan, error) {
	e, err := Find(name)
	if err != nil {
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	p := &Plan{Experiment: e, Settings: s}
	if err := p.folders(); err != nil {
		return nil, err
	}
	if p.Mixes, err = some("--mixes", e.Name, s.Mixes, e.Mixes); err != nil {
		return nil, err
	}
	if err := p.chooseSizes(); err != nil {
		return nil, err
	}
	if p.Clients, err = numbers("--clients", e.Name, s.Clients, e.Clients, mostClients); err != nil {
		return nil, err
	}
	if p.Servers, err = numbers("--servers", e.Name, s.Servers, e.Servers, mostServers); err != nil {
		return nil, err
	}
	if s.Requests > 0 && e.Requests == 0 {
		return nil, fmt.Errorf("--requests is not for the experiment %s, whose measurements last for --duration", e.Name)
	}
	p.Requests = cmp.Or(s.Requests, e.Requests)
	if err := p.chooseTargets(); err != nil {
		return nil, err
	}
	if e.Needs == nil {
		return p, p.checkDisk(0)
	}
	return p, p.checkDisk(e.Needs(p))
}

// folders fills in where things are. A program of the current folder would be looked for on PATH if it had no folder.
func (p *Plan) folders() (err error) {
	if p.Bin == "" {
		self, err := os.Executable()
		if err != nil {
			return fmt.Errorf("--bin is needed: %w", err)
		}
		p.Bin = filepath.Dir(self)
	}
	if p.Bin, err = filepath.Abs(p.Bin); err != nil {
		return fmt.Errorf("--bin: %w", err)
	}
	if p.Scratch, err = filepath.Abs(cmp.Or(p.Scratch, os.TempDir())); err != nil {
		return fmt.Errorf("--scratch: %w", err)
	}
	return nil
}

// some returns those that were asked for of what there is, in the order of what there is, or all if nothing was asked for.
func some(flag, experiment string, asked, all []string) ([]string, error) {
	for _, one := range asked {
		switch {
		case len(all) == 0:
			return nil, fmt.Errorf("%s is not for the experiment %s", flag, experiment)
		case !slices.Contains(all, one):
			return nil, fmt.Errorf("%s has %q; the experiment %s has %s", flag, one, experiment, strings.Join(all, ", "))
		}
	}
	if len(asked) == 0 {
		return all, nil
	}
	return slices.DeleteFunc(slices.Clone(all), func(one string) bool { return !slices.Contains(asked, one) }), nil
}

// chooseSizes takes those of the flag, or the experiment's own, in ascending order and each once.
func (p *Plan) chooseSizes() error {
	sizes := p.Experiment.Sizes
	switch {
	case len(p.Settings.Sizes) > 0 && len(sizes) == 0:
		return fmt.Errorf("--sizes is not for the experiment %s", p.Experiment.Name)
	case len(p.Settings.Sizes) > 0:
		sizes = p.Settings.Sizes
	case p.Full:
		sizes = p.Experiment.Real
	}
	p.Sizes = slices.Compact(slices.Sorted(slices.Values(sizes)))
	return nil
}

// numbers returns those of a flag, or the experiment's own, in ascending order and each once. They may be from 1 to most.
func numbers(flag, experiment string, asked, own []int, most int) ([]int, error) {
	switch {
	case len(asked) > 0 && len(own) == 0:
		return nil, fmt.Errorf("%s is not for the experiment %s", flag, experiment)
	case len(asked) > 1 && len(own) == 1:
		return nil, fmt.Errorf("%s has %d numbers; the experiment %s takes one", flag, len(asked), experiment)
	case len(asked) > 0 && (slices.Min(asked) < 1 || slices.Max(asked) > most):
		return nil, fmt.Errorf("%s has %d to %d; it must be 1 to %d", flag, slices.Min(asked), slices.Max(asked), most)
	case len(asked) > 0:
		own = asked
	}
	return slices.Compact(slices.Sorted(slices.Values(own))), nil
}

// chooseTargets takes those of the flag, but for peers that are not wanted or not there. What is ours must be there.
func (p *Plan) chooseTargets() error {
	var all []string
	for _, t := range p.Experiment.Targets {
		all = append(all, t.Name)
	}
	names, err := some("--targets", p.Experiment.Name, p.Settings.Targets, all)
	if err != nil {
		return err
	}
	for _, t := range p.Experiment.Targets {
		if !slices.Contains(names, t.Name) || t.Peer && !p.Peers {
			continue
		}
		lacks := t.lacks(p.Bin)
		switch {
		case lacks == "":
			p.Targets = append(p.Targets, t)
		case t.Peer:
			p.LeftOut = append(p.LeftOut, fmt.Sprintf("%s: %s", t.Series, lacks))
		default:
			return fmt.Errorf("--bin %s: %s", p.Bin, lacks)
		}
	}
	if len(p.Targets) == 0 && len(all) > 0 {
		return fmt.Errorf("nothing is left to measure: --targets has peers alone, and they are left out (%s)", strings.Join(append(p.LeftOut, "see --no-peers"), "; "))
	}
	return nil
}

// settings are what will be measured, by the names of the flags, as a study has them.
func (p *Plan) settings() map[string]string {
	all := map[string]string{
		"full": strconv.FormatBool(p.Full), "repeats": strconv.Itoa(p.Repeats),
	}
	if p.Requests > 0 {
		all["requests"] = strconv.Itoa(p.Requests)
	} else {
		all["duration"], all["warmup"] = p.Duration.String(), p.Warmup.String()
	}
	var targets []string
	for _, t := range p.Targets {
		targets = append(targets, t.Name)
	}
	for name, values := range map[string][]string{
		"targets": targets, "sizes": texts(p.Sizes), "mixes": p.Mixes, "clients": texts(p.Clients), "servers": texts(p.Servers), "left out": p.LeftOut,
	} {
		if len(values) > 0 {
			all[name] = strings.Join(values, ", ")
		}
	}
	if p.Keys > 0 {
		all["keys"] = strconv.Itoa(p.Keys)
	}
	return all
}

// command is what repeats it, on a machine with other folders.
func (p *Plan) command() []string {
	args := []string{"loadgen", "experiment", p.Experiment.Name}
	add := func(flag string, values ...string) {
		if len(values) > 0 {
			args = append(args, flag, strings.Join(values, ","))
		}
	}
	add("--repeats", strconv.Itoa(p.Repeats))
	if p.Requests > 0 {
		add("--requests", strconv.Itoa(p.Requests))
	} else {
		add("--duration", p.Duration.String())
		add("--warmup", p.Warmup.String())
	}
	add("--targets", p.Settings.Targets...)
	add("--mixes", p.Settings.Mixes...)
	add("--sizes", texts(p.Settings.Sizes)...)
	add("--clients", texts(p.Settings.Clients)...)
	add("--servers", texts(p.Settings.Servers)...)
	if p.Keys > 0 {
		add("--keys", strconv.Itoa(p.Keys))
	}
	if p.Full {
		args = append(args, "--full")
	}
	if !p.Peers {
		args = append(args, "--no-peers")
	}
	return args
}
