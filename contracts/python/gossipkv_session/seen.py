"""What a session has seen, and its text: values alone, as contracts/CLIENTS.md has them."""

from __future__ import annotations

import base64
import binascii
import threading
import zlib
from collections.abc import Iterable
from typing import NamedTuple

import gossipkv_pb2

_MARK = "g1."
_CHECKSUM_SIZE = 4
_NONSENSE = "the text of what a session has seen makes no sense: "
_DAMAGED = "the text of what a session has seen is damaged: "


class Version(NamedTuple):
    """The version of a write: its logical time, and the server and incarnation that made it. Versions compare as the
    contract says: by time, then by server, then by incarnation."""

    time: int
    server: int
    incarnation: int

    @classmethod
    def of(cls, message: gossipkv_pb2.Version) -> Version:
        """Returns a version of the contract. An empty message is no version: see is_one."""
        return cls(message.time, message.server, message.incarnation)

    def message(self) -> gossipkv_pb2.Version:
        """Returns the version as the contract has it."""
        return gossipkv_pb2.Version(time=self.time, server=self.server, incarnation=self.incarnation)

    def is_one(self) -> bool:
        """Reports whether it is the version of a write."""
        return 0 < self.time < 2**64 and 0 < self.server < 2**32

    def __str__(self) -> str:
        return f"{self.time}@{self.server}#{self.incarnation:016x}"


class Seen:
    """For each key the greatest version that a session has met, and the session's time. Any number of threads may use
    one. It grows with the keys, and only forget makes it smaller."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._time = 0
        self._versions: dict[bytes, Version] = {}

    @property
    def time(self) -> int:
        """The greatest time of all versions that were met, also of keys that were forgotten."""
        return self._time

    def version(self, key: bytes) -> Version | None:
        """Returns the greatest version of a key that was met."""
        return self._versions.get(key)

    def versions(self) -> dict[bytes, Version]:
        """Returns the versions of all keys, as a copy."""
        with self._lock:
            return dict(self._versions)

    def note(self, key: bytes, version: Version) -> None:
        """Has the session have met a version of a key. One without a time or a server is none."""
        with self._lock:
            if version.is_one():
                self._note(bytes(key), version)

    def _note(self, key: bytes, version: Version) -> None:
        self._time = max(self._time, version.time)
        known = self._versions.get(key)
        if known is None or known < version:
            self._versions[key] = version

    def merge(self, other: Seen) -> None:
        """Has the session have met all that another one has: one that is handed on to who has a session already."""
        time, versions = other._copy()
        with self._lock:
            self._time = max(self._time, time)
            for key, version in versions.items():
                self._note(key, version)

    def of(self, keys: Iterable[bytes]) -> Seen:
        """Returns what was seen of some keys, with the time of all: for handing a large session on to a call that is
        about few keys. Who continues from there has all guarantees for these keys, and none for the others, but that
        writes win over all that was seen."""
        few = Seen()
        time, versions = self._copy()
        few._time = time
        few._versions = {key: versions[key] for key in keys if key in versions}
        return few

    def forget(self, keys: Iterable[bytes]) -> None:
        """Drops the versions of keys; the time stays. It gives up what a session promises of these keys: the next get
        may show what is older than what was read or written before."""
        with self._lock:
            for key in keys:
                self._versions.pop(key, None)

    def __len__(self) -> int:
        """Returns of how many keys a version is kept."""
        return len(self._versions)

    def __bool__(self) -> bool:
        """A Seen is one, however little was seen."""
        return True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Seen) and self._copy() == other._copy()

    __hash__ = None  # type: ignore[assignment] # it changes

    def __repr__(self) -> str:
        return f"<Seen: {len(self)} keys, time {self.time}>"

    def __str__(self) -> str:
        """Returns what was seen as a text, from which parse makes it again: letters, digits, and ". - _" alone. Each
        key makes it longer by about 4/3 of the key's length and 5 to 8 characters. The text has the keys in it,
        readable, and a checksum against damage, not against malice."""
        body = self._body()
        data = body + zlib.crc32(body).to_bytes(_CHECKSUM_SIZE, "big")
        return _MARK + base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Seen:
        """Returns what a text says. Blanks around it do not count. Raises ValueError with the reason for what is none,
        or was damaged; an empty text is none."""
        text = text.strip()
        if not text.startswith(_MARK):
            shown = text if len(text) <= 64 else f"{text[:64]}…"
            raise ValueError(
                f"{shown!r} is no text of what a session has seen, or has a newer form; it must begin with {_MARK!r}"
            )
        encoded = text.removeprefix(_MARK)
        try:
            data = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValueError(f"{_DAMAGED}{error}") from error
        body, checksum = data[:-_CHECKSUM_SIZE], data[-_CHECKSUM_SIZE:]
        if zlib.crc32(body).to_bytes(_CHECKSUM_SIZE, "big") != checksum:
            raise ValueError(_DAMAGED + "its checksum does not fit; it may have been cut off")
        seen = cls._parse_body(body)
        if str(seen) != text:
            raise ValueError(_NONSENSE + "it is not in its only form")
        return seen

    def _copy(self) -> tuple[int, dict[bytes, Version]]:
        with self._lock:
            return self._time, dict(self._versions)

    def _body(self) -> bytes:
        time, versions = self._copy()
        origins = sorted({version[1:] for version in versions.values()})
        body = bytearray(_varint(time) + _varint(len(origins)))
        for server, incarnation in origins:
            body += _varint(server) + incarnation.to_bytes(8, "big")
        place = {origin: _varint(i) for i, origin in enumerate(origins)}
        body += _varint(len(versions))
        for key, version in sorted(versions.items()):
            body += _varint(len(key)) + key + place[version[1:]] + _varint(time - version.time)
        return bytes(body)

    @classmethod
    def _parse_body(cls, body: bytes) -> Seen:
        reader, seen = _Reader(body), cls()
        seen._time = reader.number()
        origins = [(reader.number(), int.from_bytes(reader.take(8), "big")) for _ in reader.repeat()]
        for _ in reader.repeat():
            key, place, before = reader.take(reader.number()), reader.number(), reader.number()
            version = Version(seen._time - before, *origins[place]) if place < len(origins) else Version(0, 0, 0)
            if not version.is_one():
                raise ValueError(f"{_NONSENSE}the version of the key {key[:64]!r} is none")
            seen._versions[key] = version
        return seen


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number >= 0x80:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


class _Reader:
    """Takes what is encoded off the beginning of bytes. Raises ValueError at their end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        if len(taken) < size:
            raise ValueError(_NONSENSE + "it breaks off")
        self._at += size
        return taken

    def number(self) -> int:
        number = 0
        for shift in range(0, 64, 7):
            (byte,) = self.take(1)
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
        else:
            number = 2**64
        if number >= 2**64:
            raise ValueError(_NONSENSE + "a number has more than 64 bits")
        return number

    def repeat(self) -> range:
        """Returns as many turns as the next number says. More than there are bytes end with them."""
        return range(self.number())
