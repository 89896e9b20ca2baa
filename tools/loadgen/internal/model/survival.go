package model

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"numstore.example/tools/internal/history"
)

// Survival is what became of acknowledged writes, by the keys that servers have afterwards.
type Survival struct {
	Keys    int    // that had an acknowledged write, times the servers that were asked
	Lost    int    // of these, have nothing, or something older than the greatest acknowledged write
	Example string // the first that was lost, in words; empty if there was none
}

// shown is which version of a key an operation shows to be acknowledged, or there; the zero Version if none.
type shown func(history.Operation) (history.Version, error)

// versions are those of each service. numstore has none: what was set is there, or it is not.
var versions = map[string]shown{
	"numstore": func(o history.Operation) (history.Version, error) {
		if o.Answer == "error" {
			return history.Version{}, nil
		}
		return history.Version{Time: 1}, nil
	},
	"raftkv": func(o history.Operation) (history.Version, error) {
		v, err := history.ParseVersioned(o.Answer)
		return history.Version{Time: v.Version}, err
	},
	"gossipkv": func(o history.Operation) (history.Version, error) {
		e, err := parseGossip(o)
		if err != nil {
			return history.Version{}, err
		}
		return e.stamp.Version, nil
	},
}

// Survived compares the writes that a history acknowledged with what servers have later, when all of it has ended: Fact of
// numstore, Get of raftkv, Dump and Pair of gossipkv. Keys that were deleted are left out, as their versions end with them.
func Survived(service string, before, after []history.Operation) (found Survival, err error) {
	of := versions[service]
	acknowledged, err := greatestOf(before, of)
	if err != nil {
		return found, err
	}
	have := make(map[[2]string]history.Version) // by server and key
	servers := make(map[string]bool)
	for i, o := range after {
		if o.Failure != "" {
			return found, fmt.Errorf("what became of %q is not known: %s", o.Key, o.Failure)
		}
		servers[o.Server] = true
		if o.Call == Dump || o.Call == Converge {
			continue
		}
		if have[[2]string{o.Server, o.Key}], err = of(o); err != nil {
			return found, fmt.Errorf("read %d: %w", i+1, err)
		}
	}
	delete(servers, "")
	asked := slices.Sorted(maps.Keys(servers))
	if len(asked) == 0 {
		asked = []string{""} // which is the only one
	}
	for _, key := range slices.Sorted(maps.Keys(acknowledged)) {
		for _, server := range asked {
			found.Keys++
			want, has := acknowledged[key], have[[2]string{server, key}]
			if has.Compare(want) >= 0 {
				continue
			}
			if found.Lost++; found.Lost == 1 {
				found.Example = loss(server, key, want, has)
			}
		}
	}
	return found, nil
}

func loss(server, key string, want, has history.Version) string {
	text := key
	if server != "" {
		text += " at " + server
	}
	if has.IsZero() {
		return text + " is gone, though it was acknowledged"
	}
	return fmt.Sprintf("%s is as of version %s, though %s was acknowledged", text, brief(has), brief(want))
}

// brief is a version without its incarnation, and of raftkv without a server.
func brief(v history.Version) string {
	if v.Server == 0 {
		return strconv.FormatUint(v.Time, 10)
	}
	return fmt.Sprintf("%d@%d", v.Time, v.Server)
}

// greatestOf returns the greatest version of each key that was acknowledged.
func greatestOf(operations []history.Operation, of shown) (map[string]history.Version, error) {
	greatest, deleted := make(map[string]history.Version), make(map[string]bool)
	for i, o := range operations {
		switch o.Call {
		case "Get", "Fact", Converge, Dump, Pair:
			continue
		}
		deleted[o.Key] = deleted[o.Key] || o.Call == Delete
		if o.Failure != "" || o.Answer == "refused" {
			continue
		}
		version, err := of(o)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		if version.Compare(greatest[o.Key]) > 0 {
			greatest[o.Key] = version
		}
	}
	maps.DeleteFunc(greatest, func(key string, _ history.Version) bool { return deleted[key] })
	return greatest, nil
}
