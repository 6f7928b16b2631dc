"""The published language, pinned: an example of every event as logs have it, readable for ever, acted on by whoever hears it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic.fields import FieldInfo

from shared.contracts.registration import ForNotify
from shared.crypto import Keyring
from shared.event import Envelope, Event, envelope_json, with_sequence
from shared.testing import Bench, event_classes
from tests.conftest import SERVICES

FOLDER = Path(__file__).parent / "golden"
NAMED = re.compile(r"(?P<type>[a-z]+\.[a-z_]+)\.v(?P<version>\d+)(\.(?P<later>\d+))?\.json")
"""`registration.confirmed.v1.json`; once a version has got a new optional field, `registration.confirmed.v1.1.json` beside it."""

CLASSES = event_classes()
SEALED = ForNotify.__metadata__[0]  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Golden:
    """One example: what its file is called after, and the envelope in it."""

    type: str
    version: int
    later: int
    path: Path

    @classmethod
    def of(cls, path: Path) -> Golden:
        named = NAMED.fullmatch(path.name)
        assert named, f"{path.name} is not called after a type and a version"
        return cls(named["type"], int(named["version"]), int(named["later"] or 0), path)

    @cached_property
    def raw(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.path.read_text())
        return found

    @property
    def event(self) -> Event:
        envelope = Envelope.of(self.raw)
        return CLASSES[envelope.type].decode(envelope.data, envelope.dataversion)

    def __str__(self) -> str:
        return self.path.stem


GOLDEN = sorted(map(Golden.of, FOLDER.iterdir()), key=lambda golden: (golden.type, golden.version, golden.later))
NEWEST = {golden.type: golden for golden in GOLDEN}

every_golden = pytest.mark.parametrize("golden", GOLDEN, ids=str)
every_class = pytest.mark.parametrize("event", CLASSES.values(), ids=CLASSES)


def texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text inside a JSON value, with the name of the field that it is in."""
    match value:
        case dict():
            for key, inner in value.items():
                yield from texts(inner, key)
        case list():
            for inner in value:
                yield from texts(inner, name)
        case str():
            yield name, value


@every_class
def test_every_event_has_an_example_of_every_version(event: type[Event]) -> None:
    versions = {golden.version for golden in GOLDEN if golden.type == event.type}
    assert versions == set(range(1, event.version + 1))


@every_golden
def test_an_example_can_be_read_today(golden: Golden) -> None:
    envelope = Envelope.of(golden.raw)
    assert (envelope.type, envelope.dataversion) == (golden.type, golden.version)
    assert type(golden.event) is CLASSES[golden.type]


@pytest.mark.parametrize("golden", NEWEST.values(), ids=str)
def test_todays_encoder_writes_the_newest_example_to_the_letter(golden: Golden) -> None:
    raw = golden.raw
    body = envelope_json(
        golden.event,
        id=UUID(raw["id"]),
        source=raw["source"],
        at=datetime.fromisoformat(raw["time"]),
        correlationid=raw["correlationid"],
        causationid=raw["causationid"],
    )
    assert json.loads(with_sequence(body, int(raw["sequence"]))) == raw


@pytest.mark.parametrize("golden", NEWEST.values(), ids=str)
def test_the_newest_example_fills_every_field_that_its_event_can_have(golden: Golden) -> None:
    empty = {name for name in CLASSES[golden.type].model_fields if golden.raw["data"].get(name) in (None, "", [])}
    assert not empty


@every_golden
def test_an_envelope_says_who_tells_it_what_it_is_about_and_who_may_see_it(golden: Golden) -> None:
    raw, data = golden.raw, golden.raw["data"]
    assert UUID(raw["id"]).version == 7
    assert raw["specversion"] == "1.0"
    assert raw["source"] == f"/{CLASSES[golden.type].__module__.rpartition('.')[2]}" == f"/{golden.type.partition('.')[0]}"
    assert raw["subject"] == str(UUID(data[CLASSES[golden.type].subject_field]))
    assert datetime.fromisoformat(raw["time"]).utcoffset() is not None
    assert re.fullmatch(r"[1-9]\d*", raw["sequence"])
    assert raw["traceparent"].split("-")[1] == raw["correlationid"]
    seen_by = {"street": data.get("street"), "programme": data.get("programme_id"), "station": data.get("station_id")}
    assert raw["scope"] == {name: value for name, value in seen_by.items() if value is not None}
    assert "street" not in data or re.fullmatch(r"\d{9}", data["street"])
    assert [name for name in raw if not re.fullmatch(r"[a-z0-9]{1,20}", name)] == [], "CloudEvents names its attributes so"


PERSONAL = re.compile(r"(?<!\d)(?:\+?86)?1[3-9]\d{9}(?!\d)|(?<![\dA-Za-z-])\d{17}[\dXx](?![\dA-Za-z-])|[\w.+-]+@[\w-]+\.\w+")
CHINESE = re.compile(r"[\u3400-\u9fff]")
OF_THINGS = {"title", "topic_title", "place", "organiser", "reason", "name", "district"}
"""The fields whose words may be Chinese: a programme's, a session's, a station's; `name` is a station's alone, see below."""


@every_golden
def test_an_example_holds_nothing_that_looks_like_a_person(golden: Golden) -> None:
    for name, text in texts(golden.raw):
        assert not PERSONAL.search(text), name
        assert name in OF_THINGS or not CHINESE.search(text), name


ABOUT_A_PERSON = {
    "name", "resident_name", "phone", "mobile", "email", "address", "id_number", "birth_year", "birthday", "gender", "age",
    "text", "words", "body", "message", "answer", "note", "value", "values", "unit", "systolic", "diastolic", "glucose", "pulse",
    "weight", "bmi", "grade",
}  # fmt: skip
"""What no event has a field for, unless it is sealed."""

WORDS = {
    "street", "consents", "purpose", "title", "organiser", "topic", "topic_title", "place", "reason", "carrier", "code", "name",
    "district", "item", "rule", "relation", "ground", "neighbourhood", "certificate",
    "wording", "role",
}  # fmt: skip
"""The fields that are free text, and hold a code or words about a thing. A new one is weighed here before it is told."""

ALLOWED = {("stations.station_opened", "name")}


def is_sealed(field: FieldInfo) -> bool:
    return SEALED in field.metadata


@every_class
def test_no_event_has_a_field_for_what_only_a_person_may_tell(event: type[Event]) -> None:
    clear = {name for name, field in event.model_fields.items() if not is_sealed(field)}
    assert {(event.type, name) for name in clear & ABOUT_A_PERSON} <= ALLOWED
    free = {name for name in clear if event.model_fields[name].annotation in (str, str | None, tuple[str, ...])}
    assert free <= WORDS, "may anybody read this field? then it belongs in the list"


def test_a_sealed_field_refuses_what_is_not_sealed() -> None:
    sealed = [(golden, name) for golden in NEWEST.values() for name, field in fields(golden) if is_sealed(field)]
    assert {(golden.type, name) for golden, name in sealed} == {
        ("registration.resident_registered", "phone"),
        ("registration.resident_registered", "name"),
        ("registration.resident_registered", "landline"),
        ("registration.resident_registered", "neighbourhood"),
        ("registration.resident_changed", "phone"),
        ("registration.resident_changed", "name"),
        ("registration.resident_changed", "landline"),
        ("registration.resident_changed", "neighbourhood"),
        ("registration.login_code_requested", "phone"),
        ("registration.login_code_requested", "code"),
    }
    for golden, name in sealed:
        event = CLASSES[golden.type]
        for value in ("13800138000", "123456", "sealed.reports.AAAA"):
            with pytest.raises(ValueError, match="pattern"):
                event.model_validate(golden.raw["data"] | {name: value})
        assert getattr(event.model_validate(golden.raw["data"] | {name: ""}), name) == "", "what was erased stays readable"


def fields(golden: Golden) -> list[tuple[str, FieldInfo]]:
    return list(CLASSES[golden.type].model_fields.items())


def sealed_anew(golden: Golden, keys: Path) -> Event:
    """The example's event, with values in it that its reader can open."""
    ring = Keyring(keys, "registration")
    new = {name: ring.seal("notify", "13800138000") for name, field in fields(golden) if is_sealed(field)}
    return golden.event.model_copy(update=new)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_acts_on_every_example_of_what_it_hears(new_bench: Callable[[str], Bench], keys: Path, service: str) -> None:
    """The examples are one story in the order of their numbers. Delivered twice each, none is told again, parked or refused."""
    bench = new_bench(service)
    heard = bench.service.consumers.types
    story = sorted((NEWEST[type] for type in heard), key=lambda golden: (_turn(golden), int(golden.raw["sequence"])))
    for golden in story:
        bench.hear(sealed_anew(golden, keys))
    cursors = dict(bench.query("SELECT source, seq FROM inbox"))
    assert sum(cursors.values()) == len(heard)


def _turn(golden: Golden) -> int:
    """Registration speaks first: others refer to what it tells."""
    return ("registration", "stations", "notify", "reports").index(golden.type.partition(".")[0])
