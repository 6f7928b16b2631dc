"""Calls between services: who is ahead, and what am I missing. Only ever made outside a transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

import httpx2

from shared.auth import service_token
from shared.crypto import Keyring
from shared.outbox import PARCEL, Head, Parcel

A = TypeVar("A", Head, Parcel)


class PeerDown(Exception):
    """The other service did not answer properly; the call is made again later."""


class Peers:
    """The other services by source. A key of `urls` is a service's name, or `name@shard` where it runs several logs."""

    def __init__(self, keys: Keyring, urls: dict[str, str]) -> None:
        self._keys = keys
        self._urls = {f"/{name.replace('@', '/')}": (name.split("@")[0], url.rstrip("/")) for name, url in urls.items()}
        self._client = httpx2.Client(timeout=httpx2.Timeout(10, connect=2))

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def sources(self, services: set[str]) -> list[str]:
        """The logs of `services` that this deployment has."""
        return [source for source, (name, _) in self._urls.items() if name in services]

    def subscribe(self, source: str, types: list[str], applied: int) -> Head:
        """Tell a publisher what we hear and how far we are; returns where its log ends. Raises `PeerDown`."""
        wish = {"types": types, "applied": applied}
        raw = self._call("PUT", source, f"/internal/subscriptions/{self._keys.service}", json=wish)
        with _understood(source):
            end = Head(str(raw["source"]), UUID(raw["log_id"]), int(raw["seq"]))
        return _spoken_by(source, end)

    def pull(self, source: str, types: list[str], after: int, limit: int = PARCEL) -> Parcel:
        """The publisher's next facts after `after`. Raises `PeerDown`."""
        raw = self._call("GET", source, "/internal/events", params={"after": after, "limit": limit, "types": ",".join(types)})
        with _understood(source):
            parcel = Parcel.of(raw)
        return _spoken_by(source, parcel)

    def recount(self, source: str) -> dict[str, int]:
        """What the tables of the service behind `source` add up to. Raises `PeerDown`."""
        raw = self._call("GET", source, "/internal/recount")
        with _understood(source):
            return {str(name): int(count) for name, count in raw.items()}

    def person(self, source: str, resident_id: UUID) -> dict[str, Any]:
        """Everything that the service behind `source` keeps about somebody. Raises `PeerDown`."""
        raw = self._call("GET", source, f"/internal/people/{resident_id}")
        if not isinstance(raw, dict):
            raise PeerDown(f"{source} answers in a way that is not understood")
        return raw

    def _call(self, method: str, source: str, path: str, **arguments: Any) -> Any:
        if source not in self._urls:
            raise PeerDown(f"no address is configured for {source}")
        name, url = self._urls[source]
        headers = {"Authorization": f"Bearer {service_token(self._keys, name)}"}
        try:
            answer = self._client.request(method, url + path, headers=headers, **arguments)
            answer.raise_for_status()
            return answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise PeerDown(f"{source}: {type(error).__name__}") from None


@contextmanager
def _understood(source: str) -> Iterator[None]:
    """An answer that is not what was asked for counts as none."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError):
        raise PeerDown(f"{source} answers in a way that is not understood") from None


def _spoken_by(source: str, answer: A) -> A:
    if answer.source != source:
        raise PeerDown(f"the address configured for {source} belongs to {answer.source}")
    return answer
