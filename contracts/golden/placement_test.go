package golden

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"numstore.example/contracts/placement"
	"numstore.example/contracts/raftkvpb"
)

// placements is placement.json, see README.md.
type placements struct {
	Shards []int       `json:"shards"`
	Keys   []placedKey `json:"keys"`
}

// placedKey is a key and its shard under each rule, for each number of shards; nil where it is refused.
type placedKey struct {
	Name    string             `json:"name"`
	Key     Hex                `json:"key"`
	Tag     Hex                `json:"tag"`
	Hash    []*placement.Shard `json:"hash"`
	Numeric []*placement.Shard `json:"numeric"`
	Ring    []*placement.Shard `json:"ring"`
}

func readPlacements(t *testing.T) (golden placements) {
	t.Helper()
	content, err := files.ReadFile(placementFile)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Shards) < 5 || len(golden.Keys) < 40 {
		t.Fatalf("%s has %d numbers of shards and %d keys; want more", placementFile, len(golden.Shards), len(golden.Keys))
	}
	return golden
}

// TestPlacement: the Go functions place every golden key as it is written. (That the Python ones do is a test of compat.)
func TestPlacement(t *testing.T) {
	golden := readPlacements(t)
	for _, key := range golden.Keys {
		if got := placement.Tag(key.Key); !bytes.Equal(got, key.Tag) {
			t.Errorf("%s: the tag of %q is %q; want %q", key.Name, key.Key, got, key.Tag)
		}
		if len(key.Hash) != len(golden.Shards) || len(key.Numeric) != len(golden.Shards) || len(key.Ring) != len(golden.Shards) {
			t.Fatalf("%s: %q does not have a shard for each of %v", key.Name, key.Key, golden.Shards)
		}
	}
	for i, shards := range golden.Shards {
		for rule, want := range map[placement.Rule]func(placedKey) []*placement.Shard{
			placement.Hash:    func(key placedKey) []*placement.Shard { return key.Hash },
			placement.Numeric: func(key placedKey) []*placement.Shard { return key.Numeric },
			placement.Ring:    func(key placedKey) []*placement.Shard { return key.Ring },
		} {
			find, err := placement.New(rule, shards)
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range golden.Keys {
				got, err := find(key.Key)
				if want := want(key)[i]; (err == nil) != (want != nil) || err == nil && got != *want {
					t.Errorf("%s, %d shards: %s: %q is on %d, %v; want %s", rule, shards, key.Name, key.Key, got, err, orRefused(want))
				}
			}
		}
	}
}

func orRefused(shard *placement.Shard) string {
	if shard == nil {
		return "it refused"
	}
	text, _ := json.Marshal(*shard)
	return string(text)
}

// TestPlacement_names: the contract, the Go package and the golden file mean the same by a number and by a name.
func TestPlacement_names(t *testing.T) {
	for number, name := range raftkvpb.Placement_name {
		rule, err := placement.Parse(strings.ToLower(strings.TrimPrefix(name, "PLACEMENT_")))
		if number == 0 {
			if err == nil {
				t.Errorf("%s is the rule %s", name, rule)
			}
			continue
		}
		if err != nil || rule != placement.Rule(number) {
			t.Errorf("%s is %d in the contract; in contracts/placement, %d, %v", name, number, rule, err)
		}
	}
	if len(raftkvpb.Placement_name) != 4 {
		t.Errorf("the contract has the placements %v; want those of %s", raftkvpb.Placement_name, placementFile)
	}
}
