"""Events and their envelope: CloudEvents 1.0 JSON with a gapless sequence per source.

An event class is data only. Its class line names the wire type and the field that is its subject; both sides of the bus share the
class. `data` holds ids, codes and counts; what one subscriber alone must learn travels sealed (see `shared.crypto`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from json.encoder import encode_basestring_ascii as _quoted
from typing import Any, ClassVar, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

SCOPE_FIELDS = {"street": "street", "programme_id": "programme", "station_id": "station"}


def new_id() -> UUID:
    """A version 7 UUID (RFC 9562): time-ordered, so indexes stay dense."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=value)


class Event(BaseModel):
    """A fact, past tense. `class Confirmed(Event, type="registration.confirmed", subject="registration_id")`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str] = ""
    version: ClassVar[int] = 1
    subject_field: ClassVar[str] = ""
    upcasts: ClassVar[Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {}

    def __init_subclass__(cls, *, type: str = "", subject: str = "", version: int = 1) -> None:
        super().__init_subclass__()
        cls.type, cls.subject_field, cls.version = type, subject, version

    @property
    def subject(self) -> str:
        """The id of the thing this fact is about; facts of one subject are never applied out of order."""
        return str(getattr(self, self.subject_field))

    def scope(self) -> dict[str, str]:
        """Who may see it: the street, programme and station that the event's own fields name."""
        fields = self.__dict__
        return {name: str(fields[field]) for field, name in SCOPE_FIELDS.items() if fields.get(field) is not None}

    @classmethod
    def decode(cls, data: dict[str, Any], version: int) -> Self:
        """Read `data` written as `version`, lifting older versions step by step; raises `Undecodable`."""
        if version > cls.version:
            raise Undecodable(
                f"{cls.type} version {version} is newer than the {cls.version} known here: deploy the subscriber first"
            )
        try:
            for step in range(version, cls.version):
                data = cls.upcasts[step](data)
            # What model_validate calls, without a preamble that costs a third of it.
            read: Self = cls.__pydantic_validator__.validate_python(data)
            return read
        except (ValidationError, LookupError, TypeError, ValueError, AttributeError) as error:
            where = error.errors(include_input=False, include_url=False) if isinstance(error, ValidationError) else repr(error)
            raise Undecodable(f"{cls.type} version {version} cannot be read: {where}") from None


class Undecodable(Exception):
    """The envelope is sound but its data cannot be read as the class that the subscriber knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What travels around an event. `sequence` counts the source's facts from 1 without gaps."""

    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    dataversion: int
    sequence: int
    correlationid: str
    causationid: str = ""
    scope: dict[str, str] = field(default_factory=dict)
    data: dict[str, Any]

    @classmethod
    def of(cls, raw: dict[str, Any]) -> Envelope:
        """Read one CloudEvents JSON object; raises ValueError when it is none."""
        return _ENVELOPE.validate_python(raw)

    @staticmethod
    def all_of(array: str) -> list[Envelope]:
        """Read a JSON array of CloudEvents, in one step since it is done for every event; raises ValueError when it is none."""
        return _ENVELOPES.validate_json(array)

    def as_json(self) -> dict[str, Any]:
        """Plain values that `of` reads back."""
        return asdict(self) | {"id": str(self.id), "time": self.time.isoformat()}


_ENVELOPE = TypeAdapter(Envelope)
_ENVELOPES = TypeAdapter(list[Envelope])


def envelope_json(event: Event, *, id: UUID, source: str, at: datetime, correlationid: str, causationid: str = "") -> str:
    """The envelope of `event` as JSON, all but its sequence, which `with_sequence` adds when it is read from the log."""
    scope = ",".join([f'"{name}":{_quoted(value)}' for name, value in event.scope().items()])
    return (
        f'{{"specversion":"1.0","id":"{id}","source":{_quoted(source)},"type":"{event.type}",'
        f'"subject":{_quoted(event.subject)},"time":"{at.astimezone(UTC).isoformat()}","datacontenttype":"application/json",'
        f'"dataversion":{event.version},"correlationid":{_quoted(correlationid)},"causationid":{_quoted(causationid)},'
        f'"traceparent":{_quoted(f"00-{correlationid}-{id.hex[16:]}-01")},"scope":{{{scope}}},"data":{event.model_dump_json()}}}'
    )


def with_sequence(body: str, sequence: int) -> str:
    """The stored envelope `body` with its place in the log written in front."""
    return f'{{"sequence":"{sequence}",{body[1:]}'
