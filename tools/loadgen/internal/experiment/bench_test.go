package experiment

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"numstore.example/tools/internal/lab"
	"numstore.example/tools/internal/result"
	"numstore.example/tools/internal/study"
)

// measure runs an experiment that is nothing but what it measures, and returns its study, and the same as it was written.
func measure(t *testing.T, file io.Writer, f func(ctx context.Context, b *Bench) error) *study.Study {
	t.Helper()
	p := &Plan{Experiment: Experiment{Name: "clients", Measure: f}, Settings: Settings{Scratch: t.TempDir(), Bin: t.TempDir(), Duration: time.Second, Repeats: 3}}
	s, err := p.Run(t.Context(), file, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(p.Scratch); err != nil || len(left) > 0 {
		t.Errorf("the scratch folder has %v, %v", left, err)
	}
	return s
}

// lasting is a server that is ended by nothing but its owner.
func lasting() lab.Command {
	return lab.Alone("it", lab.Process{Args: []string{"sh", "-c", "echo $$; echo up listening on 127.0.0.1:8; exec sleep 100"}})
}

// TestRun_ends: a study says why it ended early, and has what was measured before.
func TestRun_ends(t *testing.T) {
	for want, err := range map[string]error{"": nil, "no room two lines": errors.New("no room\ntwo lines")} {
		var file bytes.Buffer
		s := measure(t, &file, func(_ context.Context, b *Bench) error {
			b.Note(study.Measurement{Series: "a", Figures: map[string]float64{callsFigure: 1}})
			b.Note(study.Measurement{Series: "a", Figures: map[string]float64{callsFigure: math.NaN()}})
			return err
		})
		read, errRead := study.Read(&file)
		if errRead != nil || s.Cut() != want || read.Cut() != want || len(read.Measurements) != 2 {
			t.Errorf("it was cut: %q; the file has %+v, %v; want %q, and two measurements", s.Cut(), read, errRead, want)
		} else if m := read.Measurements[1]; m.Figures != nil || m.Failure != "calls/s is NaN" {
			t.Errorf("%+v; want that a figure that is no number is a failure", m)
		}
	}
}

// full is a disk that takes so many writes.
type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if f.room--; f.room < 0 {
		return 0, syscall.ENOSPC
	}
	return len(p), nil
}

// TestRun_unwritten: an experiment whose measurements cannot be kept ends; the report has them all the same.
func TestRun_unwritten(t *testing.T) {
	s := measure(t, &full{room: 2}, func(ctx context.Context, b *Bench) error {
		for ctx.Err() == nil {
			b.Note(study.Measurement{Series: "a"})
		}
		return ctx.Err()
	})
	if len(s.Measurements) != 2 || !strings.Contains(s.Cut(), "no space left on device") {
		t.Errorf("%d measurements, cut: %q; want 2, and that the disk is full", len(s.Measurements), s.Cut())
	}
}

// TestApart: what was started there has ended when it is left, what was started before has not, and all has when the experiment has.
func TestApart(t *testing.T) {
	alive := func(s *lab.Server) bool { _, err := s.Usage(t.Context()); return err == nil }
	var before *lab.Server
	s := measure(t, io.Discard, func(ctx context.Context, b *Bench) (err error) {
		if before, err = b.Start(ctx, lasting()); err != nil {
			return err
		}
		var within *lab.Server
		outer, inner := b.Rig.Scratch, ""
		err = b.Apart(func() (err error) {
			inner = b.Rig.Scratch
			within, err = b.Start(ctx, lasting())
			return err
		})
		if err != nil {
			return err
		}
		if _, err := os.Stat(inner); inner == outer || b.Rig.Scratch != outer || !os.IsNotExist(err) {
			t.Errorf("apart of %s was %s, %v; want one that is gone", outer, inner, err)
		}
		if !alive(before) || alive(within) {
			t.Errorf("what was started before runs: %v, within: %v", alive(before), alive(within))
		}
		return nil
	})
	if s.Cut() != "" || alive(before) {
		t.Errorf("cut: %q; the server runs still: %v", s.Cut(), alive(before))
	}
}

// leaves makes a program of a rig that leaves a run of one step, and takes no time.
func leaves(t *testing.T, b *Bench, step result.Step) lab.Load {
	t.Helper()
	step.Latency = result.NewHistogram()
	var run bytes.Buffer
	if err := (&result.Run{Header: result.Header{Label: "it"}, Steps: []result.Step{step}}).Write(&run); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(b.Rig.Scratch, "run")
	script := fmt.Sprintf("#!/bin/sh\nfor out; do :; done\ncp '%s' \"$out\"\n", name)
	for file, text := range map[string][]byte{name: run.Bytes(), filepath.Join(b.Rig.Bin, "load"): []byte(script)} {
		if err := os.WriteFile(file, text, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return lab.Load{Series: "it", Callers: 1, Command: func([]string) []string { return []string{"load"} }}
}

// TestHold: a load that asked for keys that were not there, that had no answer, or that ended early has no figures.
func TestHold(t *testing.T) {
	for says, step := range map[string]result.Step{
		"": {Counts: result.Counts{Calls: map[string]int64{"Get": 5}}, Seconds: 1, Throughput: 5},
		"3 gets found no value, though every key was written before": {Counts: result.Counts{Calls: map[string]int64{"Get": 5}, Marks: map[string]int64{"missing": 3}}},
		"no call was answered in time":                               {Counts: result.Counts{Calls: map[string]int64{"Get": 0}}},
		"the load ended early: interrupted":                          {Counts: result.Counts{Calls: map[string]int64{"Get": 5}}, CutShort: "interrupted"},
	} {
		s := measure(t, io.Discard, func(ctx context.Context, b *Bench) error {
			server, err := b.Start(ctx, lasting())
			if err != nil {
				return err
			}
			load := leaves(t, b, step)
			target := Target{Series: "it", Load: func(Target, Workload) lab.Load { return load }}
			b.measureAll(ctx, []started{{target, server}}, Workload{Size: 1e6}, map[string]string{"a": "b"})
			return nil
		})
		ms := s.Measurements
		switch {
		case s.Cut() != "":
			t.Errorf("it was cut: %s", s.Cut())
		case says == "" && (len(ms) != 3 || ms[2].Figures[callsFigure] != 5 || ms[2].Figures[bytesFigure] != 5 || ms[2].Repeat != 2 || ms[2].At["a"] != "b"):
			t.Errorf("the measurements are %+v; want figures of three", ms)
		case says != "" && (len(ms) != 1 || ms[0].Figures != nil || ms[0].Failure != says):
			t.Errorf("the measurements are %+v; want one that failed: %s", ms, says)
		}
	}
}
