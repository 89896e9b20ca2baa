#!/usr/bin/env python3
"""Tests of the rules of the Python Clerks, which need no server: steps are answered by hand.

    python3 -m unittest clerk_rules

What the Clerks do with servers is tested in Go, beside this file.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import select
import socket
import sys
import threading
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "contracts" / "python"))

import contracts_channel  # noqa: E402
import grpc  # noqa: E402
import raftkv_clerk.aio  # noqa: E402
import raftkv_pb2 as pb  # noqa: E402
from google.protobuf import any_pb2  # noqa: E402
from grpc import StatusCode  # noqa: E402
from raftkv_clerk import Clerk, ClerkError, connect, merge, retry, rules, shards, status, steps  # noqa: E402

ONE, TWO, THREE = "one:1", "two:2", "three:3"
ONE_SHARD = pb.TopologyResponse()
# Two shards, of which the keys b"1" and b"0" are, with a leader each.
TWO_SHARDS = pb.TopologyResponse(
    map_version=1,
    placement=pb.PLACEMENT_NUMERIC,
    nodes=[pb.Node(id=1, address=ONE), pb.Node(id=2, address=TWO)],
    shards=[pb.Shard(shard=0, replicas=[1, 2], leader=1), pb.Shard(shard=1, replicas=[1, 2], leader=2)],
)


def refused(code: StatusCode, message: str = "not now", **redirect: Any) -> ClerkError:
    return ClerkError(code, message, pb.Redirect(**redirect) if redirect else None)


def redirected(**redirect: Any) -> ClerkError:
    return refused(StatusCode.UNAVAILABLE, "not the leader", **redirect)


class Played:
    """A call whose steps were answered one after the other. Pauses are over at once, unless the answer is the end."""

    def __init__(self, call: steps.Steps[Any], *answers: Any) -> None:
        self.seen: list[str] = []  # the calls, as "server Method"
        self.ids: list[tuple[bytes, int]] = []  # the request ids of the writes
        self.pauses: list[float] = []
        self.patience: list[float | None] = []  # that with the calls
        self.reply: Any = None
        self.error: ClerkError | None = None
        left = list(answers)
        try:
            step = next(call)
            while True:
                step = call.send(self._answer(step, left))
        except StopIteration as end:
            self.reply = end.value
        except ClerkError as error:
            self.error = error
        if left:
            raise AssertionError(f"nobody asked for the last {len(left)} answers; seen was {self.seen}")

    def _answer(self, step: steps.Step, left: list[Any]) -> Any:
        if isinstance(step, steps.Pause):
            self.pauses.append(step.seconds)
            return left.pop(0) if left and isinstance(left[0], status.EndedError) else None
        assert isinstance(step, steps.Call)
        self.seen.append(f"{step.server} {step.method}")
        self.patience.append(step.patience)
        if step.method in ("Put", "Append", "Delete", "Batch"):
            sent = step.request.request_id
            self.ids.append((sent.client_id, sent.sequence))
        return left.pop(0)


def clerk(topology: pb.TopologyResponse = ONE_SHARD, servers: tuple[str, ...] = (ONE, TWO)) -> rules.Rules:
    """Rules that have learned a map."""
    made = rules.Rules(servers)
    Played(made.get(b"0"), topology, pb.GetResponse())
    return made


def put(made: rules.Rules, *answers: Any, key: bytes = b"0") -> Played:
    return Played(made.put(key, b"", None, False), *answers)


class Writes(unittest.TestCase):
    def test_the_request_id_is_kept_until_there_is_an_answer(self) -> None:
        played = put(clerk(), refused(StatusCode.UNAVAILABLE), refused(StatusCode.RESOURCE_EXHAUSTED), pb.PutResponse())
        self.assertEqual(len(played.ids), 3)
        self.assertEqual(len(set(played.ids)), 1)
        self.assertEqual((len(played.ids[0][0]), played.ids[0][1]), (16, 1))

    def test_a_client_id_counts_on_after_an_outcome(self) -> None:
        made = clerk()
        outcomes = [
            pb.PutResponse(),
            refused(StatusCode.FAILED_PRECONDITION),
            refused(StatusCode.OUT_OF_RANGE),
            pb.PutResponse(),
        ]
        ids = [put(made, answer).ids[0] for answer in outcomes]
        self.assertEqual(ids, [(ids[0][0], n) for n in (1, 2, 3, 4)])

    def test_a_client_id_without_an_outcome_is_not_used_again(self) -> None:
        for code in (StatusCode.INTERNAL, StatusCode.INVALID_ARGUMENT, StatusCode.ABORTED, StatusCode.DATA_LOSS):
            made = clerk()
            first, second = put(made, refused(code)).ids[0], put(made, pb.PutResponse()).ids[0]
            self.assertNotEqual(first[0], second[0], code)
            self.assertEqual(second[1], 1)

    def test_an_interrupted_write_does_not_give_its_client_id_back(self) -> None:
        made = clerk()
        put(made, pb.PutResponse())
        call = made.put(b"0", b"", None, False)
        interrupted = next(call)
        assert isinstance(interrupted, steps.Call)
        first = pb.PutRequest.FromString(interrupted.request.SerializeToString())
        call.close()
        self.assertNotEqual(first.request_id.client_id, put(made, pb.PutResponse()).ids[0][0])

    def test_two_writes_at_a_time_have_two_client_ids(self) -> None:
        made = clerk()
        calls = [made.put(b"0", b"", None, False) for _ in range(2)]
        first, second = (next(call) for call in calls)
        assert isinstance(first, steps.Call) and isinstance(second, steps.Call)
        self.assertNotEqual(first.request.request_id.client_id, second.request.request_id.client_id)

    def test_each_shard_has_client_ids_of_its_own(self) -> None:
        made = clerk(TWO_SHARDS)
        ids = [put(made, pb.PutResponse(), key=key).ids[0] for key in (b"0", b"1", b"2", b"3")]
        self.assertEqual([n for _, n in ids], [1, 1, 2, 2])
        self.assertEqual((ids[0][0], ids[1][0]), (ids[2][0], ids[3][0]))
        self.assertNotEqual(ids[0][0], ids[1][0])

    def test_a_forgotten_client_id_is_replaced_unless_the_write_may_have_happened(self) -> None:
        gone = refused(StatusCode.NOT_FOUND)
        made = clerk()
        put(made, pb.PutResponse())
        played = put(made, gone, pb.PutResponse())
        self.assertEqual(([n for _, n in played.ids], played.pauses), ([2, 1], []))
        self.assertNotEqual(played.ids[0][0], played.ids[1][0])
        doubtful = put(made, refused(StatusCode.UNAVAILABLE), gone)
        assert doubtful.error is not None
        self.assertEqual((doubtful.error.code(), doubtful.error.may_have_happened), (StatusCode.NOT_FOUND, True))
        first = put(clerk(), gone)  # a server that forgets what has just begun would be asked for ever
        assert first.error is not None
        self.assertEqual((first.error.code(), first.error.may_have_happened), (StatusCode.NOT_FOUND, False))

    def test_an_error_says_whether_the_write_may_have_happened(self) -> None:
        busy, away = refused(StatusCode.RESOURCE_EXHAUSTED, "busy"), refused(StatusCode.UNAVAILABLE, "away")
        late = status.deadline_passed()
        for answers, code, perhaps, says in (
            ([refused(StatusCode.INVALID_ARGUMENT)], StatusCode.INVALID_ARGUMENT, False, "not now; the write did not"),
            ([refused(StatusCode.FAILED_PRECONDITION)], StatusCode.FAILED_PRECONDITION, False, "did not happen"),
            ([away, refused(StatusCode.FAILED_PRECONDITION)], StatusCode.FAILED_PRECONDITION, False, "did not happen"),
            ([away, refused(StatusCode.INVALID_ARGUMENT)], StatusCode.INVALID_ARGUMENT, True, "may have happened"),
            ([refused(StatusCode.INTERNAL)], StatusCode.INTERNAL, True, "may have happened"),
            ([refused(StatusCode.UNKNOWN)], StatusCode.UNKNOWN, True, "may have happened"),
            ([late], StatusCode.DEADLINE_EXCEEDED, True, "may have happened"),
            ([busy, late], StatusCode.DEADLINE_EXCEEDED, False, "attempt failed: busy; the write did not"),
            ([away, late], StatusCode.DEADLINE_EXCEEDED, True, "attempt failed: away; the write may"),
            ([redirected(leader=TWO), late], StatusCode.DEADLINE_EXCEEDED, False, "did not happen"),
            ([busy, status.clerk_closed()], StatusCode.CANCELLED, False, "the Clerk was closed"),
        ):
            error = put(clerk(), *answers).error
            assert error is not None, answers
            self.assertEqual((error.code(), error.may_have_happened), (code, perhaps), error)
            self.assertIn(says, error.details())

    def test_a_message_that_is_too_long_is_not_sent_again(self) -> None:
        for text in ("grpc: received message larger than max (9 vs. 4)", "Sent message larger than max (9 vs. 4)"):
            self.assertIsNotNone(put(clerk(), refused(StatusCode.RESOURCE_EXHAUSTED, text)).error)

    def test_a_batch_is_for_one_shard(self) -> None:
        def write(key: bytes) -> pb.Write:
            return pb.Write(append=pb.AppendRequest(key=key))

        made = clerk(TWO_SHARDS)
        over_two = Played(made.batch([write(b"4"), write(b"7")]))
        assert over_two.error is not None
        self.assertEqual((over_two.error.code(), over_two.seen), (StatusCode.INVALID_ARGUMENT, []))
        for says in ("b'4'", "b'7'", "the shards 0 and 1", "the same tag", "did not happen"):
            self.assertIn(says, over_two.error.details())
        placeless = Played(made.batch([write(b"4"), write(b"x")]))
        self.assertIn("write 1 of the batch", str(placeless.error))
        fine = Played(made.batch([write(b"a{3}"), write(b"b{5}")]), pb.BatchResponse(results=[pb.WriteResult()] * 2))
        self.assertEqual((len(fine.reply), fine.seen), (2, [f"{TWO} Batch"]))
        self.assertEqual(Played(made.batch([]), pb.BatchResponse()).seen, [f"{ONE} Batch"])  # for the server to refuse


class Routes(unittest.TestCase):
    def test_the_first_call_waits_for_a_map(self) -> None:
        made = rules.Rules([ONE, TWO])
        played = Played(made.get(b"3"), refused(StatusCode.UNAVAILABLE), TWO_SHARDS, pb.GetResponse(version=7))
        self.assertEqual(played.seen, [f"{ONE} Topology", f"{TWO} Topology", f"{TWO} Get"])
        self.assertEqual(played.reply.version, 7)
        self.assertEqual(Played(made.get(b"2"), pb.GetResponse()).seen, [f"{ONE} Get"])

    def test_a_server_without_topology_has_one_shard(self) -> None:
        played = Played(rules.Rules([ONE]).get(b"x"), refused(StatusCode.UNIMPLEMENTED), pb.GetResponse())
        self.assertEqual(played.seen, [f"{ONE} Topology", f"{ONE} Get"])

    def test_a_map_that_is_none_ends_the_call(self) -> None:
        unknown = pb.TopologyResponse(placement=99, shards=[pb.Shard(shard=0), pb.Shard(shard=1)])  # type: ignore[arg-type]
        twice = pb.TopologyResponse(placement=pb.PLACEMENT_HASH, shards=[pb.Shard(shard=1), pb.Shard(shard=1)])
        for topology, code in ((unknown, StatusCode.UNIMPLEMENTED), (twice, StatusCode.INTERNAL)):
            error = put(rules.Rules([ONE]), topology).error
            assert error is not None
            self.assertEqual((error.code(), error.may_have_happened), (code, False), error)
            self.assertIn(ONE, error.details())

    def test_a_key_without_a_place_is_refused_before_it_is_sent(self) -> None:
        made = clerk(TWO_SHARDS)
        for call in (made.get(b"x"), made.put(b"x", b"", None, False)):
            played = Played(call)
            assert played.error is not None
            self.assertEqual((played.error.code(), played.seen), (StatusCode.INVALID_ARGUMENT, []))

    def test_a_redirect_moves_its_shard_and_no_other(self) -> None:
        made = clerk(TWO_SHARDS)
        played = put(made, redirected(leader=THREE), pb.PutResponse())
        self.assertEqual(played.seen, [f"{ONE} Put", f"{THREE} Put"])
        self.assertEqual(put(made, pb.PutResponse(), key=b"2").seen, [f"{THREE} Put"])
        self.assertEqual(put(made, pb.PutResponse(), key=b"1").seen, [f"{TWO} Put"])

    def test_servers_take_turns(self) -> None:
        away = refused(StatusCode.UNAVAILABLE)
        for leader in ("", "no name"):
            played = put(clerk(), redirected(shard=0, leader=leader), away, away, pb.PutResponse())
            self.assertEqual(played.seen, [f"{server} Put" for server in (ONE, TWO, ONE, TWO)])

    def test_a_server_that_is_busy_is_asked_again(self) -> None:
        played = put(clerk(), refused(StatusCode.RESOURCE_EXHAUSTED), pb.PutResponse())
        self.assertEqual(played.seen, [f"{ONE} Put"] * 2)

    def test_a_newer_map_is_asked_for_and_an_older_one_is_not_taken(self) -> None:
        made = clerk(TWO_SHARDS)
        newer = pb.TopologyResponse.FromString(TWO_SHARDS.SerializeToString())
        newer.map_version = 5
        newer.nodes.add(id=3, address=THREE)
        newer.shards[0].leader = 3
        moved = redirected(leader=TWO, map_version=5)
        played = put(made, moved, newer, pb.PutResponse())
        self.assertEqual(played.seen, [f"{ONE} Put", f"{ONE} Topology", f"{THREE} Put"])
        again = put(made, redirected(leader=ONE, map_version=5), pb.PutResponse())
        self.assertEqual(again.seen, [f"{THREE} Put", f"{ONE} Put"])
        older = put(made, redirected(leader=THREE, map_version=6), TWO_SHARDS, pb.PutResponse())
        self.assertEqual(older.seen, [f"{ONE} Put", f"{ONE} Topology", f"{THREE} Put"])
        put(made, redirected(leader=ONE), pb.PutResponse())
        without = put(made, redirected(leader=TWO, map_version=6), refused(StatusCode.UNAVAILABLE), pb.PutResponse())
        self.assertEqual(without.seen, [f"{ONE} Put", f"{ONE} Topology", f"{TWO} Put"])

    def test_a_map_of_another_cluster_is_taken_whatever_its_version(self) -> None:
        had = pb.TopologyResponse.FromString(TWO_SHARDS.SerializeToString())
        had.cluster_id, had.map_version = b"0123456789abcdef", 5
        told = pb.TopologyResponse(map_version=1, nodes=[pb.Node(id=3, address=THREE)], shards=[pb.Shard(leader=3)])
        moved = redirected(leader=TWO, map_version=6)
        for before, now, taken in (
            (b"0123456789abcdef", b"another cluster!", True),
            (b"0123456789abcdef", b"0123456789abcdef", False),
            (b"0123456789abcdef", b"", False),  # a server that does not tell
            (b"", b"another cluster!", False),
        ):
            had.cluster_id, told.cluster_id = before, now
            seen = put(clerk(had), moved, told, pb.PutResponse()).seen
            self.assertEqual(seen, [f"{ONE} Put", f"{ONE} Topology", f"{THREE if taken else TWO} Put"], (before, now))
        had.cluster_id, silent = b"0123456789abcdef", pb.TopologyResponse.FromString(had.SerializeToString())
        silent.cluster_id, told.cluster_id = b"", b"another cluster!"
        made = clerk(had)
        put(made, moved, silent, pb.PutResponse())  # it is the same cluster still
        self.assertEqual(put(made, moved, told, pb.PutResponse()).seen[-1], f"{THREE} Put")

    def test_an_old_map_is_asked_for_again(self) -> None:
        now = 0.0
        made = rules.Rules([ONE], clock=lambda: now)
        Played(made.get(b"0"), TWO_SHARDS, pb.GetResponse())
        now = rules.MAP_AGE - 1
        self.assertEqual(put(made, pb.PutResponse()).seen, [f"{ONE} Put"])
        now = rules.MAP_AGE
        moved = pb.TopologyResponse.FromString(TWO_SHARDS.SerializeToString())
        moved.shards[0].leader, moved.shards[1].leader = 2, 0  # nobody knows who leads the other shard
        self.assertEqual(put(made, moved, pb.PutResponse()).seen, [f"{ONE} Topology", f"{TWO} Put"])
        self.assertEqual(put(made, pb.PutResponse(), key=b"1").seen, [f"{TWO} Put"])
        now = 2 * rules.MAP_AGE  # without an answer, the old one will do, and for as long again
        played = put(made, refused(StatusCode.UNAVAILABLE), pb.PutResponse())
        self.assertEqual(played.seen, [f"{TWO} Topology", f"{TWO} Put"])
        self.assertEqual(put(made, pb.PutResponse()).seen, [f"{TWO} Put"])
        now = 3 * rules.MAP_AGE
        asking = made.get(b"0")
        self.assertEqual(next(asking).method, "Topology")  # type: ignore[union-attr]
        self.assertEqual(put(made, pb.PutResponse()).seen, [f"{TWO} Put"])  # who does not wait for it

    def test_one_call_asks_for_the_newer_map(self) -> None:
        made = clerk(TWO_SHARDS)
        asking = made.get(b"0")
        next(asking)
        self.assertIsInstance(asking.send(redirected(leader=TWO, map_version=9)), steps.Call)  # Topology
        other = put(made, redirected(leader=ONE, map_version=9), pb.PutResponse(), key=b"1")
        self.assertEqual(other.seen, [f"{TWO} Put", f"{ONE} Put"])
        asking.close()
        after = put(made, redirected(leader=TWO, map_version=9), TWO_SHARDS, pb.PutResponse(), key=b"1")
        self.assertEqual(after.seen[1], f"{ONE} Topology")

    def test_leaders_come_first_then_replicas_then_who_was_named(self) -> None:
        topology = pb.TopologyResponse(
            nodes=[pb.Node(id=1, address="a:1"), pb.Node(id=2, address="b:1"), pb.Node(id=3)],
            shards=[pb.Shard(replicas=[1, 2, 3], leader=2)],
        )
        place = shards.learned(topology, (ONE, "a:01"), ONE).places[0]
        self.assertEqual(place, shards.Place(("b:1", "a:1", ONE, "a:01"), led=True))
        topology.shards[0].leader = 3  # whose address is not known
        self.assertEqual(shards.learned(topology, (ONE,), ONE).places[0], shards.Place(("a:1", "b:1", ONE), 2))

    def test_a_shard_that_the_map_has_no_longer(self) -> None:
        two = shards.learned(TWO_SHARDS, (ONE,), ONE)
        self.assertEqual(two.server(7), two.server(0))
        self.assertEqual(two.left(7, ONE, "").server(0), TWO)
        self.assertIs(two.left(0, THREE, ""), two)  # another call has left it before


class Pausing(unittest.TestCase):
    def test_pauses_double_up_to_the_last(self) -> None:
        played = put(clerk(), *[refused(StatusCode.UNAVAILABLE)] * 12, pb.PutResponse())
        longest = retry.FIRST_PAUSE
        for pause in played.pauses:
            self.assertTrue(longest / 2 <= pause <= longest, played.pauses)
            longest = min(2 * longest, retry.LAST_PAUSE)
        self.assertEqual(longest, retry.LAST_PAUSE)

    def test_a_silent_server_is_left_if_there_is_another(self) -> None:
        silent = status.silent(ONE, 5)
        played = put(clerk(), silent, silent, pb.PutResponse())
        self.assertEqual(played.seen, [f"{ONE} Put", f"{TWO} Put", f"{ONE} Put"])
        self.assertEqual(played.patience, [retry.FIRST_PATIENCE * n for n in (1, 2, 4)])
        self.assertEqual(len(set(played.ids)), 1)
        self.assertEqual(put(clerk(servers=(ONE,)), pb.PutResponse()).patience, [None])
        for_ever = put(clerk(), *[silent] * 9, pb.PutResponse())
        self.assertEqual(for_ever.patience[-1], retry.LAST_PATIENCE)
        played = Played(rules.Rules([ONE, TWO]).get(b"k"), silent, ONE_SHARD, pb.GetResponse())
        self.assertEqual(played.seen, [f"{ONE} Topology", f"{TWO} Topology", f"{TWO} Get"])
        ended = put(clerk(), silent, status.deadline_passed()).error
        assert ended is not None
        self.assertTrue(ended.may_have_happened)

    def test_an_error_that_patience_does_not_change_ends_a_read(self) -> None:
        for code in (StatusCode.INVALID_ARGUMENT, StatusCode.DATA_LOSS, StatusCode.UNAUTHENTICATED, StatusCode.UNKNOWN):
            played = Played(clerk().get(b"k"), refused(code))
            assert played.error is not None
            self.assertEqual((played.error.code(), played.error.details()), (code, "not now"))


class Stream:
    def __init__(self) -> None:
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


def pairs(*keys: bytes) -> pb.ScanResponse:
    return pb.ScanResponse(pairs=[pb.Pair(key=key) for key in keys])


class Scans(unittest.TestCase):
    def scan(
        self, made: rules.Rules, request: pb.ScanRequest, *answers: Any
    ) -> tuple[list[bytes], list[pb.ScanRequest]]:
        """Plays a Scan whose streams are answered in turn, and returns its keys, and the requests of its streams."""
        self.pauses: list[float] = []
        self.reads: list[tuple[str, float | None]] = []  # the server of each, and the patience
        keys: list[bytes] = []
        requests: list[pb.ScanRequest] = []
        streams: list[Stream] = []
        left, call, answer = list(answers), made.scan(request), None
        while True:
            try:
                step = call.send(answer)
            except StopIteration:
                break
            answer = None
            if isinstance(step, steps.Part):
                keys += [pair.key for pair in step.pairs]
            elif isinstance(step, steps.Open):
                requests.append(pb.ScanRequest.FromString(step.request.SerializeToString()))
                streams.append(answer := Stream())
            elif isinstance(step, steps.Pause):
                self.pauses.append(step.seconds)
            elif isinstance(step, steps.Read):
                self.assertFalse(step.stream.cancelled)
                self.reads.append((step.server, step.patience))
                answer = left.pop(0)
        self.assertEqual(left, [])
        self.assertTrue(all(stream.cancelled for stream in streams))
        return keys, requests

    def test_a_broken_stream_goes_on_after_the_last_key(self) -> None:
        request = pb.ScanRequest(prefix=b"k", limit=4)
        away = refused(StatusCode.UNAVAILABLE)
        keys, requests = self.scan(
            clerk(), request, pairs(b"k1", b"k2"), pairs(), away, pairs(b"k3"), away, pairs(b"k5", b"k6")
        )
        self.assertEqual(keys, [b"k1", b"k2", b"k3", b"k5"])
        self.assertEqual([(r.resume_after, r.limit) for r in requests], [(b"", 4), (b"k2", 2), (b"k3", 1)])

    def test_pauses_begin_anew_after_progress(self) -> None:
        away = refused(StatusCode.UNAVAILABLE)
        self.scan(clerk(), pb.ScanRequest(), *[away] * 4, pairs(b"k"), away, None)
        self.assertGreaterEqual(self.pauses[-2], 4 * retry.FIRST_PAUSE)
        self.assertLessEqual(self.pauses[-1], retry.FIRST_PAUSE)

    def test_a_silent_server_is_left(self) -> None:
        made, silent = clerk(), status.silent(ONE, 3)
        keys, _ = self.scan(made, pb.ScanRequest(), pairs(b"k1"), silent, silent, pairs(b"k2"), None)
        self.assertEqual(keys, [b"k1", b"k2"])
        self.assertEqual([server for server, _ in self.reads], [ONE, ONE, TWO, ONE, ONE])
        self.assertEqual([patience for _, patience in self.reads], [retry.FIRST_PATIENCE * n for n in (1, 1, 2, 4, 1)])

    def test_an_error_ends_it(self) -> None:
        with self.assertRaises(ClerkError):
            self.scan(clerk(), pb.ScanRequest(), pairs(b"k1"), refused(StatusCode.DATA_LOSS))

    def test_shards_are_merged_and_show_what_is_theirs(self) -> None:
        first, second = pairs(b"0", b"1", b"2"), pairs(b"0", b"1", b"2", b"3")
        answers = [first, second, pairs(b"3", b"x"), None, None]
        keys, requests = self.scan(clerk(TWO_SHARDS), pb.ScanRequest(limit=9), *answers)
        self.assertEqual(keys, [b"0", b"1", b"2", b"3"])
        self.assertEqual([r.limit for r in requests], [0, 0])  # nobody knows how many a shard has to give
        self.assertEqual([(r.HasField("shard"), r.shard) for r in requests], [(True, 0), (True, 1)])
        keys, _ = self.scan(clerk(TWO_SHARDS), pb.ScanRequest(limit=2), first, second)
        self.assertEqual(keys, [b"0", b"1"])

    def test_merging_holds_a_part_of_each(self) -> None:
        read = [0, 0]

        def shard(i: int) -> Iterator[steps.Part]:
            for n in range(0, 100, 10):
                read[i] += 1
                yield steps.Part([pb.Pair(key=b"%03d.%d" % (n + k, i)) for k in range(10)])

        got: list[bytes] = []
        for part in merge.merged([shard(0), shard(1)], 0):  # type: ignore[list-item]
            assert isinstance(part, steps.Part)
            got += [pair.key for pair in part.pairs]
            self.assertLessEqual(10 * sum(read) - len(got), 20)
        self.assertEqual(got, sorted(got))
        self.assertEqual(len(got), 200)

    def test_one_that_is_left_closes_its_streams(self) -> None:
        call, answer, streams = clerk(TWO_SHARDS).scan(pb.ScanRequest()), None, []
        while not isinstance(step := call.send(answer), steps.Part):
            if isinstance(step, steps.Open):
                streams.append(answer := Stream())
            else:
                answer = pairs(b"0", b"1")
        call.close()
        self.assertEqual([stream.cancelled for stream in streams], [True, True])
        scans = [(steps.Part([pb.Pair(key=b"k")]) for _ in range(2)) for _ in range(2)]
        next(part := merge.merged(scans, 0))  # type: ignore[arg-type]
        part.close()
        self.assertEqual([inspect.getgeneratorstate(scan) for scan in scans], [inspect.GEN_CLOSED] * 2)


class Texts(unittest.TestCase):
    def test_addresses(self) -> None:
        for text, spelled in {
            " host:6000\n": "host:6000",
            "host:06000": "host:6000",
            "[::1]:6000": "[::1]:6000",
            ":6000": ":6000",
            "unix:/run/raftkv.sock": "unix:/run/raftkv.sock",
            "dns:///host:1": "dns:///host:1",
        }.items():
            self.assertEqual(contracts_channel.address(text), spelled)
        for text in (
            "",
            "host",
            "host:",
            "host:0",
            "host:65536",
            "::1:6000",
            "ho st:1",
            "http://host:1",
            "unix:",
            "unix:/run/",
        ):
            with self.assertRaisesRegex(ValueError, "no address of a server"):
                contracts_channel.address(text)
        with self.assertRaisesRegex(ValueError, "at least one"):
            Clerk([])

    def test_tokens(self) -> None:
        self.assertEqual(contracts_channel.metadata("a b\n"), (("authorization", "Bearer a b"),))
        self.assertEqual(contracts_channel.metadata(None), ())
        for text in ("", "\n", " a", "a\tb", "ä", "a" * 4097):
            with self.assertRaisesRegex(ValueError, "the token must"):
                Clerk([ONE], token=text)

    def test_certificates_come_with_keys(self) -> None:
        with self.assertRaisesRegex(ValueError, "belong together"):
            Clerk([ONE], cert="cert.pem")
        with self.assertRaises(OSError):
            Clerk([ONE], ca="/no/such/file")

    def test_redirects_are_found_in_the_details(self) -> None:
        redirect = pb.Redirect(shard=3, leader=TWO, map_version=4)
        detail = any_pb2.Any()
        detail.Pack(redirect)
        packed = detail.SerializeToString()
        # google.rpc.Status: 1 is the code, 2 the message, 3 the details.
        whole = b"\x08\x0e\x12\x02no" + b"\x1a\x00" + b"\x1a" + bytes([len(packed)]) + packed

        class Error(grpc.RpcError):
            def __init__(self, details: bytes) -> None:
                self._details = details

            def code(self) -> StatusCode:
                return StatusCode.UNAVAILABLE

            def details(self) -> str:
                return "no"

            def trailing_metadata(self) -> tuple[tuple[str, Any], ...]:
                return (("other", "x"), ("grpc-status-details-bin", self._details))

        self.assertEqual(status.from_rpc(Error(whole)).redirect, redirect)
        for none in (b"", b"\x08\x0e", whole[:-3]):
            self.assertIsNone(status.from_rpc(Error(none)).redirect)


class Attempts(unittest.TestCase):
    """What it means that gRPC ended a step for its time."""

    class Late(grpc.RpcError):
        def __init__(self, code: StatusCode) -> None:
            self._code = code

        def code(self) -> StatusCode:
            return self._code

        def details(self) -> str:
            return "late"

        def trailing_metadata(self) -> tuple[()]:
            return ()

    def late(self, timeout: float | None, patience: float | None) -> tuple[float | None, ClerkError]:
        call = steps.Call(ONE, "Get", pb.GetRequest(), patience)
        attempt = connect.Attempt(call, contracts_channel.Deadline(timeout))
        return attempt.timeout, attempt.failure(self.Late(StatusCode.DEADLINE_EXCEEDED), closed=False)

    def test_whichever_time_is_shorter(self) -> None:
        timeout, error = self.late(timeout=60, patience=5)
        self.assertIsInstance(error, status.SilentError)
        self.assertEqual((timeout, error.code()), (5, StatusCode.UNAVAILABLE))
        self.assertIn(f"the server {ONE} did not answer for 5 seconds", error.details())
        self.assertIsInstance(self.late(timeout=None, patience=5)[1], status.SilentError)
        timeout, error = self.late(timeout=5, patience=None)
        assert timeout is not None
        self.assertLessEqual(timeout, 5)
        self.assertIsInstance(error, status.EndedError)
        for timeout, ends in ((0.0, True), (60.0, False)):  # the server was first, or had another reason
            attempt = connect.Attempt(steps.Read(None, ONE, None), contracts_channel.Deadline(timeout))
            error = attempt.failure(self.Late(StatusCode.CANCELLED), closed=False)
            self.assertEqual(isinstance(error, status.EndedError), ends)
        timeout, error = self.late(timeout=None, patience=None)  # of a server that has a deadline of its own
        self.assertEqual((timeout, error.details()), (None, "late"))

    def test_a_call_that_ends_soon_leaves_time_for_another_server(self) -> None:
        timeout, error = self.late(timeout=4, patience=5)
        assert timeout is not None
        self.assertLessEqual(timeout, 2)
        self.assertIsInstance(error, status.SilentError)
        timeout, error = self.late(timeout=0.6, patience=5)
        self.assertEqual((timeout, type(error)), (connect.SHORTEST_PATIENCE, status.SilentError))
        timeout, error = self.late(timeout=0.4, patience=5)
        assert timeout is not None
        self.assertLessEqual(timeout, 0.4)
        self.assertIsInstance(error, status.EndedError)


@contextlib.contextmanager
def silent_server() -> Iterator[str]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


class Connections(unittest.TestCase):
    def test_no_proxy_is_in_the_way_to_this_machine(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as proxy:
            variable = f"http://127.0.0.1:{proxy.getsockname()[1]}"
            with mock.patch.dict(os.environ, {"http_proxy": variable, "no_proxy": "", "no_grpc_proxy": ""}):
                for host in ("localhost", "127.0.0.1", ""):
                    with socket.create_server(("127.0.0.1", 0)) as server:
                        port = server.getsockname()[1]
                        self.assertEqual(self.called(f"{host}:{port}", server, proxy), [server], host)
        self.assertEqual(contracts_channel.options("kv.example:6000"), contracts_channel.OPTIONS)

    def called(self, address: str, *listeners: socket.socket) -> list[socket.socket]:
        """Calls an address, and returns which of the listeners somebody connects with."""
        with Clerk([address]) as made:
            threading.Thread(target=lambda: self.assertRaises(ClerkError, made.get, b"k"), daemon=True).start()
            return select.select(listeners, [], [], 30)[0]


class Endings(unittest.TestCase):
    def test_closing_ends_the_calls_in_flight_and_those_that_come_later(self) -> None:
        with silent_server() as server:
            made = Clerk([server])
            errors: list[ClerkError] = []

            def call() -> None:
                with self.assertRaises(ClerkError) as caught:
                    made.put(b"k", b"v")
                errors.append(caught.exception)

            threads = [threading.Thread(target=call) for _ in range(4)]
            for thread in threads:
                thread.start()
            made.close()
            for thread in threads:
                thread.join()
            call()
            self.assertEqual([error.code() for error in errors], [StatusCode.CANCELLED] * 5)
            for error in errors:
                self.assertIn("the Clerk was closed; the write did not happen", error.details())

    def test_a_timeout_ends_a_call(self) -> None:
        with silent_server() as server, Clerk([server]) as made:
            for call in (lambda: made.get(b"k", timeout=0.1), lambda: list(made.scan(timeout=0.1))):
                with self.assertRaises(ClerkError) as caught:
                    call()
                self.assertIs(caught.exception.code(), StatusCode.DEADLINE_EXCEEDED)

    def test_asyncio(self) -> None:
        async def test() -> None:
            with silent_server() as server:
                made = raftkv_clerk.aio.Clerk([server])
                with self.assertRaises(ClerkError) as caught:
                    await made.get(b"k", timeout=0.1)
                self.assertIs(caught.exception.code(), StatusCode.DEADLINE_EXCEEDED)
                cancelled = asyncio.create_task(made.put(b"k", b"v"))
                await asyncio.sleep(0)
                cancelled.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await cancelled
                waiting = asyncio.create_task(made.put(b"k", b"v"))
                both = asyncio.create_task(made.put(b"k", b"v"))
                scanning = asyncio.create_task(anext(made.scan()))  # type: ignore[arg-type]
                await asyncio.sleep(0)
                both.cancel()
                await made.close()
                with self.assertRaises(asyncio.CancelledError):
                    await both
                for call in (waiting, scanning, made.put(b"k", b"v")):
                    with self.assertRaises(ClerkError) as caught:
                        await call
                    self.assertIs(caught.exception.code(), StatusCode.CANCELLED)

        asyncio.run(asyncio.wait_for(test(), 30))


if __name__ == "__main__":
    unittest.main()
