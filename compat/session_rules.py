#!/usr/bin/env python3
"""Tests of what the Python sessions of gossipkv do with requests and replies, without a server.

    python3 -m unittest session_rules

What they do with servers is tested in Go, beside this file.
"""

from __future__ import annotations

import base64
import inspect
import json
import sys
import unittest
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "contracts" / "python"))

import gossipkv_pb2 as pb  # noqa: E402
import gossipkv_session.aio  # noqa: E402
import grpc  # noqa: E402
from contracts_channel import Deadline  # noqa: E402
from gossipkv_session import Client, DependencyNotMetError, NoValueError, Pair, Seen, SessionError, Version, rules  # noqa: E402

GOLDEN = json.loads((ROOT / "contracts" / "golden" / "gossipkv.json").read_text(encoding="utf-8"))
X = b"x"


def version(time: int, server: int = 1, incarnation: int = 0) -> Version:
    return Version(time, server, incarnation)


def golden_version(fields: dict[str, Any]) -> Version:
    return version(int(fields["time"]), fields["server"], int(fields["incarnation"]))


def seen_of(time: int, **versions: Version) -> Seen:
    seen = Seen()
    seen.note(b"was forgotten", version(time))
    seen.forget([b"was forgotten"])
    for key, met in versions.items():
        seen.note(key.encode(), met)
    return seen


class Texts(unittest.TestCase):
    def test_golden_versions_are_in_order(self) -> None:
        versions = [golden_version(fields) for fields in GOLDEN["versions"]]
        self.assertGreater(len(versions), 10)
        for before, after in zip(versions, versions[1:], strict=False):
            self.assertLess(before, after)
            self.assertEqual(Version.of(after.message()), after)

    def test_golden_texts(self) -> None:
        taken = [golden for golden in GOLDEN["seen"] if "refused" not in golden]
        self.assertGreater(len(taken), 5)
        for golden in taken:
            for keys in (golden["keys"], golden["keys"][::-1]):
                seen = seen_of(int(golden["time"]))
                for key in keys:
                    seen.note(base64.b64decode(key["key"]), golden_version(key["version"]))
                self.assertEqual(str(seen), golden["text"], golden["name"])
                self.assertEqual(Seen.parse(f" {golden['text']}\n"), seen, golden["name"])

    def test_what_is_none_is_refused(self) -> None:
        refused = [golden for golden in GOLDEN["seen"] if "refused" in golden]
        self.assertGreater(len(refused), 15)
        for golden in refused:
            with self.assertRaisesRegex(ValueError, "seen (is damaged|makes no sense)|is no text of what", msg=golden):
                Seen.parse(golden["text"])

    def test_damage_is_noticed_wherever_it_is(self) -> None:
        text = str(seen_of(300, color=version(299, 2, 2**60), x=version(1)))
        for i, right in enumerate(text):
            for other in "ABaz09-_. \n+=/ä":
                changed = text[:i] + other + text[i + 1 :]
                if other != right:
                    self.assertRaises(ValueError, Seen.parse, changed)
            self.assertRaises(ValueError, Seen.parse, text[:i])
            self.assertRaises(ValueError, Seen.parse, text[:i] + text[i + 1 :])

    def test_what_was_met(self) -> None:
        seen = seen_of(0, x=version(2), y=version(7))
        for older in (version(1, 9), version(0, 1), version(1, 0), Version(9, 2**32, 0)):
            seen.note(X, older)
        self.assertEqual((seen.version(X), seen.time, len(seen)), (version(2), 7, 2))
        few = seen.of([X, b"nobody"])
        self.assertEqual(few, seen_of(7, x=version(2)))
        few.merge(seen_of(8, x=version(2, 2), z=version(1)))
        self.assertEqual(few, seen_of(8, x=version(2, 2), z=version(1)))
        few.forget([X, b"z"])
        self.assertEqual(few, seen_of(8))
        self.assertTrue(few)


class Calls(unittest.TestCase):
    def test_writes_carry_the_time_and_are_met(self) -> None:
        seen = seen_of(5)
        for call, reply in (
            (rules.Put(seen, X, b"v"), pb.PutResponse(version=version(8, 2).message())),
            (rules.Delete(seen, X), pb.DeleteResponse(version=version(9, 2).message())),
        ):
            self.assertEqual(call.request().session_time, seen.time)
            seen.note(b"other", version(seen.time + 1))
            self.assertEqual(call.request().session_time, seen.time)  # what is known when it is sent
            self.assertEqual(call.take("server", reply), seen.version(X))
            with self.assertRaisesRegex(
                SessionError, "INTERNAL: the server server: its answer to a write has no version"
            ):
                call.take("server", type(reply)())

    def test_gets_carry_the_version_and_meet_what_they_are_told(self) -> None:
        seen = Seen()
        get = rules.Get(seen, X)
        self.assertFalse(get.request().HasField("seen"))
        one, two = version(1), version(2)
        value = get.take("server", pb.GetResponse(outcome=pb.OUTCOME_VALUE, value=b"v", version=one.message()))
        self.assertEqual((value.value, value.version, seen.version(X)), (b"v", one, one))
        self.assertEqual(Version.of(get.request().seen), one)
        with self.assertRaisesRegex(NoValueError, "b'x' has no value"):
            get.take("server", pb.GetResponse(outcome=pb.OUTCOME_NO_VALUE, version=two.message()))
        self.assertEqual(seen.version(X), two)
        get.request()
        with self.assertRaisesRegex(
            DependencyNotMetError, "the server server does not have yet .* b'x', version 2@1#0{16}"
        ):
            get.take("server", pb.GetResponse(outcome=pb.OUTCOME_DEPENDENCY_NOT_MET))
        with self.assertRaisesRegex(SessionError, "the outcome 0"):
            get.take("server", pb.GetResponse())
        with self.assertRaisesRegex(NoValueError, r"kkk'… \(100 bytes\) has no value"):
            rules.Get(seen, b"k" * 100).take("server", pb.GetResponse(outcome=pb.OUTCOME_NO_VALUE))


class Attempts(unittest.TestCase):
    @staticmethod
    def refused(code: grpc.StatusCode) -> SessionError:
        return SessionError("one", code, "no")

    def test_each_server_is_asked_once(self) -> None:
        attempts, asked = rules.Attempts(["one", "two", "three"], None), []
        unmet = DependencyNotMetError(X, "three", version(1))
        failures: list[rules.Failure] = [
            self.refused(grpc.StatusCode.UNAVAILABLE),
            self.refused(grpc.StatusCode.RESOURCE_EXHAUSTED),
            unmet,
        ]
        with self.assertRaises(DependencyNotMetError) as raised:
            for server, timeout in attempts:
                asked.append(server)
                self.assertIsNone(timeout)
                attempts.failed(failures[len(asked) - 1])
        self.assertEqual(asked, ["one", "two", "three"])
        self.assertIn("UNAVAILABLE: the server one: no; RESOURCE_EXHAUSTED", raised.exception.__notes__[0])

    def test_what_no_other_server_can_do(self) -> None:
        for code in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.INTERNAL):
            attempts = rules.Attempts(["one", "two"], None)
            self.assertEqual(next(iter(attempts)), ("one", None))
            with self.assertRaises(SessionError):
                attempts.failed(self.refused(code))

    def test_time_is_shared(self) -> None:
        attempts = rules.Attempts(["one", "two", "three"], 30)
        parts = [timeout or 0 for _, timeout in attempts]
        for part, most in zip(parts, (10, 15, 30), strict=True):
            self.assertTrue(most - 5 < part <= most, parts)
        over = rules.Attempts(["one", "two"], 0)
        next(iter(over))
        with self.assertRaises(SessionError):
            over.failed(self.refused(grpc.StatusCode.DEADLINE_EXCEEDED))

    def test_what_one_may_have_done_may_have_happened(self) -> None:
        for first, perhaps in ((grpc.StatusCode.UNAVAILABLE, True), (grpc.StatusCode.RESOURCE_EXHAUSTED, False)):
            attempts = rules.Attempts(["one", "two"], None)
            with self.assertRaises(SessionError) as raised:
                for _ in attempts:
                    attempts.failed(self.refused(first))
                    first = grpc.StatusCode.FAILED_PRECONDITION
            self.assertEqual(raised.exception.may_have_happened, perhaps)


class Errors(unittest.TestCase):
    class Ended(grpc.RpcError):
        def __init__(self, code: grpc.StatusCode) -> None:
            self._code = code

        def code(self) -> grpc.StatusCode:
            return self._code

        def details(self) -> str:
            return "it ended"

    def test_a_deadline_that_the_server_was_first_to_notice(self) -> None:
        for timeout, code, want in (
            (0, grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED),
            (60, grpc.StatusCode.CANCELLED, grpc.StatusCode.CANCELLED),
            (60, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.DEADLINE_EXCEEDED),
            (None, grpc.StatusCode.CANCELLED, grpc.StatusCode.CANCELLED),
        ):
            error = rules.from_rpc("one:1", self.Ended(code), Deadline(timeout))
            self.assertEqual(error.code(), want)
        self.assertEqual(str(error), "CANCELLED: the server one:1: it ended")


class Dumps(unittest.TestCase):
    def shown(self, dump: rules.Dump, *pairs: tuple[bytes, Version]) -> list[str]:
        """Returns what a dump shows of these pairs, and at their end."""
        part = pb.DumpResponse(pairs=[pb.Pair(key=key, version=met.message()) for key, met in pairs])
        both = [*dump.part(part), *dump.end()]
        return [one.key.decode() + ("" if isinstance(one, Pair) else "?") for one in both]

    def test_what_the_server_lacks_is_told_in_its_place(self) -> None:
        one, two = version(1), version(2)
        seen = seen_of(0, a1=one, a2=two, a3=two, a4=two, b=two)
        dump = rules.Dump(seen, "server", b"a", b"a1", 0, False)
        self.assertTrue(dump.needs_status())
        dump.status(pb.StatusResponse(vector=[pb.VectorEntry(server=1, time=1)]))
        self.assertEqual(self.shown(dump, (b"a3", one), (b"a5", one)), ["a2?", "a3?", "a4?", "a5"])
        self.assertEqual(seen.version(b"a3"), two)
        self.assertEqual(seen.version(b"a5"), one)

    def test_what_was_deleted_is_not_missed(self) -> None:
        seen = seen_of(0, a=version(2), b=version(2, incarnation=1))
        dump = rules.Dump(seen, "server", b"", b"", 0, False)
        dump.status(pb.StatusResponse(vector=[pb.VectorEntry(server=1, time=2)]))
        self.assertEqual(self.shown(dump), ["b?"])  # of another incarnation

    def test_a_limit_leaves_open_what_follows(self) -> None:
        seen = seen_of(0, a=version(2), z=version(2))
        for limit, want in ((1, ["a?", "b"]), (2, ["a?", "b", "z?"])):
            dump = rules.Dump(seen, "server", b"", b"", limit, False)
            self.assertEqual(self.shown(dump, (b"b", version(1))), want)

    def test_who_has_seen_nothing_of_it_needs_no_status(self) -> None:
        self.assertFalse(rules.Dump(seen_of(9, b=version(2)), "server", b"a", b"", 0, True).needs_status())


class Arguments(unittest.TestCase):
    def test_what_cannot_be(self) -> None:
        for kind in (Client, gossipkv_session.aio.Client):
            for arguments in ({"servers": ["nowhere"]}, {"token": ""}, {"cert": "cert.pem"}):
                self.assertRaises(ValueError, kind, **arguments)
            with self.assertRaises(ValueError):
                kind().session().use("nowhere")
            with self.assertRaisesRegex(ValueError, "no server to ask"):
                kind().session().dump()

    def test_both_have_the_same_methods(self) -> None:
        for name in ("Client", "Session"):
            threads, tasks = getattr(gossipkv_session, name), getattr(gossipkv_session.aio, name)
            methods = [method for method in vars(threads) if not method.startswith("_")]
            self.assertEqual(methods, [method for method in vars(tasks) if not method.startswith("_")])
            for method in methods:
                one, other = getattr(threads, method), getattr(tasks, method)
                if callable(one):
                    self.assertEqual(list(inspect.signature(one).parameters), list(inspect.signature(other).parameters))


if __name__ == "__main__":
    unittest.main()
