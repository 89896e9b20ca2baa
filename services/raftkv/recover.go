package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"numstore.example/services/internal/rpcserver"
	"numstore.example/services/raftkv/internal/shard"
	"numstore.example/services/raftkv/internal/storage"
)

// recovery is the verb recover: what its flags say, and the folder.
type recovery struct {
	Shard  []uint16 `env:"-" placeholder:"S" help:"A shard that is to be recovered; may be given several times."`
	All    bool     `env:"-" help:"Recover all shards of which this folder has a replica, and others have votes."`
	Unsafe bool     `env:"-" help:"Do it. Without this flag, what would be done is shown, and the members of no shard are changed."`

	dataDir *string
}

func (f *flags) recoverVerb() rpcserver.Verb {
	r := &recovery{dataDir: &f.DataDir}
	return rpcserver.Verb{
		Name:  "recover",
		Help:  "When more than half of a shard's replicas are lost for ever: make the one in --data-dir, whose server must not run, the only one that votes. Writes that it does not have are lost. The other folders must never be used again for these shards.",
		Flags: r,
		Run:   r.run,
	}
}

// run shows the survivors that a folder has, and what becomes of them.
func (r *recovery) run(_ context.Context, log *slog.Logger, out io.Writer) (err error) {
	switch {
	case r.All && len(r.Shard) > 0:
		return rpcserver.Misuse(errors.New("--all and --shard are both given; name the shards, or take all"))
	case r.Unsafe && !r.All && len(r.Shard) == 0:
		return rpcserver.Misuse(errors.New("--unsafe needs to be told which shards: --shard S, or --all; without --unsafe they are shown"))
	}
	store, err := storage.OpenExisting(storage.Options{Dir: *r.dataDir, Logger: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	survivors, err := store.Survivors()
	if err != nil {
		return err
	}
	chosen, refused, err := r.choose(store, survivors)
	if err != nil {
		return err
	}
	if err := r.show(out, store, survivors); err != nil {
		return err
	}
	if err := r.recover(out, store, chosen); err != nil {
		return err
	}
	return refused
}

// show tells what the folder has of each shard.
func (r *recovery) show(out io.Writer, store *storage.Store, survivors []storage.Survivor) error {
	cluster, self, err := store.Cluster()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s is of node %d of the cluster %v, and has replicas of %d of its %d shards\n", store.Dir(), self, cluster.ID, len(survivors), len(cluster.Shards))
	for _, v := range survivors {
		fmt.Fprintf(out, "shard %d: members %s, version %d; ", v.Shard, describe(v.Members), v.Members.Version)
		switch {
		case v.Refusal == nil, errors.Is(v.Refusal, storage.ErrAlone):
			fmt.Fprintf(out, "the log of member %v here goes to term %d, entry %d, and the state on disk shows it up to entry %d\n", v.Member, v.Last.Term, v.Last.Index, v.Applied)
		default:
			fmt.Fprintf(out, "member %v here cannot be used: %v\n", v.Member, v.Refusal)
		}
	}
	return nil
}

// describe tells who the members are, and what those are that are no plain voters.
func describe(m shard.Members) string {
	var all []string
	for _, member := range m.All() {
		switch {
		case m.Learner != nil && m.Learner.ID == member.ID:
			all = append(all, fmt.Sprintf("%v (learns)", member.ID))
		case !m.Votes(member.ID):
			all = append(all, fmt.Sprintf("%v (leaves)", member.ID))
		default:
			all = append(all, member.ID.String())
		}
	}
	return strings.Join(all, ", ")
}

// choose returns the survivors that are meant: those of the shards that are named, or else all that can be recovered. Of the others
// of --all, refused says why they cannot. A named one that cannot is an error.
func (r *recovery) choose(store *storage.Store, survivors []storage.Survivor) (chosen []storage.Survivor, refused, err error) {
	for _, number := range r.Shard {
		if !slices.ContainsFunc(survivors, func(v storage.Survivor) bool { return uint16(v.Shard) == number }) {
			return nil, nil, fmt.Errorf("%s has no replica of a shard %d", store.Dir(), number)
		}
	}
	for _, v := range survivors {
		named := slices.Contains(r.Shard, uint16(v.Shard))
		switch {
		case len(r.Shard) > 0 && !named, !named && errors.Is(v.Refusal, storage.ErrAlone):
		case v.Refusal == nil:
			chosen = append(chosen, v)
		case named:
			return nil, nil, r.refusal(store, v)
		case r.All && refused == nil:
			refused = r.refusal(store, v)
		}
	}
	return chosen, refused, nil
}

func (r *recovery) refusal(store *storage.Store, v storage.Survivor) error {
	return fmt.Errorf("shard %d cannot be recovered from %s: %w", v.Shard, store.Dir(), v.Refusal)
}

// recover does it, or says what it would do.
func (r *recovery) recover(out io.Writer, store *storage.Store, chosen []storage.Survivor) error {
	if len(chosen) == 0 {
		fmt.Fprintln(out, "\nThere is nothing to recover.")
		return nil
	}
	fmt.Fprintln(out)
	for _, v := range chosen {
		if !r.Unsafe {
			fmt.Fprintf(out, "shard %d: member %v would be the only one that votes\n", v.Shard, v.Member)
			continue
		}
		after, err := store.Survive(v)
		if err != nil {
			return fmt.Errorf("shard %d: %w; the shards above are done, and the same command goes on", v.Shard, err)
		}
		fmt.Fprintf(out, "shard %d: member %v is the only one that votes, version %d\n", v.Shard, v.Member, after.Version)
	}
	fmt.Fprint(out, r.warning(store.Dir()))
	return nil
}

// warning tells what it costs, and what comes next.
func (r *recovery) warning(dir string) string {
	lost, next := "is lost", "Next, start this node as ever. Have the shards grow again (kv member add N=HOST:PORT --more-replicas), and take the lost nodes out (kv member remove N)."
	if !r.Unsafe {
		lost = "will be lost"
		next = `Nothing was changed. If another folder is left that has these shards, compare the two: the one with the greater term, and of equal
terms with the greater entry, has the longer log, and is the one to take. To do it here: raftkv recover --unsafe --data-dir ` + dir + ` --all, or --shard S`
	}
	return `
What the other members have acknowledged, and is not in this log, ` + lost + `: writes after its last entry, if there were any, which
nobody can tell from here.
The folders of the other members must never be used again for these shards. A node that learns of this change lets go of what it
has of them; two that are started again, and do not learn of it, may go on with the shards as they were: a second truth. Delete
those folders. One with other shards that are still needed may be started when this node runs, where it reaches it.
` + next + "\n"
}
