"""What a client knows of a raftkv cluster: which shard has a key, and which server is to be asked for a shard.

A ShardMap is a value that never changes: what is learned makes another one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import contracts_channel
import grpc
import raftkv_pb2
import raftkv_placement

from raftkv_clerk.status import ClerkError


def _address_or_none(text: str) -> str | None:
    try:
        return contracts_channel.address(text)
    except ValueError:
        return None  # it is not known, or its name is none


@dataclass(frozen=True)
class Place:
    """Where a shard is, as far as is known."""

    servers: tuple[str, ...]  # at least one
    current: int = 0  # the one to ask
    led: bool = False  # whether the map told who leads the shard, and that is the first


@dataclass(frozen=True)
class ShardMap:
    """Which shard has a key, and which server to ask for a shard."""

    places: tuple[Place, ...]  # of the shards, by their numbers; at least one
    known: bool = True  # it comes from the cluster; before that there is one shard, for calls that are for no key
    cluster: bytes = b""  # the id of the cluster that it is of; empty if no server has told
    version: int = 0
    find: Callable[[bytes], int] | None = None  # None as long as there is one shard

    def shard(self, key: bytes) -> int:
        """Returns the shard of a key, or raises INVALID_ARGUMENT where the cluster has no place for it."""
        if self.find is None:
            return 0
        try:
            return self.find(key)
        except ValueError as error:
            raise ClerkError(grpc.StatusCode.INVALID_ARGUMENT, str(error)) from None

    def has(self, shard: int, key: bytes) -> bool:
        """Reports whether a key is a shard's."""
        try:
            return self.shard(key) == shard
        except ClerkError:
            return False

    def server(self, shard: int) -> str:
        """Returns the server to ask for a shard. One that an older map had, and this one has not, is asked of where the
        first is."""
        place = self.places[self._index(shard)]
        return place.servers[place.current]

    def others(self, shard: int) -> bool:
        """Reports whether there is another server to ask for a shard."""
        return len(self.places[self._index(shard)].servers) > 1

    def left(self, shard: int, server: str, leader: str) -> ShardMap:
        """Returns the map after a server could not answer for a shard, and has named the leader, if that is not empty.

        The shard is asked of the leader from now on, else of the next server in turn. Other shards stay where they are,
        and so does this one if another call has left the server before.
        """
        if self.server(shard) != server:
            return self
        place = self.places[self._index(shard)]
        named = _address_or_none(leader)
        if named is None:
            place = dataclasses.replace(place, current=(place.current + 1) % len(place.servers))
        elif named in place.servers:
            place = dataclasses.replace(place, current=place.servers.index(named))
        else:
            place = Place((*place.servers, named), len(place.servers))
        places = list(self.places)
        places[self._index(shard)] = place
        return dataclasses.replace(self, places=tuple(places))

    def instead(self, old: ShardMap) -> ShardMap:
        """Returns which map to use: this one, which a server has just told of, or the one there is. An older one of the
        same cluster is not taken. The versions of two clusters have nothing to do with each other: of another cluster,
        which has the addresses now, any map is."""
        if not old.known or (self.cluster and old.cluster and self.cluster != old.cluster):
            return self
        return self.following(old) if self.version >= old.version else old

    def following(self, old: ShardMap) -> ShardMap:
        """Returns the map as the one to use in place of another of its cluster that is no newer. A shard whose leader
        it does not know is asked where it was."""
        places = list(self.places)
        for shard, place in enumerate(places):
            if not place.led and old.server(shard) in place.servers:
                places[shard] = dataclasses.replace(place, current=place.servers.index(old.server(shard)))
        return dataclasses.replace(self, places=tuple(places), cluster=self.cluster or old.cluster)

    def shard_of_all(self, writes: Iterable[raftkv_pb2.Write]) -> int:
        """Returns the one shard that all keys of a batch belong to, or raises INVALID_ARGUMENT. That of no keys, which
        the server refuses, is the first."""
        first: tuple[bytes, int] | None = None
        for i, write in enumerate(writes):
            key = _key(write)
            try:
                shard = self.shard(key)
            except ClerkError as error:
                raise ClerkError(error.code(), f"write {i} of the batch: {error.details()}") from None
            if first is None:
                first = key, shard
            elif shard != first[1]:
                message = (
                    f"the keys {first[0][:100]!r} and {key[:100]!r} are on the shards {first[1]} and {shard}, and a "
                    "batch is for one shard; give keys that belong together the same tag, as in {cart7}/items and "
                    "{cart7}/sum, or send a batch for each shard"
                )
                raise ClerkError(grpc.StatusCode.INVALID_ARGUMENT, message)
        return first[1] if first else 0

    def _index(self, shard: int) -> int:
        return shard if shard < len(self.places) else 0


def _key(write: raftkv_pb2.Write) -> bytes:
    kind = write.WhichOneof("write")
    return getattr(write, kind).key if kind else b""


def unknown(servers: Iterable[str]) -> ShardMap:
    """Returns the map of a client that knows some servers, and nothing else."""
    return ShardMap(places=(Place(tuple(servers)),), known=False)


def learned(topology: raftkv_pb2.TopologyResponse, named: tuple[str, ...], asked: str) -> ShardMap:
    """Returns the map that a server has told of.

    A shard is asked of its leader, if that is known, then of its other replicas, and of the servers that the client was
    told, for a server may pass calls on. If no node has an address these are all there are, and the one that was asked
    comes first. Raises UNIMPLEMENTED for a placement of keys that this program does not know, and INTERNAL for a map
    that is none.
    """
    count = len(topology.shards)
    find = None
    if count > 1:
        try:
            find = raftkv_placement.function(topology.placement, count)
        except ValueError as error:
            raise ClerkError(grpc.StatusCode.UNIMPLEMENTED, f"the server {asked}: {error}") from None
    addresses = {}
    for node in topology.nodes:
        server = _address_or_none(node.address)
        if server is not None:
            addresses[node.id] = server
    places = {}
    for shard in topology.shards or [raftkv_pb2.Shard()]:
        places[shard.shard] = _place(shard, addresses, named, asked)
    if sorted(places) != list(range(max(count, 1))):
        message = f"the server {asked} has a map of {count} shards with the numbers {sorted(places)}"
        raise ClerkError(grpc.StatusCode.INTERNAL, message)
    in_order = tuple(places[i] for i in range(len(places)))
    return ShardMap(in_order, cluster=topology.cluster_id, version=topology.map_version, find=find)


def _place(shard: raftkv_pb2.Shard, addresses: Mapping[int, str], named: tuple[str, ...], asked: str) -> Place:
    leader = addresses.get(shard.leader)
    replicas = [addresses[node] for node in shard.replicas if node in addresses]
    servers = tuple(dict.fromkeys(([leader] if leader else []) + replicas + list(named)))  # each once
    current = 0
    if leader is None and asked in servers:
        current = servers.index(asked)
    return Place(servers, current, leader is not None)
